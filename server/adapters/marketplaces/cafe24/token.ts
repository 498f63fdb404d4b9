import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type AdapterDeps, ChannelFault, type Tokens } from '../../../modules/channels/adapter.ts'
import { anInstant, expectShape, maybeInstant, readBody, sayable } from '../answers.ts'
import { noAnswer } from '../no-answer.ts'
import { type Begin, openSignedIn, type SignedIn } from '../signed-in.ts'
import { BUCKETS } from './capabilities.ts'
import { faultOf } from './faults.ts'

export type Cafe24Credentials = { clientId: string; clientSecret: string; refreshToken: string }

export type Cafe24Tokens = {
  readonly accessToken: string
  /** Works once: every answer brings the next. */
  readonly refreshToken: string
  /** Of the credentials this chain of tokens began with: a seller who signs in again begins another. */
  readonly consent: string
  readonly askedAt: number
  readonly endsAt: number
}

export function openTokens(
  deps: AdapterDeps,
  baseUrl: string,
  credentials: Cafe24Credentials,
  timeoutMs: number,
): SignedIn<Cafe24Tokens> {
  const consent = createHash('sha256')
    .update(`${credentials.clientId} ${credentials.refreshToken}`)
    .digest('base64url')
    .slice(0, 22)
  const recognise = (kept: Tokens): Cafe24Tokens | null => {
    const known = keptTokens.safeParse(kept)
    return known.success && known.data.consent === consent ? known.data : null
  }
  return openSignedIn(deps.clock, deps.tokens, {
    recognise,
    ask: async (kept, begin) => {
      const newest = kept && recognise(kept)
      const refreshToken = newest?.refreshToken ?? credentials.refreshToken
      return { ...(await askFor(deps, baseUrl, { ...credentials, refreshToken }, timeoutMs, begin)), consent }
    },
  })
}

async function askFor(
  deps: AdapterDeps,
  baseUrl: string,
  { clientId, clientSecret, refreshToken }: Cafe24Credentials,
  timeoutMs: number,
  begin: Begin,
): Promise<Omit<Cafe24Tokens, 'consent'>> {
  // A call that cannot succeed is a malformed one, and those are punished.
  if (!clientId || !clientSecret || !refreshToken) {
    throw new ChannelFault('signed_out', '', { why: { reason: 'credentials_missing' } })
  }
  await deps.spend(BUCKETS.token)
  await begin(timeoutMs)
  const askedAt = deps.clock.now()
  const outcome = await deps.http.send({
    method: 'POST',
    url: `${baseUrl}/api/v2/oauth/token`,
    headers: [
      ['Authorization', `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`],
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ['Accept', 'application/json'],
    ],
    body: new TextEncoder().encode(
      new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }).toString(),
    ),
    deadlineMs: timeoutMs,
  })
  if (outcome.kind !== 'answered') throw noAnswer(outcome)
  const { status, headers, body } = outcome.response
  const read = readBody(body)
  if (status === 200 && read.kind === 'json') return tokensOf(read.value, askedAt)
  throw asSignedOut(faultOf(status, headers, read, (text) => sayable(text, [clientSecret, refreshToken])))
}

/** Times without an offset, which are Korean. How long they last is told by one clock, theirs. */
function tokensOf(answer: unknown, askedAt: number): Omit<Cafe24Tokens, 'consent'> {
  const told = expectShape(tokenAnswer, answer, 'token')
  const lifeMs = told.expires_at - (told.issued_at ?? askedAt)
  return {
    accessToken: told.access_token,
    refreshToken: told.refresh_token,
    askedAt,
    endsAt: askedAt + Math.max(0, lifeMs),
  }
}

/** Whatever the refusal is called, this app is not signed in. */
function asSignedOut(fault: ChannelFault): ChannelFault {
  if (fault.code !== 'refused' && fault.code !== 'not_found') return fault
  return new ChannelFault('signed_out', fault.said)
}

const tokenText = z
  .string()
  .min(1)
  .max(4_096)
  .regex(/^[\x21-\x7e]+$/)

const keptTokens = z.object({
  accessToken: tokenText,
  refreshToken: tokenText,
  consent: z.string(),
  askedAt: z.number(),
  endsAt: z.number(),
})

const tokenAnswer = z.object({
  access_token: tokenText,
  refresh_token: tokenText,
  expires_at: anInstant,
  issued_at: maybeInstant,
})
