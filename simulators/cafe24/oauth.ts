/** Consent, tokens and their rotation: a refresh token works once. */
import type { SimRequest, SimResponse } from '../marketplace.ts'
import { json, readQuery } from './envelopes.ts'
import { tellNaive } from './times.ts'
import type { Cafe24Switches } from './world.ts'

export type Cafe24Credentials = {
  mallId: string
  clientId: string
  clientSecret: string
  /** The one the app is registered with; null takes any. */
  redirectUri: string | null
  /** What the app may ask for. */
  scopes: readonly string[]
  userId: string
  /** The mall is connected already, and this is the first refresh token; null = somebody has to consent first. */
  refreshToken: string | null
  /** Sent along with every webhook. */
  webhookKey: string
}

export type Sessions = {
  readonly credentials: Cafe24Credentials
  readonly codes: Map<string, { grant: Grant; redirectUri: string; expiresAt: number }>
  readonly access: Map<string, { grant: Grant; expiresAt: number }>
  /** Used ones too, until they would have expired: reuse must be known again. */
  readonly refresh: Map<string, { grant: Grant; expiresAt: number; used: boolean }>
  /** Times of the token calls of the last minute. */
  readonly tokenCalls: number[]
  uninstalled: boolean
}

type Grant = { readonly scopes: readonly string[]; ended: boolean }

const UNTIL_IT_IS_USED = Number.POSITIVE_INFINITY

export function createSessions(credentials: Cafe24Credentials): Sessions {
  const sessions: Sessions = {
    credentials,
    codes: new Map(),
    access: new Map(),
    refresh: new Map(),
    tokenCalls: [],
    uninstalled: false,
  }
  if (credentials.refreshToken !== null) {
    const grant = { scopes: credentials.scopes, ended: false }
    const expiresAt = UNTIL_IT_IS_USED
    sessions.refresh.set(credentials.refreshToken, { grant, expiresAt, used: false })
  }
  return sessions
}

/** Every token and code dies, as when the seller removes the app. */
export function endEverything(sessions: Sessions): void {
  for (const tokens of [sessions.codes, sessions.access, sessions.refresh]) tokens.clear()
}

/** The scopes of a live access token; else what is wrong with it, in the words of the real one. */
export function scopesOf(sessions: Sessions, request: SimRequest, now: number): readonly string[] | string {
  const token = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const known = token === undefined ? undefined : sessions.access.get(token)
  if (known === undefined || known.grant.ended) return 'Invalid access_token'
  return known.expiresAt <= now ? 'access_token time expired.' : known.grant.scopes
}

/** GET oauth/authorize: the seller consents at once. A wrong app or address is never redirected to. */
export function authorize(
  sessions: Sessions,
  switches: Cafe24Switches,
  request: SimRequest,
  now: number,
  random: () => number,
): SimResponse {
  const query = readQuery(request.query)
  const { clientId, redirectUri, scopes } = sessions.credentials
  const back = query?.get('redirect_uri') ?? ''
  if (query?.get('client_id') !== clientId) return oauthError(400, 'invalid_client', 'client_id is not valid')
  if (!URL.canParse(back) || (redirectUri !== null && back !== redirectUri)) {
    return oauthError(400, 'invalid_request', 'redirect_uri is not the registered one')
  }
  const state = query.get('state')
  const redirect = (outcome: Record<string, string>) => {
    const location = new URL(back)
    for (const [name, value] of Object.entries({ ...outcome, ...(state === undefined ? {} : { state }) })) {
      location.searchParams.set(name, value)
    }
    return { status: 302, headers: { location: location.href }, body: '' }
  }
  if (query.get('response_type') !== 'code') return redirect({ error: 'unsupported_response_type' })
  const wanted = (query.get('scope') ?? '').split(/[\s,]+/).filter((scope) => scope !== '')
  if (wanted.length === 0 || wanted.some((scope) => !scopes.includes(scope)))
    return redirect({ error: 'invalid_scope' })

  const code = secret(random)
  sessions.uninstalled = false
  const grant = { scopes: wanted, ended: false }
  sessions.codes.set(code, { grant, redirectUri: back, expiresAt: now + switches.codeLifeMs })
  return redirect({ code })
}

/** POST oauth/token */
export function issueTokens(
  sessions: Sessions,
  switches: Cafe24Switches,
  request: SimRequest,
  now: number,
  random: () => number,
): SimResponse {
  const form = readForm(sessions, request)
  if ('status' in form) return form
  const kind = form.fields.get('grant_type')
  if (kind === 'authorization_code') {
    const code = form.fields.get('code') ?? ''
    const held = sessions.codes.get(code)
    sessions.codes.delete(code) // single use, also when what follows is wrong
    if (held === undefined || held.expiresAt <= now || held.redirectUri !== form.fields.get('redirect_uri')) {
      return oauthError(400, 'invalid_grant', 'Invalid authorization code')
    }
    return newTokens(sessions, switches, held.grant, now, random)
  }
  if (kind === 'refresh_token') return rotate(sessions, switches, form.fields, now, random)
  return oauthError(400, 'unsupported_grant_type', 'grant_type is not supported')
}

function rotate(
  sessions: Sessions,
  switches: Cafe24Switches,
  fields: URLSearchParams,
  now: number,
  random: () => number,
): SimResponse {
  if (sessions.uninstalled || now < switches.uninstalledAppUntil) {
    return oauthError(400, 'invalid_grant', 'Uninstalled app')
  }
  const held = sessions.refresh.get(fields.get('refresh_token') ?? '')
  if (held?.used && switches.reusedRefreshToken === 'ends_grant') held.grant.ended = true
  if (held === undefined || held.used || held.expiresAt <= now || held.grant.ended) {
    return oauthError(400, 'invalid_grant', 'Invalid refresh_token')
  }
  held.used = true
  // The first one has no end of its own; used up, it is forgotten as any other.
  held.expiresAt = Math.min(held.expiresAt, now + switches.refreshLifeMs)
  if (switches.oldAccessToken === 'dies') {
    for (const [token, { grant }] of sessions.access) if (grant === held.grant) sessions.access.delete(token)
  }
  return newTokens(sessions, switches, held.grant, now, random)
}

const NAMED_EXPIRED_MS = 86_400_000 // for a day an old token is told it has expired, then it is unknown

function newTokens(
  sessions: Sessions,
  switches: Cafe24Switches,
  grant: Grant,
  now: number,
  random: () => number,
): SimResponse {
  for (const [token, { expiresAt }] of sessions.access) {
    if (expiresAt + NAMED_EXPIRED_MS <= now) sessions.access.delete(token)
  }
  for (const tokens of [sessions.codes, sessions.refresh]) {
    for (const [token, { expiresAt }] of tokens) if (expiresAt <= now) tokens.delete(token)
  }
  const [accessToken, refreshToken] = [secret(random), secret(random)]
  const [accessEnds, refreshEnds] = [now + switches.accessLifeMs, now + switches.refreshLifeMs]
  sessions.access.set(accessToken, { grant, expiresAt: accessEnds })
  sessions.refresh.set(refreshToken, { grant, expiresAt: refreshEnds, used: false })
  return json(200, {
    access_token: accessToken,
    expires_at: tellNaive(accessEnds),
    refresh_token: refreshToken,
    refresh_token_expires_at: tellNaive(refreshEnds),
    client_id: sessions.credentials.clientId,
    mall_id: sessions.credentials.mallId,
    user_id: sessions.credentials.userId,
    scopes: grant.scopes,
    issued_at: tellNaive(now),
    shop_no: '1',
  })
}

/** POST oauth/revoke: form fields token and token_hint. What it answers is assumed. */
export function revoke(sessions: Sessions, request: SimRequest): SimResponse {
  const form = readForm(sessions, request)
  if ('status' in form) return form
  const token = form.fields.get('token') ?? ''
  if (token === '') return oauthError(400, 'invalid_request', 'token is required')
  sessions.access.delete(token)
  sessions.refresh.delete(token)
  return json(200, { success: true })
}

const MINUTE_MS = 60_000

/** True when this token call is one too many. */
export function isThrottled(sessions: Sessions, switches: Cafe24Switches, now: number): boolean {
  const { tokenCalls } = sessions
  const most = switches.tokenCallsPerMinute
  if (most <= 0) return false
  while (tokenCalls.length > 0 && (tokenCalls.length > most || tokenCalls[0]! <= now - MINUTE_MS)) tokenCalls.shift()
  tokenCalls.push(now)
  return tokenCalls.length > most
}

export const tooManyTokenCalls = () => oauthError(429, 'too_many_requests', 'Too Many Requests')

function readForm(sessions: Sessions, request: SimRequest): { fields: URLSearchParams } | SimResponse {
  const { clientId, clientSecret } = sessions.credentials
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers.get('content-type') ?? '')
  if (!isForm) return oauthError(400, 'invalid_request', 'The content type must be application/x-www-form-urlencoded')
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  if (request.headers.get('authorization') !== basic) {
    return oauthError(401, 'invalid_client', 'client_id or client_secret is not valid')
  }
  return { fields: new URLSearchParams(new TextDecoder().decode(request.body)) }
}

const oauthError = (status: number, error: string, description: string) =>
  json(status, { error, error_description: description })

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

function secret(random: () => number): string {
  return Array.from({ length: 22 }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('')
}
