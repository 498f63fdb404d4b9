import { z } from 'zod'
import type { HttpRequest } from '../../../kernel/http-port.ts'
import { type Account, type AdapterDeps, ChannelFault } from '../../../modules/channels/adapter.ts'
import { readBody, sayable } from '../answers.ts'
import { noAnswer } from '../no-answer.ts'
import { ALL_CALLS } from './capabilities.ts'
import { faultOf } from './faults.ts'
import { authorization } from './signature.ts'

export type CoupangCall = {
  method: HttpRequest['method']
  path: string
  /** Encoded, in the order it is sent and signed, without the question mark. */
  query?: string
  body?: unknown
  /** The call is about the vendor as a whole, not about one order or item. */
  aboutVendor?: boolean
  /** Codes of a 200 that say success besides the usual ones; the caller reads what succeeded. */
  alsoTakes?: readonly string[]
}

/** One call of the Open API. Gives the JSON of a 200 whose code says success; anything else is a ChannelFault. */
export type Ask = (call: CoupangCall) => Promise<unknown>

const DEFAULT_TIMEOUT_MS = 10_000

/** Above the time we ask the gateway to wait, so that its own "timed out" reaches us where there is one. */
const GRACE_MS = 2_000

const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 30 * 60_000

export function openCalls(account: Account, deps: AdapterDeps): Ask {
  const credentials = {
    vendorId: account.credentials.vendorId ?? '',
    accessKey: account.credentials.accessKey ?? '',
    secretKey: account.credentials.secretKey ?? '',
  }
  const { origin, prefix } = splitBase(account.baseUrl)
  const timeoutMs = Number(account.settings.timeoutMs ?? DEFAULT_TIMEOUT_MS)
  const firstPauseMs = Number(account.settings.pauseAfter429Ms ?? FIRST_PAUSE_MS)
  const say = (text: string) => sayable(text, [credentials.secretKey, credentials.accessKey])
  let refusedInARow = 0

  return async (call) => {
    await deps.spend(ALL_CALLS)
    const path = prefix + call.path
    const query = call.query ?? ''
    const outcome = await deps.http.send({
      method: call.method,
      url: `${origin}${path}${query === '' ? '' : `?${query}`}`,
      headers: [
        ['Authorization', authorization(credentials, call.method, path, query, deps.clock.now())],
        ['Content-Type', 'application/json;charset=UTF-8'],
        ['X-Requested-By', credentials.vendorId],
        // Without it the gateway gives up after three seconds and the result is unknown.
        ['X-EXTENDED-TIMEOUT', String(timeoutMs)],
        ['X-MARKET', 'KR'],
      ],
      body: call.body === undefined ? null : new TextEncoder().encode(JSON.stringify(call.body)),
      deadlineMs: timeoutMs + GRACE_MS,
    })
    if (outcome.kind !== 'answered') throw noAnswer(outcome)
    const { status, headers, body } = outcome.response
    const read = readBody(body)
    if (status !== 429) refusedInARow = 0
    // Sent near the limit, and the only sign before the block.
    if (headers.has('x-cag-warnings')) deps.learn(ALL_CALLS, { remaining: 0 })
    if (status === 200 && read.kind === 'json') return successOf(read.value, call.alsoTakes ?? [], say)

    const pauseMs = Math.min(LONGEST_PAUSE_MS, firstPauseMs * 2 ** Math.min(refusedInARow, 10))
    const fault = faultOf(status, read, { aboutVendor: call.aboutVendor ?? false, pauseMs, say })
    if (fault.pauseMs !== null) {
      refusedInARow += 1
      deps.learn(ALL_CALLS, { remaining: 0, pauseMs: fault.pauseMs })
    }
    throw fault
  }
}

/** The signature covers the whole path, so a base with a path of its own is split off and put in front. */
function splitBase(baseUrl: string): { origin: string; prefix: string } {
  const parts = /^(https?:\/\/[^/]+)(\/.*)?$/i.exec(baseUrl)
  return { origin: parts?.[1] ?? baseUrl, prefix: (parts?.[2] ?? '').replace(/\/+$/, '') }
}

/** Success is "SUCCESS", 200 or "200", by call; one call says it a level deeper. */
function successOf(value: unknown, alsoTakes: readonly string[], say: (text: string) => string): unknown {
  const read = envelope.safeParse(value)
  const code = read.data?.code ?? read.data?.data?.code
  if (!read.success || code === undefined) throw new ChannelFault('garbled', 'an answer without a code')
  if (['SUCCESS', '200', ...alsoTakes].includes(String(code))) return value
  throw new ChannelFault('refused', say(`${code} ${read.data.message ?? ''}`))
}

const someCode = z.union([z.string(), z.number()]).optional()

const envelope = z.object({
  code: someCode,
  message: z.string().nullish(),
  data: z.object({ code: someCode }).optional().catch(undefined),
})
