import { z } from 'zod'
import type { HttpRequest } from '../../../kernel/http-port.ts'
import { type Account, type AdapterDeps, ChannelFault } from '../../../modules/channels/adapter.ts'
import { readBody, sayable } from '../answers.ts'
import { noAnswer } from '../no-answer.ts'
import { BUCKETS, ORDER_LIST_EVERY_MS } from './capabilities.ts'
import { gateFault, refusalOf } from './faults.ts'
import { lowerKeys } from './reading.ts'
import { SITES, type Site } from './sites.ts'
import { bearer, type EsmCredentials } from './token.ts'

export type EsmCall = {
  method: HttpRequest['method']
  path: string
  body?: unknown
  /** The call draws from the five-second budget, too. */
  isOrderList?: boolean
  /** Only these sites' seller is named in the token; by default every site of the account. */
  sites?: readonly Site[]
}

/** A 200 of any meaning. Keys of `value` and `data` are in lower case; `raw` is as it came. */
export type Answer = {
  /** '0' is success; '' where the answer carries none. */
  code: string
  message: string
  /** What 옥션 says beside 8668. */
  rule: string
  data: unknown
  value: unknown
  raw: unknown
  /** Code and message, fit for an error. */
  said: string
}

/** One call. Throws ChannelFault for what is no answer to it: the network, the gate, a call too early, no JSON object. */
export type Ask = (call: EsmCall) => Promise<Answer>

/** The contract's own number and what clocks differ by. */
const ORDER_LIST_LEAST_MS = 5_050
const MOST_TURNS = 3

const DEFAULT_TIMEOUT_MS = 10_000
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 5 * 60_000

export function sitesOf(account: Account): Site[] {
  const { auctionId, gmarketId } = account.credentials
  return SITES.filter((site) => (site === 'iac' ? auctionId : gmarketId))
}

export function openCalls(account: Account, deps: AdapterDeps): Ask {
  const credentials: EsmCredentials = {
    masterId: account.credentials.masterId ?? '',
    secretKey: account.credentials.secretKey ?? '',
    iac: account.credentials.auctionId ?? '',
    gmkt: account.credentials.gmarketId ?? '',
  }
  const allSites = sitesOf(account)
  const baseUrl = account.baseUrl.replace(/\/+$/, '')
  const timeoutMs = Number(account.settings.timeoutMs ?? DEFAULT_TIMEOUT_MS)
  const say = (text: string) => sayable(text, [credentials.secretKey])
  let refusedInARow = 0
  let listedAt = Number.NEGATIVE_INFINITY

  /** Waiting for the second budget moves the call, so that two lists could leave closer together than their turns. */
  async function turn(isOrderList: boolean): Promise<void> {
    if (!isOrderList) return deps.spend(BUCKETS.all)
    for (let turns = 0; turns < MOST_TURNS; turns++) {
      await deps.spend(BUCKETS.orders)
      await deps.spend(BUCKETS.all)
      if (deps.clock.monotonic() - listedAt > ORDER_LIST_LEAST_MS) break
    }
    listedAt = deps.clock.monotonic()
  }

  return async (call) => {
    await turn(call.isOrderList ?? false)
    const outcome = await deps.http.send({
      method: call.method,
      url: baseUrl + call.path,
      headers: [
        ['Authorization', bearer(credentials, call.sites ?? allSites, deps.clock.now())],
        ['Content-Type', 'application/json'],
        ['Accept', 'application/json'],
      ],
      body: call.body === undefined ? null : new TextEncoder().encode(JSON.stringify(call.body)),
      deadlineMs: timeoutMs,
    })
    if (outcome.kind !== 'answered') throw noAnswer(outcome)
    const { status, body } = outcome.response
    const read = readBody(body)
    if (status !== 429) refusedInARow = 0
    if (status !== 200) {
      const fault = gateFault(status, read, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** refusedInARow), say)
      if (fault.pauseMs !== null) {
        refusedInARow = Math.min(10, refusedInARow + 1)
        deps.learn(BUCKETS.all, { remaining: 0, pauseMs: fault.pauseMs })
      }
      throw fault
    }
    const answer = answerOf(read.kind === 'json' ? read.value : null, say)
    if (answer.code === '3000' && TOO_EARLY.test(answer.message)) {
      deps.learn(BUCKETS.orders, { remaining: 0, pauseMs: ORDER_LIST_EVERY_MS })
      throw new ChannelFault('rate_limited', answer.said, { pauseMs: ORDER_LIST_EVERY_MS })
    }
    return answer
  }
}

/** Pages show both 0 and "Success" for a success. */
export function isOk({ code }: Answer): boolean {
  return code === '0'
}

/** The answer of a call that either works or is a fault. */
export function expectOk(answer: Answer): Answer {
  if (!isOk(answer)) throw refusalOf(answer.code, answer.message, answer.said)
  return answer
}

/** The same for calls whose success carries no code. */
export function expectNoRefusal(answer: Answer): Answer {
  return answer.code === '' ? answer : expectOk(answer)
}

const TOO_EARLY = /초당 ?1회|분당 최대/

function answerOf(raw: unknown, say: (text: string) => string): Answer {
  const value = lowerKeys(raw)
  const read = envelope.safeParse(value)
  if (!read.success) throw new ChannelFault('garbled', 'an answer that is no object')
  const { resultcode, message, bizrulecode, data } = read.data
  const code = String(resultcode ?? '')
  return {
    code: code.toLowerCase() === 'success' ? '0' : code,
    message: message ?? '',
    rule: bizrulecode ?? '',
    data,
    value,
    raw,
    said: say(`${code} ${message ?? ''}`),
  }
}

const envelope = z.object({
  resultcode: z.union([z.string(), z.number()]).nullish(),
  message: z.string().nullish(),
  bizrulecode: z.string().nullish().catch(null),
  data: z.unknown().optional(),
})
