/** One line as the detail call and the conditional list show it. */
import { remaining } from './orders.ts'
import type { Claim, Line } from './shop.ts'
import { DAY_MS, kst } from './times.ts'

export function orderPage(line: Line) {
  return {
    order: orderPart(line),
    productOrder: productOrderPart(line),
    ...(line.delivery ? { delivery: deliveryPart(line.delivery) } : {}),
    ...(line.claim ? { currentClaim: { cancel: claimPart(line.claim) } } : {}),
    ...(line.completedClaims.length > 0
      ? { completedClaims: line.completedClaims.map((claim) => ({ claimType: 'CANCEL', ...claimPart(claim) })) }
      : {}),
  }
}

function orderPart({ order }: Line) {
  return {
    orderId: order.orderId,
    orderDate: kst(order.orderedAt),
    ...(order.paidAt === null ? {} : { paymentDate: kst(order.paidAt), paymentMeans: '신용카드' }),
    ordererName: order.buyer,
    ordererTel: '010-0000-0000',
    ordererId: 'buye****',
  }
}

function productOrderPart(line: Line) {
  const { item, order, claim } = line
  const { product } = item
  const amount = line.unitPrice + line.surcharge
  return {
    productOrderId: line.productOrderId,
    productOrderStatus: line.status,
    placeOrderStatus: placeOrderStatus(line),
    ...(line.placedAt === null ? {} : { placeOrderDate: kst(line.placedAt) }),
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
    ...(claim ? { claimType: 'CANCEL', claimStatus: claim.status, claimId: claim.claimId } : {}),
    shippingAddress: {
      name: order.buyer,
      tel1: '010-0000-0000',
      zipCode: '04524',
      baseAddress: '서울특별시 중구 세종대로 110',
      detailedAddress: `${order.orderId.slice(-4)}호`,
    },
    shippingMemo: '문 앞에 놓아 주세요',
    ...(order.paidAt === null ? {} : { shippingDueDate: kst(order.paidAt + 3 * DAY_MS) }),
    packageNumber: order.orderId,
  }
}

function placeOrderStatus(line: Line): 'NOT_YET' | 'OK' | 'CANCEL' {
  if (line.placedAt !== null) return 'OK'
  return line.status === 'CANCELED' ? 'CANCEL' : 'NOT_YET'
}

function deliveryPart(delivery: NonNullable<Line['delivery']>) {
  return {
    deliveryMethod: delivery.method,
    deliveryCompany: delivery.company,
    trackingNumber: delivery.trackingNumber,
    deliveryStatus: 'DELIVERING',
    sendDate: kst(delivery.sentAt),
  }
}

function claimPart(claim: Claim) {
  return {
    claimId: claim.claimId,
    claimStatus: claim.status,
    cancelReason: claim.reason,
    requestQuantity: claim.quantity,
    claimRequestDate: kst(claim.requestedAt),
    ...(claim.completedAt !== null && claim.status === 'CANCEL_DONE'
      ? { cancelCompletedDate: kst(claim.completedAt) }
      : {}),
  }
}
