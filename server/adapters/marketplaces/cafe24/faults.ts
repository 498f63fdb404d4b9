import { z } from 'zod'
import { ChannelFault } from '../../../modules/channels/adapter.ts'
import type { Read } from '../answers.ts'

/** A full bucket drains two calls a second; this long after a refusal there is room for a few. */
const RATE_PAUSE_MS = 3_000

/** What an answer that is not the hoped-for one means. `say` takes out what must not be repeated. */
export function faultOf(
  status: number,
  headers: ReadonlyMap<string, string>,
  read: Read,
  say: (text: string) => string,
): ChannelFault {
  const message = messageOf(read)
  const said = say(`${status} ${message}`)
  if (status === 429) return slowDown(headers, said)
  // A gateway answers for a marketplace that may have acted.
  if (status >= 500) return new ChannelFault('unknown', said)
  // 403 is a missing scope or an app that was removed: either way somebody must give consent anew.
  if (status === 401 || status === 403) return new ChannelFault('signed_out', said)
  if (read.kind === 'html' || read.kind === 'unreadable') return new ChannelFault('garbled', said)
  // A path the API does not have is a mistake of ours; an id it does not have is not.
  if (status === 404) return new ChannelFault(/no api/i.test(message) ? 'refused' : 'not_found', said)
  if (status >= 400) return new ChannelFault('refused', said)
  return new ChannelFault('garbled', said)
}

function slowDown(headers: ReadonlyMap<string, string>, said: string): ChannelFault {
  const remainMs = usageRemainMs(headers)
  if (remainMs !== null) return new ChannelFault('quota_exhausted', said, { pauseMs: remainMs })
  return new ChannelFault('rate_limited', said, { pauseMs: RATE_PAUSE_MS })
}

/** How long the quota over all APIs of the app stays used up; told only when it is. */
export function usageRemainMs(headers: ReadonlyMap<string, string>): number | null {
  const told = ['x-cafe24-call-remain', 'x-cafe24-time-remain']
    .map((name) => headers.get(name) ?? '')
    .filter((text) => /^\d{1,6}$/.test(text))
  return told.length === 0 ? null : (Math.max(...told.map(Number)) + 1) * 1_000
}

function messageOf(read: Read): string {
  if (read.kind !== 'json') return read.kind
  const envelope = errorEnvelope.safeParse(read.value)
  if (!envelope.success) return ''
  const { error, error_description: description } = envelope.data
  return typeof error === 'string' ? `${error} ${description ?? ''}` : (error.message ?? '')
}

/** The Admin API's, or the token call's. */
const errorEnvelope = z.object({
  error: z.union([z.string(), z.object({ message: z.string().nullish() })]),
  error_description: z.string().nullish(),
})
