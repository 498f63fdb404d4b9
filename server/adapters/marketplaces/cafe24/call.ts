import type { HttpRequest, HttpResponse } from '../../../kernel/http-port.ts'
import type { Account, AdapterDeps } from '../../../modules/channels/adapter.ts'
import { readBody, sayable } from '../answers.ts'
import { noAnswer } from '../no-answer.ts'
import { BUCKETS } from './capabilities.ts'
import { faultOf, usageRemainMs } from './faults.ts'
import { openTokens } from './token.ts'

export type Cafe24Call = {
  bucket: (typeof BUCKETS)[keyof typeof BUCKETS]
  method: HttpRequest['method']
  /** Below `/api/v2/admin/`, with its query, encoded. */
  path: string
  /** Written as the contract wants it: `{ shop_no, request }`. */
  request?: object
  /** `{ shop_no, requests }`. */
  requests?: readonly object[]
}

/** `equal`: refused because everything is as asked already (409), which for a set is success. */
export type Answer = { equal: boolean; value: unknown }

/** One call of the Admin API. Gives the JSON of a 2xx, or `equal`; anything else is a ChannelFault. */
export type Ask = (call: Cafe24Call) => Promise<Answer>

const DEFAULT_TIMEOUT_MS = 10_000
const API_VERSION = '2026-03-01'

export function openCalls(account: Account, deps: AdapterDeps): Ask {
  const { clientId = '', clientSecret = '', refreshToken = '' } = account.credentials
  const baseUrl = account.baseUrl.replace(/\/+$/, '')
  const timeoutMs = Number(account.settings.timeoutMs ?? DEFAULT_TIMEOUT_MS)
  const signedIn = openTokens(deps, baseUrl, { clientId, clientSecret, refreshToken }, timeoutMs)
  let version: string | null = String(account.settings.apiVersion ?? API_VERSION)

  async function once(call: Cafe24Call, accessToken: string, as: string | null): Promise<HttpResponse> {
    await deps.spend(call.bucket)
    const outcome = await deps.http.send({
      method: call.method,
      url: `${baseUrl}/api/v2/admin/${call.path}`,
      headers: [
        ['Authorization', `Bearer ${accessToken}`],
        ['Content-Type', 'application/json'],
        ...(as === null ? [] : [['X-Cafe24-Api-Version', as] as const]),
      ],
      body: bodyOf(call),
      deadlineMs: timeoutMs,
    })
    if (outcome.kind !== 'answered') throw noAnswer(outcome)
    learnFrom(outcome.response.headers, call.bucket, deps)
    return outcome.response
  }

  return async (call) => {
    const as = version
    let tokens = await signedIn.current()
    let response = await once(call, tokens.accessToken, as)
    if (response.status === 401) {
      // It ended in the middle of our work, or another process has had it replaced: renewed once, repeated once.
      tokens = await signedIn.renew(tokens)
      response = await once(call, tokens.accessToken, as)
    }
    if (response.status === 400 && as !== null && isVersionRefused(response)) {
      // A version lives a year at most; from then on calls run on the one set in the developer console.
      version = null
      response = await once(call, tokens.accessToken, null)
    }
    const read = readBody(response.body)
    if (response.status >= 200 && response.status < 300 && read.kind === 'json') {
      return { equal: false, value: read.value }
    }
    if (response.status === 409) return { equal: true, value: null }
    const say = (text: string) => sayable(text, [tokens.accessToken, tokens.refreshToken, clientSecret])
    const fault = faultOf(response.status, response.headers, read, say)
    if (fault.pauseMs !== null) deps.learn(call.bucket, { remaining: 0, pauseMs: fault.pauseMs })
    throw fault
  }
}

function bodyOf({ request, requests }: Cafe24Call): Uint8Array | null {
  if (!request && !requests) return null
  const body = request ? { shop_no: 1, request } : { shop_no: 1, requests }
  return new TextEncoder().encode(JSON.stringify(body))
}

const isVersionRefused = ({ body }: HttpResponse): boolean =>
  /unsupported.{0,20}version/i.test(new TextDecoder().decode(body.subarray(0, 2_000)))

/** A bucket holds 40 and drains 2 a second. We fill it no further than this, whoever else draws from it. */
const FILLED_ENOUGH = 24
const DRAIN_PAUSE_MS = 2_000
/** Above this share of the quota over all APIs every call is followed by a rest; well above it by a longer one. */
const USAGE_SLOWS = 70
const USAGE_SLOWS_MORE = 90

function learnFrom(headers: ReadonlyMap<string, string>, bucket: string, deps: AdapterDeps): void {
  const remainMs = usageRemainMs(headers)
  if (remainMs !== null) {
    // Calling while it is used up makes it longer, and it is one quota for all that we do.
    for (const each of Object.values(BUCKETS)) deps.learn(each, { remaining: 0, pauseMs: remainMs })
    return
  }
  const filled = Number(/^(\d{1,4})\/\d{1,4}$/.exec(headers.get('x-api-call-limit') ?? '')?.[1] ?? 0)
  const usage = Math.max(percentOf(headers, 'call'), percentOf(headers, 'time'))
  if (usage >= USAGE_SLOWS_MORE) deps.learn(bucket, { remaining: 0, pauseMs: 2 * DRAIN_PAUSE_MS })
  else if (filled >= FILLED_ENOUGH || usage >= USAGE_SLOWS) {
    deps.learn(bucket, { remaining: 0, pauseMs: DRAIN_PAUSE_MS })
  }
}

function percentOf(headers: ReadonlyMap<string, string>, of: 'call' | 'time'): number {
  const text = headers.get(`x-cafe24-${of}-usage`) ?? ''
  return /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : 0
}
