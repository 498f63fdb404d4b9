import type { SimResponse } from '../marketplace.ts'
import { carrierName, invoiceFault } from './carriers.ts'
import { onOrder } from './claim-calls.ts'
import type { ExchangeClaim } from './claims.ts'
import { claimOk, claimRefused, field, text, whole } from './envelopes.ts'
import { bringOtherGoods, collect, newestExchange, sendOtherGoods } from './exchanges.ts'
import type { Site } from './sites.ts'
import { addRow, removeRow } from './timeline.ts'
import { readMoment } from './times.ts'
import { notOnItsWay, registerPickup } from './way-back.ts'
import type { Call, World } from './world.ts'

const WITHDRAWN = 5
const isOpen = ({ status }: ExchangeClaim) => status === 1 || status === 2 || status === 3
const alert = (site: Site, message: string, rule: string) =>
  claimRefused(site, 8668, site === 'iac' ? message : `ShowAlertException$${message}`, rule)

/** POST …/exchange/{orderNo}/pickup: the seller's own carrier fetches what goes back. May be corrected. */
export function pickUpExchange(world: World, call: Call): SimResponse {
  return onOrder(world, call, (order, site) => {
    const claim = newestExchange(order)
    if (claim === undefined || !isOpen(claim)) return notOnItsWay(site, claim?.status === WITHDRAWN)
    return registerPickup(world, call, claim, site, '교환택배사')
  })
}

/** PUT …/exchange/{orderNo}/pickup: the goods are back, as the seller says it. */
export function collectExchange(world: World, call: Call): SimResponse {
  return onOrder(world, call, (order, site) => {
    const claim = newestExchange(order)
    if (claim === undefined || claim.status === WITHDRAWN) {
      return site === 'iac'
        ? claimRefused(site, 8668, '수거완료 가능한 주문건이 아닙니다.', 'W22-3')
        : alert(site, '수거완료 처리불가능건 입니다', '')
    }
    if (isNoDate(call)) return claimRefused(site, 2000, '수거완료일자가 올바르지 않습니다')
    if (!collect(claim, call.now)) return alert(site, '이미 완료 처리 되었습니다', 'W14-2')
    return claimOk(world.switches.successIs, site)
  })
}

/**
 * POST …/exchange/{orderNo}/resend: the other goods go out; a second call corrects the invoice. 옥션 takes the first
 * goods as collected by it and lifts a hold; G마켓 wants both done before.
 */
export function resendExchange(world: World, call: Call): SimResponse {
  return onOrder(world, call, (order, site) => {
    const claim = newestExchange(order)
    const isUnderWay = claim?.status === 0
    if (claim === undefined || !(isOpen(claim) || isUnderWay)) return notOnItsWay(site, claim?.status === WITHDRAWN)
    const carrier = whole(call.body, 'DeliveryCompCode')
    if (carrier === null || carrierName(carrier) === null) {
      return claimRefused(site, 99999, 'API Error - 교환택배사가 존재하지 않습니다')
    }
    const invoice = text(call.body, 'InvoiceNo')
    if (invoiceFault(carrier, invoice) !== null) return alert(site, '요청한 송장번호가 유효하지 않습니다.', 'W22-6')
    if (isUnderWay) {
      claim.resent = { carrier, invoice, at: claim.resent!.at }
      return claimOk(world.switches.successIs, site)
    }
    if (site === 'gmkt') {
      if (claim.hold !== null) return alert(site, '교환 보류 상태입니다', '')
      if (claim.collectedAt === null && world.switches.resendFirst === 'refused') {
        return alert(site, '교환수거 완료 후 재발송 처리 가능합니다', '')
      }
    } else {
      collect(claim, call.now)
      claim.hold = null
    }
    sendOtherGoods(world, claim, carrier, invoice, call.now)
    return claimOk(world.switches.successIs, site)
  })
}

/** PUT …/exchange/{orderNo}/resend: the other goods have arrived, for carriers nobody tracks. */
export function tellArrived(world: World, call: Call): SimResponse {
  return onOrder(world, call, (order, site) => {
    const claim = newestExchange(order)
    if (claim?.status === 4) return alert(site, '이미 완료 처리 되었습니다', 'W14-2')
    if (isNoDate(call)) return claimRefused(site, 2000, '배송완료일자가 올바르지 않습니다')
    if (!bringOtherGoods(world, claim, call.now)) return alert(site, '재발송 완료 배송건이 없습니다', 'W14-1')
    return claimOk(world.switches.successIs, site)
  })
}

/** POST …/exchange/{orderNo}/hold: by special grant. */
export function holdExchange(world: World, call: Call): SimResponse {
  return onOrder(world, call, (order, site) => {
    const claim = newestExchange(order)
    const reason = whole(call.body, 'HoldReason')
    if (claim === undefined || !isOpen(claim)) return alert(site, '교환 보류 불가 상태입니다', 'W20-1')
    if (reason !== 0 && reason !== 1 && reason !== 4) return claimRefused(site, 2000, '보류사유가 올바르지 않습니다')
    if (claim.hold?.reason === reason) return alert(site, '같은 사유로의 변경은 불가능 합니다.', 'W19-1')
    const { held } = world.claims.dates.exchange[site]
    if (claim.hold !== null) removeRow(held, claim.hold.at, claim.seq)
    addRow(held, call.now, claim.seq, claim)
    claim.hold = { reason, at: call.now }
    claim.status = 3
    return claimOk(world.switches.successIs, site)
  })
}

/** DELETE …/exchange/{orderNo}/hold: G마켓 only; 옥션 lifts it by sending again. */
export function releaseExchange(world: World, call: Call): SimResponse {
  return onOrder(world, call, (order, site) => {
    const claim = newestExchange(order)
    if (site === 'iac' || claim === undefined || claim.hold === null) {
      return site === 'iac'
        ? claimRefused(site, 1000, '데이터 조회 실패. - 주문정보')
        : claimRefused(site, 99999, '주문 정보가 없습니다.')
    }
    removeRow(world.claims.dates.exchange[site].held, claim.hold.at, claim.seq)
    claim.hold = null
    claim.status = claim.collectedAt === null ? 1 : 2
    return claimOk(world.switches.successIs, site)
  })
}

/** The day is optional; what is no day is refused. */
const isNoDate = ({ body }: Call): boolean => {
  const told = field(body, 'PickupCompleteDate')
  return told !== undefined && told !== null && readMoment(told) === null
}
