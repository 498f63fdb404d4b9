import type { SimResponse } from '../marketplace.ts'
import { carrierName, invoiceFault } from './carriers.ts'
import { onOrder } from './claim-calls.ts'
import { leaveLists, openExchange, openReturn, type ReturnClaim } from './claims.ts'
import { claimOk, claimRefused, text, whole } from './envelopes.ts'
import { newestExchange, sendOtherGoods, startWayBack, wasExchanged } from './exchanges.ts'
import { refundReturn, startReturn } from './returns.ts'
import type { Call, World } from './world.ts'

/**
 * POST …/return/{orderNo}/exchange: at G마켓 an exchange is asked for then; at 옥션 the other goods go out with this
 * call. That the return is told no more, and the exchange dates from now, is assumed.
 */
export function exchangeReturn(world: World, call: Call): SimResponse {
  return onOrder(world, call, (order, site) => {
    const claim = order?.claims.findLast(({ kind }) => kind === 'return') as ReturnClaim | undefined
    if (claim === undefined || order === null || order.claim !== claim || claim.status > 3) {
      return claimRefused(site, 8668, site === 'iac' ? '이미 처리된 건입니다' : '8668$이미 처리된 건입니다.', 'W18-1')
    }
    if (claim.isFast && site === 'iac') {
      return claimRefused(site, 8668, '빠른환불 대상건은 교환 변경 불가 합니다', 'W13-2')
    }
    if (wasExchanged(order)) {
      return claimRefused(site, 8668, 'ShowAlertException$교환신청을 1회 했을 경우 신청 할 수 없습니다.')
    }
    const carrier = whole(call.body, 'DeliveryCompCode')
    const invoice = text(call.body, 'InvoiceNo')
    if (site === 'iac' && carrierName(carrier) === null) {
      return claimRefused(site, 99999, 'API Error - 교환택배사가 존재하지 않습니다')
    }
    if (site === 'iac' && invoiceFault(carrier, invoice) !== null) {
      return claimRefused(site, 8668, '요청한 송장번호가 유효하지 않습니다.', 'W22-6')
    }
    leaveLists(world, claim)
    const { reason, reasonCode, pickup, collectedAt } = claim
    const exchange = openExchange(world, order, { requestUser: 2, reason, reasonCode }, call.now)
    Object.assign(exchange, { pickup, collectedAt, status: collectedAt === null ? 1 : 2 })
    if (site === 'iac') sendOtherGoods(world, exchange, carrier!, invoice, call.now)
    else startWayBack(world, exchange, call.now)
    return claimOk(world.switches.successIs, site)
  })
}

/** POST …/exchange/{orderNo}/return: at G마켓 a return is asked for then; 옥션 refunds at once. */
export function returnExchange(world: World, call: Call): SimResponse {
  return onOrder(world, call, (order, site) => {
    const claim = newestExchange(order)
    if (claim === undefined || order === null || order.claim !== claim || claim.status === 0 || claim.status > 3) {
      return claimRefused(site, 8668, site === 'iac' ? '이미 처리된 건입니다' : '8668$이미 처리된 건입니다.', 'W18-1')
    }
    leaveLists(world, claim)
    const { reason, reasonCode, pickup, collectedAt } = claim
    const back = openReturn(world, order, { requestUser: 2, reason, reasonCode }, false, call.now)
    Object.assign(back, { pickup, collectedAt, status: collectedAt === null ? 1 : 2 })
    if (site === 'iac') refundReturn(world, back, 2, call.now)
    else startReturn(world, back, call.now)
    return claimOk(world.switches.successIs, site)
  })
}
