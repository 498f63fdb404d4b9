/** POST /v1/oauth2/token: the bcrypt signature, and one live token per resource. */
import bcrypt from 'bcryptjs'
import type { SimRequest, SimResponse } from '../marketplace.ts'
import { answer, badInput, ok, type Trace } from './envelopes.ts'

export type NaverCredentials = {
  clientId: string
  /** Itself a bcrypt salt: 29 characters. */
  clientSecret: string
  /** What a SELLER token names as account_id. */
  accountId: string
}

/** Made up, and printed by the simulators for whoever wants to try them. The secret's `$` signs are part of it. */
export const TEST_NAVER_CREDENTIALS: NaverCredentials = {
  clientId: 'pretend0naver0client01',
  clientSecret: '$2a$04$pretendNaverSecret000u',
  accountId: 'pretend_seller',
}

export type Tokens = {
  credentials: NaverCredentials
  /** Oldest first; a resource has at most two, the newer of which is handed out. */
  live: { resource: string; token: string; expiresAt: number }[]
}

const LIFE_MS = 10_800_000
const RENEWABLE_BELOW_MS = 30 * 60_000
const SIGNATURE_LIFE_MS = 5 * 60_000
const PARAMETERS = ['client_id', 'timestamp', 'grant_type', 'client_secret_sign', 'type', 'account_id']

/** The answer, and whether the call was of the malformed kind that is punished. */
export function issueToken(
  tokens: Tokens,
  request: SimRequest,
  trace: Trace,
  random: () => number,
): { response: SimResponse; malformed: boolean } {
  const inUrl = new URLSearchParams(request.query)
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers.get('content-type') ?? '')
  if (!isForm || PARAMETERS.some((name) => inUrl.has(name))) {
    const body = { code: 'UNSUPPORTED_MEDIA_TYPE', message: '지원하지 않는 요청 형식입니다.', traceId: trace.traceId }
    return { response: answer(415, body), malformed: true }
  }
  const form = new URLSearchParams(new TextDecoder().decode(request.body))
  const type = form.get('type')
  const malformed = !form.has('grant_type') || (type === 'SELF' && form.has('account_id'))
  const wrong = wrongField(tokens.credentials, form, trace.now)
  if (wrong) {
    return { response: badInput(trace, wrong, `NotValid.${wrong}`, `${wrong} 항목이 유효하지 않습니다.`), malformed }
  }
  const resource = type === 'SELF' ? 'SELF' : `SELLER ${tokens.credentials.accountId}`
  const { token, expiresAt } = liveToken(tokens, resource, trace.now, random)
  const expiresIn = Math.floor((expiresAt - trace.now) / 1000)
  return { response: ok({ access_token: token, expires_in: expiresIn, token_type: 'Bearer' }), malformed }
}

export function isSignedIn(tokens: Tokens, request: SimRequest, now: number): boolean {
  const given = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  return given !== undefined && tokens.live.some((live) => live.token === given && live.expiresAt > now)
}

function wrongField(credentials: NaverCredentials, form: URLSearchParams, now: number): string | null {
  if (form.get('grant_type') !== 'client_credentials') return 'grant_type'
  const type = form.get('type')
  if (type !== 'SELF' && type !== 'SELLER') return 'type'
  if (type === 'SELLER' && form.get('account_id') !== credentials.accountId) return 'account_id'
  if (form.get('client_id') !== credentials.clientId) return 'client_id'
  const timestamp = form.get('timestamp') ?? ''
  const age = now - Number(timestamp)
  if (!/^\d{13}$/.test(timestamp) || age < 0 || age > SIGNATURE_LIFE_MS) return 'timestamp'
  const hashed = bcrypt.hashSync(`${credentials.clientId}_${timestamp}`, credentials.clientSecret)
  return form.get('client_secret_sign') === Buffer.from(hashed).toString('base64') ? null : 'client_secret_sign'
}

/** The same token while 30 minutes are left; then a new one, and the old one works until its own end. */
function liveToken(tokens: Tokens, resource: string, now: number, random: () => number) {
  tokens.live = tokens.live.filter((live) => live.expiresAt > now)
  const newest = tokens.live.findLast((live) => live.resource === resource)
  if (newest && newest.expiresAt - now >= RENEWABLE_BELOW_MS) return newest
  const fresh = { resource, token: randomToken(random), expiresAt: now + LIFE_MS }
  tokens.live.push(fresh)
  return fresh
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

function randomToken(random: () => number): string {
  return Array.from({ length: 22 }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('')
}
