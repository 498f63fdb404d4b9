import { ChannelFault } from '../../../modules/channels/adapter.ts'
import type { Read } from './body.ts'

/** Maintenance lasts hours and nothing tells how many. */
const CLOSED_PAUSE_MS = 60_000

const CLOSED = -1_000

/** What an answer of another status than 200, or one that is no XML, means. `pauseMs` is for a 429. */
export function faultOf(status: number, read: Read, pauseMs: number): ChannelFault {
  const said = `${status} ${read.kind === 'xml' ? read.root.name.slice(0, 40) : read.kind}`
  if (status === 429) return new ChannelFault('rate_limited', said, { pauseMs })
  // A server's own error may come after the act.
  if (status >= 500) return new ChannelFault('unknown', said)
  if (status === 401) return new ChannelFault('signed_out', said)
  if (status === 403 || (status >= 300 && status < 400)) return new ChannelFault('blocked', said)
  return new ChannelFault(status >= 400 ? 'refused' : 'garbled', said)
}

/**
 * What a business error that has nothing to do with what was asked means, or null for one that has. A bad key has no
 * code of its own: -1 in lists and order calls, 500 in product calls, and the text varies.
 */
export function accountFault(code: number, says: string, said: string): ChannelFault | null {
  if (code === CLOSED) return new ChannelFault('unreachable', `closed: ${said}`, { pauseMs: CLOSED_PAUSE_MS })
  if (code !== -1 && code !== 500) return null
  if (UNREGISTERED_ADDRESS.test(says)) return new ChannelFault('blocked', said)
  return BAD_KEY.test(says) ? new ChannelFault('signed_out', said) : null
}

const UNREGISTERED_ADDRESS = /등록되지\s*않은\s*IP|IP\s*(주소)?[가이]?\s*등록/i
const BAD_KEY = /open\s*api\s*-?key|인증\s*키|해당하는\s*유저가\s*없|api\s*key/i

/** What a refusal of a product call means: the number is unknown, the system failed in the act, or simply no. */
export function productFault(code: number, says: string, said: string): ChannelFault {
  if (code === 404 || UNKNOWN_NUMBER.test(says)) return new ChannelFault('not_found', said)
  return new ChannelFault(SYSTEM_ERROR.test(says) ? 'unknown' : 'refused', said)
}

const UNKNOWN_NUMBER = /찾을\s*수\s*없|존재하지\s*않|번호\s*없음/
const SYSTEM_ERROR = /시스템|일시적/
