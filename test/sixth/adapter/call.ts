import { readBody, sayable } from '../../../server/adapters/marketplaces/answers.ts'
import type { HttpRequest } from '../../../server/kernel/http-port.ts'
import { type Account, type AdapterDeps, ChannelFault } from '../../../server/modules/channels/adapter.ts'
import { ALL_CALLS } from './capabilities.ts'

/** Gives the JSON of a 200; anything else is a ChannelFault. */
export type Ask = (method: HttpRequest['method'], path: string, body?: unknown) => Promise<unknown>

export function openCalls({ baseUrl, credentials, settings }: Account, deps: AdapterDeps): Ask {
  const apiKey = credentials.apiKey ?? ''
  return async (method, path, body) => {
    await deps.spend(ALL_CALLS)
    const outcome = await deps.http.send({
      ...{ method, url: `${baseUrl}${path}`, deadlineMs: Number(settings.timeoutMs ?? 10_000) },
      headers: [['Authorization', `Bearer ${apiKey}`]],
      body: body === undefined ? null : new TextEncoder().encode(JSON.stringify(body)),
    })
    if (outcome.kind !== 'answered') {
      throw new ChannelFault(outcome.kind === 'not_sent' ? 'unreachable' : 'unknown', outcome.reason)
    }
    const { status, headers, body: answer } = outcome.response
    const read = readBody(answer)
    if (status === 200 && read.kind === 'json') return read.value
    const said = sayable(`${status} ${read.kind === 'json' ? JSON.stringify(read.value) : read.kind}`, [apiKey])
    if (status === 429) {
      const pauseMs = Number(settings.pauseAfter429Ms ?? Number(headers.get('retry-after') ?? 1) * 1_000)
      deps.learn(ALL_CALLS, { remaining: 0, pauseMs })
      throw new ChannelFault('rate_limited', said, { pauseMs })
    }
    throw new ChannelFault(codeOf(status), said)
  }
}

function codeOf(status: number) {
  if (status >= 500) return 'unknown'
  if (status === 401) return 'signed_out'
  if (status === 404) return 'not_found'
  return status === 400 ? 'refused' : 'garbled'
}
