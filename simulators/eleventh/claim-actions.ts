import {
  type Claim,
  cancelAtOnce,
  completeCancel,
  completeExchange,
  completeReturn,
  holdReturn,
  isOpen,
  type Kind,
  refuseCancel,
  refuseExchange,
  refuseReturn,
} from './claims.ts'
import { resultSays } from './envelopes.ts'
import { isCarrier, METHODS } from './fulfilment.ts'
import { type Line, openUnits } from './orders.ts'
import { readDay } from './times.ts'
import type { Call, World } from './world.ts'

const SELLERS_FAULT: readonly string[] = ['06', '07', '08', '09']
const REASONS = {
  documented: [...SELLERS_FAULT, '10', '99'],
  july_2026: [...SELLERS_FAULT, '18', '19', '20', '99'],
}

/** GET claimservice/reqrejectorder/{ordNo}/{ordPrdSeq}/{reason}/{text}: cancels all that is left of the line. */
export function sellerCancel(world: World, call: Call): string {
  const [ordNo = '', ordPrdSeq = '', reason = '', text = ''] = call.parts
  const line = lineAt(world, ordNo, ordPrdSeq)
  if (line === 'order') return resultSays(-21002, '주문 번호를 알 수 없습니다.')
  if (line === 'line') return resultSays(-21003, '주문 상세번호를 알 수 없습니다.')
  if (!REASONS[world.switches.cancelReasons].includes(reason) || text === '') {
    return resultSays(-1, 'ERROR : 사유 코드가 올바르지 않습니다.')
  }
  const isEarly = line.state === '200' || line.state === '202' || line.state === '301'
  if (!isEarly) return resultSays(-21004, '판매불가 처리 가능한 주문이 아닙니다(1).')
  if (line.cancelRequested > 0) return resultSays(-21005, '판매불가 처리 가능한 주문이 아닙니다(2)')
  cancelAtOnce(world, line, openUnits(line), '02', reason, text, call.now)
  if (SELLERS_FAULT.includes(reason)) world.claims.creditPointsLost += 1
  return resultSays(0, '전체 1건이 정상적으로 취소처리가 되었습니다.')
}

/** GET claimservice/cancelreqconf/{ordPrdCnSeq}/{ordNo}/{ordPrdSeq} */
export function approveCancel(world: World, call: Call): string {
  const [claimSeq = '', ordNo = '', ordPrdSeq = ''] = call.parts
  const line = lineAt(world, ordNo, ordPrdSeq)
  if (line === 'order') return resultSays(-22002, '주문 번호를 알 수 없습니다.')
  if (line === 'line') return resultSays(-22003, '주문 상세번호를 알 수 없습니다.')
  const claim = claimOf(world, 'cancel', line, claimSeq)
  if (claim === undefined) return resultSays(-22004, '주문취소 상세번호를 알 수 없습니다')
  if (claim.status.code === '02') return resultSays(-1, '이미 취소 완료된 신청건 입니다.')
  if (!isOpen(claim)) return resultSays(-1, '해당 건이 없습니다.')
  completeCancel(world, claim, call.now)
  return resultSays(0, '전체 1건이 정상적으로 취소처리가 되었습니다.')
}

const LEAST_INVOICE_DIGITS = 10

/** GET claimservice/cancelreqreject/{ordNo}/{ordPrdSeq}/{claim}/{method}/{day}/{carrier}/{invoice}: refusing is shipping. */
export function rejectCancel(world: World, call: Call): string {
  const [ordNo = '', ordPrdSeq = '', claimSeq = '', method = '', day = '', carrier = '', invoice = ''] = call.parts
  const line = lineAt(world, ordNo, ordPrdSeq)
  const claim = typeof line === 'string' ? undefined : claimOf(world, 'cancel', line, claimSeq)
  if (claim === undefined) return resultSays(-23002, '주문취소 상세번호를 알 수 없습니다.')
  if (readDay(day) === null) return resultSays(-23003, '발송일을 알 수 없습니다.')
  const rowMethod = METHODS[method]
  if (rowMethod === undefined) return resultSays(-23004, '배송방식 코드가 잘못되었습니다.')
  const isSent = rowMethod !== '99'
  if (isSent && !isCarrier(carrier)) return resultSays(-23006, '택배업체를 알 수 없습니다.')
  if (isSent && !new RegExp(`^\\d{${LEAST_INVOICE_DIGITS},}$`).test(invoice)) {
    return resultSays(-23005, '송장번호가 10자리 이하입니다. 다시 입력 해주세요.')
  }
  if (!isOpen(claim)) return resultSays(-23007, '취소신청 정보를 알 수 없습니다.')
  const parcel = { method: rowMethod, carrier: isSent ? carrier : '', invoices: isSent ? [invoice] : [] }
  refuseCancel(world, claim, parcel, call.now)
  return resultSays(0, '전체 1건이 정상적으로 취소처리가 되었습니다.')
}

/** GET claimservice/returnreqconf/{clmReqSeq}/{ordNo}/{ordPrdSeq} */
export function approveReturn(world: World, call: Call): string {
  const [claimSeq = '', ordNo = '', ordPrdSeq = ''] = call.parts
  const claim = returnClaim(world, -24_000, ordNo, ordPrdSeq, claimSeq)
  if (typeof claim === 'string') return claim
  if (!isOpen(claim)) return resultSays(-24006, '반품 신청또는 접수 상태가 아니어서 반품을 완료 할 수 없습니다.')
  completeReturn(world, claim, call.now)
  return resultSays(0, '')
}

/** GET claimservice/returnreqreject/{ordNo}/{ordPrdSeq}/{clmReqSeq}/{reason}/{text} */
export function rejectReturn(world: World, call: Call): string {
  const [ordNo = '', ordPrdSeq = '', claimSeq = '', reason = ''] = call.parts
  const claim = returnClaim(world, -25_000, ordNo, ordPrdSeq, claimSeq)
  if (typeof claim === 'string') return claim
  if (!/^10[1-4]$/.test(reason)) return resultSays(-1, 'ERROR : 사유 코드가 올바르지 않습니다.')
  if (!isOpen(claim)) return resultSays(-1, '반품 신청상태가 아니어서 반품거부를 할 수 없습니다.')
  refuseReturn(world, claim, call.now)
  return resultSays(0, '')
}

/** GET claimservice/returnclaimdefer and returncompletedefer /{ordNo}/{ordPrdSeq}/{clmReqSeq}/{reason}/{text} */
export function deferReturn(code: '104' | '109') {
  return (world: World, call: Call): string => {
    const [ordNo = '', ordPrdSeq = '', claimSeq = '', reason = ''] = call.parts
    const line = lineAt(world, ordNo, ordPrdSeq)
    if (line === 'order') return resultSays(-21002, '주문 번호를 알 수 없습니다.')
    if (line === 'line') return resultSays(-21003, '주문순번을 알 수 없습니다.')
    if (reason === '') return resultSays(-21005, '보류사유 코드를 알 수 없습니다.')
    const claim = claimOf(world, 'return', line, claimSeq)
    if (claim === undefined) return resultSays(-21004, '클레임 신청번호를 알 수 없습니다.')
    const from = code === '104' ? '105' : '104'
    if (claim.status.code !== from) return resultSays(-21007, '반품보류 신청할수 있는 목록이 없습니다.')
    if (code === '104') holdReturn(world, claim, call.now)
    else claim.status = { kind: 'return', code }
    return resultSays(0, '')
  }
}

/** GET claimservice/exchangereqconf/{clmReqSeq}/{ordNo}/{ordPrdSeq}/{carrier}/{invoice}: the new one is on its way. */
export function approveExchange(world: World, call: Call): string {
  const [claimSeq = '', ordNo = '', ordPrdSeq = '', carrier = ''] = call.parts
  const line = lineAt(world, ordNo, ordPrdSeq)
  if (line === 'order') return resultSays(-27002, '주문번호를 알 수 없습니다.')
  if (line === 'line') return resultSays(-27003, '주문상세번호를 알 수 없습니다')
  const claim = claimOf(world, 'exchange', line, claimSeq)
  if (claim === undefined) return resultSays(-27007, '교환 정보를 찾을수 없습니다.')
  if (!isCarrier(carrier)) return resultSays(-27006, '택배업체를 알 수 없습니다.')
  if (!isOpen(claim)) return resultSays(-27008, '교환신청 상태가 아니어서 교환완료를 할 수 없습니다.')
  completeExchange(world, claim, call.now)
  return resultSays(0, '')
}

/** GET claimservice/exchangereqreject/{ordNo}/{ordPrdSeq}/{clmReqSeq}/{reason}/{text} */
export function rejectExchange(world: World, call: Call): string {
  const [ordNo = '', ordPrdSeq = '', claimSeq = ''] = call.parts
  const line = lineAt(world, ordNo, ordPrdSeq)
  const claim = typeof line === 'string' ? undefined : claimOf(world, 'exchange', line, claimSeq)
  if (claim === undefined || !isOpen(claim)) return resultSays(-1, '교환 정보를 찾을수 없습니다.')
  refuseExchange(world, claim, call.now)
  return resultSays(0, '')
}

/** What is unknown, when something is. */
function lineAt(world: World, ordNo: string, ordPrdSeq: string): Line | 'order' | 'line' {
  if (!world.orders.orders.has(ordNo)) return 'order'
  return world.orders.lines.get(`${ordNo}:${ordPrdSeq}`) ?? 'line'
}

function claimOf(world: World, kind: Kind, line: Line, claimSeq: string): Claim | undefined {
  const claim = world.claims.claims.get(claimSeq)
  return claim?.line === line && claim.status.kind === kind ? claim : undefined
}

/** The claim, or the answer that says what is wrong; approving and refusing number these errors alike. */
function returnClaim(world: World, family: number, ordNo: string, ordPrdSeq: string, claimSeq: string): Claim | string {
  const line = lineAt(world, ordNo, ordPrdSeq)
  if (line === 'order') return resultSays(family - 2, '주문번호를 알 수 없습니다.')
  if (line === 'line') return resultSays(family - 3, '주문상세번호를 알 수 없습니다.')
  if (!world.claims.claims.has(claimSeq)) return resultSays(family - 4, '클레임 번호를 알 수 없습니다.')
  return claimOf(world, 'return', line, claimSeq) ?? resultSays(family - 5, '반품 정보를 찾을수 없습니다.')
}
