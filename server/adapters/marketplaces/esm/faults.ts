import { ChannelFault } from '../../../modules/channels/adapter.ts'
import type { Read } from '../answers.ts'
import { textOf } from './reading.ts'

/** What the gate in front says with an HTTP status; the marketplace's own refusals are 200. */
export function gateFault(status: number, read: Read, pauseMs: number, say: (text: string) => string): ChannelFault {
  const message = read.kind === 'json' ? textOf(read.value) : read.kind
  const said = say(`${status} ${message}`)
  if (status === 429) return new ChannelFault('rate_limited', said, { pauseMs })
  if (status >= 500) return new ChannelFault('unknown', said)
  // Rights are granted per API: the key is good, this call is not for it.
  if (status === 401 && NO_RIGHT.test(message)) return new ChannelFault('refused', said)
  if (status === 401) return new ChannelFault('signed_out', said)
  // The caller's address has to be on a list.
  if (status === 403 || (status >= 300 && status < 400)) return new ChannelFault('blocked', said)
  if (read.kind === 'html' || read.kind === 'unreadable') return new ChannelFault('garbled', said)
  if (status === 404) return new ChannelFault('not_found', said)
  return new ChannelFault(status >= 400 ? 'refused' : 'garbled', said)
}

/** What a 200 that is no success means, where the caller has no better word for it. */
export function refusalOf(code: string, message: string, said: string): ChannelFault {
  if (code === '') return new ChannelFault('garbled', `an answer without a code ${said}`)
  if (code === '8000' || PASSES.test(message)) return new ChannelFault('unknown', said)
  return new ChannelFault(UNKNOWN_ID.test(message) ? 'not_found' : 'refused', said)
}

const NO_RIGHT = /right access/i
const PASSES = /일시적|잠시 후/
const UNKNOWN_ID = /판매자의 상품이 아닙|존재하지 않|주문 내역이 없|주문정보가 없|데이터 조회 실패/
