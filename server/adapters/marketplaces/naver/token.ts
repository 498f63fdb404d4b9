import { createHash } from 'node:crypto'
import bcrypt from 'bcryptjs'
import { z } from 'zod'
import { type AdapterDeps, ChannelFault } from '../../../modules/channels/adapter.ts'
import { expectShape, readBody, sayable } from '../answers.ts'
import { noAnswer } from '../no-answer.ts'
import { type Begin, openSignedIn } from '../signed-in.ts'
import { BUCKETS } from './capabilities.ts'
import { faultOf } from './faults.ts'

/**
 * The marketplace takes timestamps from five minutes ago to now and none from the future. The middle of
 * that span survives a clock wrong by two and a half minutes to either side.
 */
const TIMESTAMP_AGE_MS = 150_000

export type NaverCredentials = { clientId: string; clientSecret: string; accountId: string | null }

export type Tokens = {
  /** A token that works for a while, from memory where possible. */
  current(): Promise<string>
  /** Another try after `refused` was answered with 401. Throws `signed_out` when that cannot help. */
  renew(refused: string): Promise<string>
}

/** Of the key they were given for: another key's token is not ours. */
type NaverToken = { readonly text: string; readonly key: string; readonly askedAt: number; readonly endsAt: number }

/**
 * One token of a key is in use at a time, so all processes share it. With less than half an hour left asking again
 * gives a new one while the old one still works; with more, the same one.
 */
export function openTokens(
  deps: AdapterDeps,
  baseUrl: string,
  credentials: NaverCredentials,
  timeoutMs: number,
): Tokens {
  const key = createHash('sha256').update(JSON.stringify(credentials)).digest('base64url').slice(0, 22)
  const recognise = (kept: object): NaverToken | null => {
    const known = keptToken.safeParse(kept)
    return known.success && known.data.key === key ? known.data : null
  }
  const signedIn = openSignedIn(deps.clock, deps.tokens, {
    recognise,
    ask: async (_kept, begin) => ({ ...(await requestToken(deps, baseUrl, credentials, timeoutMs, begin)), key }),
  })
  let held: NaverToken | null = null
  const hold = (token: NaverToken) => {
    held = token
    return token.text
  }
  return {
    current: async () => hold(await signedIn.current()),
    renew: async (refused) => {
      if (held && held.text !== refused) return held.text
      return hold(held ? await signedIn.renew(held) : await signedIn.current())
    },
  }
}

/** base64 of bcrypt(client id, underscore, timestamp), with the client secret as the salt. Throws `signed_out`. */
export function signature(credentials: NaverCredentials, timestamp: number): string {
  try {
    const hash = bcrypt.hashSync(`${credentials.clientId}_${timestamp}`, credentials.clientSecret)
    return Buffer.from(hash).toString('base64')
  } catch {
    // Shells and dotenv eat the dollar signs of this secret; bcrypt then finds no salt in it.
    throw new ChannelFault('signed_out', '', { why: { reason: 'secret_malformed', what: 'clientSecret' } })
  }
}

async function requestToken(
  deps: AdapterDeps,
  baseUrl: string,
  credentials: NaverCredentials,
  timeoutMs: number,
  begin: Begin,
): Promise<Omit<NaverToken, 'key'>> {
  const askedAt = deps.clock.now()
  const timestamp = askedAt - TIMESTAMP_AGE_MS
  const form = new URLSearchParams({
    client_id: credentials.clientId,
    timestamp: String(timestamp),
    grant_type: 'client_credentials',
    client_secret_sign: signature(credentials, timestamp),
    type: credentials.accountId ? 'SELLER' : 'SELF',
    // An account id together with SELF counts as malformed, and malformed token calls are punished (1 call an hour).
    ...(credentials.accountId ? { account_id: credentials.accountId } : {}),
  })
  await deps.spend(BUCKETS.token)
  await begin(timeoutMs)
  const outcome = await deps.http.send({
    method: 'POST',
    url: `${baseUrl}/v1/oauth2/token`,
    headers: [
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ['Accept', 'application/json'],
    ],
    body: new TextEncoder().encode(form.toString()),
    deadlineMs: timeoutMs,
  })
  if (outcome.kind !== 'answered') throw noAnswer(outcome)
  const { status, headers } = outcome.response
  const read = readBody(outcome.response.body)
  if (status === 200 && read.kind === 'json') {
    const answer = expectShape(tokenAnswer, read.value, 'token')
    return { text: answer.access_token, askedAt, endsAt: askedAt + answer.expires_in * 1_000 }
  }
  throw asSignedOut(faultOf(status, headers, read, (text) => sayable(text, [credentials.clientSecret])))
}

/** The contract does not list the token call's refusals; whatever it is, the key does not sign us in. */
function asSignedOut(fault: ChannelFault): ChannelFault {
  if (fault.code !== 'refused' && fault.code !== 'not_found') return fault
  return new ChannelFault('signed_out', fault.said)
}

const keptToken = z.object({ text: z.string(), key: z.string(), askedAt: z.number(), endsAt: z.number() })

const tokenAnswer = z.object({
  access_token: z
    .string()
    .min(1)
    .max(4_096)
    .regex(/^[\x21-\x7e]+$/),
  expires_in: z.int().min(1).max(10_000_000),
})
