import { z } from 'zod'
import { ChannelFault } from '../../../modules/channels/adapter.ts'
import type { Read } from '../answers.ts'

/**
 * What an answer that is not the hoped-for one means. `aboutVendor`: the call names no single order or item,
 * so a 404 means that the vendor id in its path is not this key's. `pauseMs` is for a 429, which names none.
 */
export function faultOf(
  status: number,
  read: Read,
  options: { aboutVendor: boolean; pauseMs: number; say: (text: string) => string },
): ChannelFault {
  const message = messageOf(read)
  const said = options.say(`${status} ${message}`)
  if (status === 429) return new ChannelFault('rate_limited', said, { pauseMs: options.pauseMs })
  // 504 and 521 are the gateway's words; a 500 may come after the act. None of them says that nothing happened.
  if (status >= 500) return new ChannelFault('unknown', said)
  if (status === 401) return new ChannelFault('signed_out', said)
  // A redirect, and the CDN's page in HTML, are how a blocked address or vendor is told.
  if (status === 403 || (status >= 300 && status < 400)) return new ChannelFault('blocked', said)
  if (status === 404 && options.aboutVendor)
    return new ChannelFault('signed_out', said, { why: { reason: 'vendor_unknown' } })
  if (status === 404) return new ChannelFault('not_found', said)
  if (read.kind === 'html' || read.kind === 'unreadable') return new ChannelFault('garbled', said)
  if (status === 400 && UNKNOWN_ID.test(message)) return new ChannelFault('not_found', said)
  if (status >= 400) return new ChannelFault('refused', said)
  return new ChannelFault('garbled', said)
}

/** An unknown id is a 400 with one of several texts; the last is a parser's, met in practice. */
const UNKNOWN_ID = /not found|찾을 수 없|존재하지 않|Object text must begin with/i

function messageOf(read: Read): string {
  if (read.kind !== 'json') return read.kind
  const envelope = z.object({ message: z.string().nullish() }).safeParse(read.value)
  return envelope.success ? (envelope.data.message ?? '') : ''
}
