import { carrierName } from './carriers.ts'
import { moneyText } from './envelopes.ts'
import { optionTitle } from './option-calls.ts'
import { isGiftPending, type Order, unitsOf } from './orders.ts'
import { DAY_MS, endOfDay, tellTime, tellTimeOrNull } from './times.ts'
import type { World } from './world.ts'

/** The seller's deadline to ship: the end of the second day after the payment. */
export const dueDate = (paidAt: number): number => endOfDay(paidAt + 2 * DAY_MS) - 1_000

/** A row of RequestOrders, as it reads at `now`. */
export function orderRow(world: World, order: Order, now: number) {
  const { switches } = world
  const { goods, gift, paidAt } = order
  const isPaidFor = (ms: number) => paidAt !== null && now - paidAt >= ms
  return {
    ...commonRow(world, order, isPaidFor(switches.phoneDelayMs)),
    OrderStatus: order.status,
    PayDate: tellTimeOrNull(paidAt),
    OrderConfirmDate: tellTimeOrNull(order.confirmedAt),
    TransDate: tellTimeOrNull(order.shippedAt),
    TransDueDate: isPaidFor(switches.dueDateDelayMs) ? tellTime(dueDate(paidAt!)) : null,
    TransCompleteDate: tellTimeOrNull(order.deliveredAt),
    BuyDecisionDate: tellTimeOrNull(order.decidedAt),
    TransType: 'B',
    DistrType: 'NL',
    CostPrice: moneyText(order.price),
    SettlementPrice: moneyText(order.price * unitsOf(order)),
    TakbaeName: carrierName(order.carrier),
    NoSongjang: order.invoice === '' ? null : order.invoice,
    OverseaTransYn: 'N',
    GlobalSellerYn: 'N',
    OutOrderNo: order.site === 'gmkt' ? '101' : null,
    InfoCin: null,
    InventoryNo: '',
    SKUNo: null,
    FreeGift: null,
    GoodsName: goods.name,
    IsGiftOrder: gift === null ? 'N' : 'Y',
    GiftOrderStatus: gift === null ? 0 : gift.acceptedAt === null ? 1 : 2,
    GiftConfirmDate: tellTimeOrNull(gift?.acceptedAt ?? null),
  }
}

/** A row of PreRequestOrders. */
export function unpaidRow(world: World, order: Order) {
  return { ...commonRow(world, order, false), DepositDueDate: tellTime(order.orderedAt + DAY_MS) }
}

/**
 * The shipping fee within AcntMoney is the cart's: on every 옥션 order of it, on one only at G마켓. Adding up a cart
 * therefore means two different things.
 */
function commonRow(world: World, order: Order, showsPhone: boolean) {
  const { goods, parts, price, site } = order
  const units = unitsOf(order)
  const surcharges = parts.reduce((sum, { surcharge, quantity }) => sum + surcharge * quantity, 0)
  const fee = site === 'iac' || order.isFirstOfCart ? world.switches.shippingFee : 0
  const phone = showsPhone ? '0502-1234-5678' : null
  return {
    PayNo: order.payNo,
    BranchCode: site === 'gmkt' ? 0 : null,
    GroupNo: order.payNo - 4_000_000_000,
    OrderNo: order.orderNo,
    OrderDate: tellTime(order.orderedAt),
    GoodsNo: null,
    SiteGoodsNo: goods.listings.get(site)!.siteGoodsNo,
    OutGoodsNo: goods.managedCode,
    GoodsName: goods.name,
    SalePrice: moneyText(price),
    ContrAmount: units,
    OrderAmount: moneyText(price * units),
    AcntMoney: moneyText(price * units + surcharges + fee),
    SellerDiscountPrice: moneyText(0),
    DirectDiscountPrice: moneyText(0),
    ShippingFee: moneyText(fee),
    DeliveryFeeCondition: fee > 0 ? 'F' : 'X',
    OptSelPrice: moneyText(surcharges),
    OptAddPrice: moneyText(0),
    BuyerName: order.buyer,
    BuyerId: 'abc****',
    BuyerMobileTel: phone,
    BuyerTel: phone,
    ReceiverName: order.buyer,
    HpNo: phone,
    TelNo: phone,
    ...address(order),
    ItemOptionSelectList: parts.flatMap((part) => optionRow(world, part)),
    ItemOptionAdditionList: [],
  }
}

function address(order: Order) {
  if (isGiftPending(order)) {
    return { ZipCode: null, DelFrontAddress: null, DelBackAddress: null, DelFullAddress: null, DelMemo: null }
  }
  const [zip, front, back] = order.hasMoved
    ? ['06236', '서울특별시 강남구 테헤란로 1', '새로 바꾼 2호']
    : ['04524', '서울특별시 중구 세종대로 110', '1호']
  return { ZipCode: zip, DelFrontAddress: front, DelBackAddress: back, DelFullAddress: `${front} ${back}`, DelMemo: '' }
}

function optionRow(world: World, { item, quantity }: Order['parts'][number]) {
  const { option } = item
  if (option === null) return []
  const byNumber = world.switches.optionCodeTold === 'optSeq'
  return [
    {
      ItemOptionValue: option.values.map((value, nth) => `${optionTitle(nth)}:${value}`).join(', '),
      ItemOptionOrderCnt: quantity,
      ItemOptionCode: byNumber ? String(option.optSeq) : option.manageCode,
    },
  ]
}
