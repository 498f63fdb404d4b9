import type { HttpRequest, HttpResponse } from '../../../kernel/http-port.ts'
import type { Account, AdapterDeps } from '../../../modules/channels/adapter.ts'
import { readBody, sayable } from '../answers.ts'
import { noAnswer } from '../no-answer.ts'
import { type BUCKETS, BURST_KEPT_BACK } from './capabilities.ts'
import { faultOf } from './faults.ts'
import { openTokens } from './token.ts'

export type NaverCall = {
  bucket: (typeof BUCKETS)[keyof typeof BUCKETS]
  method: HttpRequest['method']
  /** From `/v1` or `/v2` on, with its query, encoded. */
  path: string
  body?: unknown
}

/** One call of the Commerce API. Gives the JSON of a 200; anything else is a ChannelFault. */
export type Ask = (call: NaverCall) => Promise<unknown>

const DEFAULT_TIMEOUT_MS = 10_000

export function openCalls(account: Account, deps: AdapterDeps): Ask {
  const credentials = {
    clientId: account.credentials.clientId ?? '',
    clientSecret: account.credentials.clientSecret ?? '',
    accountId: account.credentials.accountId || null,
  }
  const baseUrl = account.baseUrl.replace(/\/+$/, '')
  const timeoutMs = Number(account.settings.timeoutMs ?? DEFAULT_TIMEOUT_MS)
  const tokens = openTokens(deps, baseUrl, credentials, timeoutMs)

  async function once(call: NaverCall, token: string): Promise<HttpResponse> {
    await deps.spend(call.bucket)
    const outcome = await deps.http.send({
      method: call.method,
      url: baseUrl + call.path,
      headers: [
        ['Authorization', `Bearer ${token}`],
        ['Content-Type', 'application/json'],
        ['Accept', 'application/json'],
      ],
      body: call.body === undefined ? null : new TextEncoder().encode(JSON.stringify(call.body)),
      deadlineMs: timeoutMs,
    })
    if (outcome.kind !== 'answered') throw noAnswer(outcome)
    learnFrom(outcome.response.headers, call.bucket, deps)
    return outcome.response
  }

  return async (call) => {
    let token = await tokens.current()
    let response = await once(call, token)
    if (response.status === 401) {
      // Another holder of the key may have had the token replaced: ask for one once, repeat once, then give up.
      token = await tokens.renew(token)
      response = await once(call, token)
    }
    const read = readBody(response.body)
    if (response.status === 200 && read.kind === 'json') return read.value
    const say = (text: string) => sayable(text, [token, credentials.clientSecret])
    const fault = faultOf(response.status, response.headers, read, say)
    if (fault.pauseMs !== null) deps.learn(call.bucket, { remaining: 0, pauseMs: fault.pauseMs })
    throw fault
  }
}

function learnFrom(headers: ReadonlyMap<string, string>, bucket: string, deps: AdapterDeps): void {
  const ratePerSecond = positive(headers.get('gncp-gw-ratelimit-replenish-rate'))
  const burst = positive(headers.get('gncp-gw-ratelimit-burst-capacity'))
  const remaining = headers.get('gncp-gw-ratelimit-remaining')
  const seen = {
    ...(ratePerSecond === null ? {} : { ratePerSecond }),
    ...(burst === null ? {} : { burst: Math.max(1, burst - BURST_KEPT_BACK) }),
    ...(remaining !== undefined && /^\d{1,9}$/.test(remaining) ? { remaining: Number(remaining) } : {}),
  }
  if (Object.keys(seen).length > 0) deps.learn(bucket, seen)
}

function positive(text: string | undefined): number | null {
  const value = text !== undefined && /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0
  return value > 0 ? value : null
}
