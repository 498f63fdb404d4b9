/** One line as the detail call and the conditional list show it. */
import { type Claim, type Line, remaining, type Settings } from './shop.ts'
import { DAY_MS, kst } from './times.ts'

/** Told as the settings say where the contract does not: claims that came to nothing, and times that have not come. */
export function orderPage(line: Line, settings: Pick<Settings, 'endedClaims' | 'timesToCome'>) {
  const current = currentClaim(line, settings.endedClaims)
  const time: Time = (name, at) =>
    at !== null ? { [name]: kst(at) } : settings.timesToCome === 'null' ? { [name]: null } : {}
  return {
    order: orderPart(line, time),
    productOrder: productOrderPart(line, current, time),
    ...(line.delivery ? { delivery: deliveryPart(line.delivery, line.status, time) } : {}),
    ...(current ? { currentClaim: { [current.kind.toLowerCase()]: claimPart(current) } } : {}),
    ...(line.completedClaims.length > 0
      ? { completedClaims: line.completedClaims.map((claim) => ({ claimType: claim.kind, ...claimPart(claim) })) }
      : {}),
  }
}

/** A field of a time which may not have come. */
type Time = (name: string, at: number | null) => Record<string, string | null>

function currentClaim({ claim, completedClaims }: Line, endedClaims: Settings['endedClaims']): Claim | null {
  const last = completedClaims.at(-1)
  if (claim || endedClaims === 'completed_only') return claim
  return last?.status.endsWith('_REJECT') ? last : null
}

function orderPart({ order }: Line, time: Time) {
  return {
    orderId: order.orderId,
    orderDate: kst(order.orderedAt),
    ...time('paymentDate', order.paidAt),
    ...(order.paidAt === null ? {} : { paymentMeans: '신용카드' }),
    ordererName: order.buyer,
    ordererTel: '010-0000-0000',
    ordererId: 'buye****',
  }
}

function productOrderPart(line: Line, claim: Claim | null, time: Time) {
  const { item, order } = line
  const { product } = item
  const amount = line.unitPrice + line.surcharge
  return {
    productOrderId: line.productOrderId,
    productOrderStatus: line.status,
    placeOrderStatus: placeOrderStatus(line),
    ...time('placeOrderDate', line.placedAt),
    productId: String(product.channelProductNo),
    originalProductId: String(product.originProductNo),
    productName: product.name,
    ...(item.optionId === null
      ? { productClass: '단일상품', ...(item.sellerCode ? { sellerProductCode: item.sellerCode } : {}) }
      : {
          productClass: '조합형옵션상품',
          optionCode: String(item.optionId),
          itemNo: String(item.optionId),
          productOption: `옵션: ${item.optionName}`,
          ...(item.sellerCode ? { optionManageCode: item.sellerCode } : {}),
        }),
    quantity: line.quantity,
    initialQuantity: line.quantity,
    remainQuantity: remaining(line),
    unitPrice: line.unitPrice,
    optionPrice: line.surcharge,
    totalProductAmount: amount * line.quantity,
    totalPaymentAmount: amount * line.quantity,
    ...(claim ? { claimType: claim.kind, claimStatus: claim.status, claimId: claim.claimId } : {}),
    shippingAddress: {
      name: order.buyer,
      tel1: '010-0000-0000',
      zipCode: '04524',
      baseAddress: '서울특별시 중구 세종대로 110',
      detailedAddress: `${order.orderId.slice(-4)}호`,
    },
    shippingMemo: '문 앞에 놓아 주세요',
    ...time('shippingDueDate', order.paidAt === null ? null : order.paidAt + 3 * DAY_MS),
    packageNumber: order.orderId,
  }
}

export function placeOrderStatus(line: Line): 'NOT_YET' | 'OK' | 'CANCEL' {
  if (line.placedAt !== null) return 'OK'
  return line.status === 'CANCELED' ? 'CANCEL' : 'NOT_YET'
}

function deliveryPart(delivery: NonNullable<Line['delivery']>, status: Line['status'], time: Time) {
  return {
    deliveryMethod: delivery.method,
    deliveryCompany: delivery.company,
    trackingNumber: delivery.trackingNumber,
    deliveryStatus: status === 'DELIVERING' ? 'DELIVERING' : 'DELIVERY_COMPLETION',
    sendDate: kst(delivery.sentAt),
    ...time('deliveredDate', delivery.deliveredAt),
  }
}

/** Field names beyond those of a cancel follow its pattern [assumed]. */
function claimPart(claim: Claim) {
  const kind = claim.kind.toLowerCase()
  return {
    claimId: claim.claimId,
    claimStatus: claim.status,
    [`${kind}Reason`]: claim.reason,
    requestQuantity: claim.quantity,
    claimRequestDate: kst(claim.requestedAt),
    ...(claim.completedAt !== null && claim.status.endsWith('_DONE')
      ? { [`${kind}CompletedDate`]: kst(claim.completedAt) }
      : {}),
    ...(claim.kind === 'CANCEL' ? {} : goodsPart(claim)),
  }
}

function goodsPart({ pickup, collectedAt, status, isHeld, redelivery }: Claim) {
  const collectStatus =
    collectedAt !== null ? 'DELIVERED' : status === 'COLLECTING' ? 'DELIVERING' : 'COLLECT_REQUEST_TO_AGENT'
  return {
    collectStatus,
    ...(pickup ? { collectDeliveryCompany: pickup.company, collectTrackingNumber: pickup.trackingNumber } : {}),
    ...(collectedAt === null ? {} : { collectCompletedDate: kst(collectedAt) }),
    holdbackStatus: isHeld ? 'HOLDBACK' : 'NOT_YET',
    ...(redelivery
      ? { reDeliveryCompany: redelivery.company, reDeliveryTrackingNumber: redelivery.trackingNumber }
      : {}),
  }
}
