import type { SimResponse } from '../marketplace.ts'
import { carrierName } from './carriers.ts'
import type { WayBack } from './claims.ts'
import { claimOk, claimRefused, decimal, text, whole } from './envelopes.ts'
import type { Order } from './orders.ts'
import type { Site } from './sites.ts'
import { tellTimeOrNull } from './times.ts'
import type { Call, World } from './world.ts'

/** What rows of returns and exchanges tell of the parcels and of a hold. */
export function tellWayBack(order: Order, wayBack: WayBack | null) {
  const { pickup = null, collectedAt = null, hold = null } = wayBack ?? {}
  return {
    HoldInfo: {
      HoldDate: tellTimeOrNull(hold?.at ?? null),
      IsHold: hold !== null,
      Reason: hold?.reason ?? 0,
      FreeDate: null,
    },
    ShippingInfo: {
      CompleteDate: tellTimeOrNull(order.deliveredAt),
      ShippingFee: decimal(0),
      // A text at G마켓, a number at 옥션.
      DeliveryCompCode: order.site === 'gmkt' ? String(order.carrier ?? '') : (order.carrier ?? 0),
      InvoiceNo: order.invoice,
    },
    PickupInfo: {
      Status: pickup === null ? 0 : 2,
      CompleteDate: tellTimeOrNull(collectedAt),
      DeliveryCompName: carrierName(pickup?.carrier ?? null) ?? '',
      InvoiceNo: pickup?.invoice ?? '',
    },
  }
}

/** The seller's own carrier fetches it. May be corrected. */
export function registerPickup(world: World, call: Call, wayBack: WayBack, site: Site, named: string): SimResponse {
  const carrier = whole(call.body, 'DeliveryCompCode')
  if (carrier === null || carrierName(carrier) === null) {
    return claimRefused(site, 99999, `API Error - ${named}가 존재하지 않습니다`)
  }
  wayBack.pickup = { carrier, invoice: text(call.body, 'InvoiceNo') }
  return claimOk(world.switches.successIs, site)
}

/** No parcel of a return or exchange is on its way for this order, or none any more. */
export function notOnItsWay(site: Site, isWithdrawn: boolean): SimResponse {
  const message = '요청한 주문번호가 반품 및 교환 배송건이 아닙니다.'
  const rule = isWithdrawn ? 'W22-4' : 'W22-3'
  return claimRefused(site, 8668, site === 'iac' ? message : `ShowAlertException$${message}`, rule)
}
