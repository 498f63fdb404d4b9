/** What the pretend marketplace knows: products with their counters, orders with their lines, and what is due later. */
import type { DueList } from '../due.ts'
import { createHistory, type History } from '../history.ts'
import type { Faults } from '../marketplace.ts'
import type { FeedRow } from './feed.ts'

/** Answers to what the contract leaves open; each default is the likelier one. */
export type Settings = {
  /**
   * When the counter falls. 'payment': the shopper pays at once. 'order': the counter falls while the line is
   * PAYMENT_WAITING, and the payment follows `paymentDelayMs` later.
   */
  takesStockAt: 'payment' | 'order'
  paymentDelayMs: number
  /** Whether a completed cancellation puts the units back on the shelf. */
  restockOnCancel: boolean
  /** Whether a completed return does. What came back has to be looked at first, so by default not. */
  restockOnReturn: boolean
  /** Whether a seller's cancel for SOLD_OUT takes the product's stock away as well. */
  soldOutCancel: 'sells_on' | 'empties'
  /** Whether the seller's own cancel is a request that cancel/approve must follow, as one page of the documents has it. */
  sellerCancel: 'completes' | 'wants_approval'
  /**
   * exchange/collect/approve: confirms goods whose way back the carrier has told of (COLLECT_DONE), or, as one page of the
   * documents has it, itself makes a COLLECTING exchange COLLECT_DONE once they are back.
   */
  exchangeCollect: 'confirms' | 'completes'
  /** Between the buyer's cancel before 발주확인 and its completion a claim is CANCELING for this long; 0 = not at all. */
  cancelingMs: number
  /** Whether a claim that was refused or taken back is still told as the current one until there is another. */
  endedClaims: 'completed_only' | 'current_too'
  /** How the times of an order that have not come are told: their fields are absent, or null. */
  timesToCome: 'left_out' | 'null'
  /** DELIVERING → DELIVERED after this long, which no event tells; 0 = parcels stay where they are. */
  carrierMs: number
  /** A return or an exchange is COLLECTING at once and back at the seller's after this long; 0 = it stays requested. */
  collectMs: number
  /** What an option-stock write does to rows it does not list. */
  unlistedOptionRows: 'unchanged' | 'zeroed'
  /** Whether a product that sold out is on sale again as soon as it has stock. */
  restockReopens: boolean
  /** What the answer of a write shows when the write was lost or is late: the numbers asked for, or those stored. */
  writeAnswers: 'requested' | 'stored'
}

export type Item = {
  /** The option id as text; for a product without options its origin number as text. */
  key: string
  optionId: number | null
  optionName: string
  sellerCode: string
  stock: number
  surcharge: number
  usable: boolean
  product: Product
}

export type Product = {
  originProductNo: number
  channelProductNo: number
  name: string
  salePrice: number
  status: 'SALE' | 'OUTOFSTOCK' | 'SUSPENSION'
  hasOptions: boolean
  items: Item[]
  modifiedAt: number
}

export type ClaimKind = 'CANCEL' | 'RETURN' | 'EXCHANGE'

export type ClaimStatus =
  | 'CANCEL_REQUEST'
  | 'CANCELING'
  | 'CANCEL_DONE'
  | 'CANCEL_REJECT'
  | 'RETURN_REQUEST'
  | 'EXCHANGE_REQUEST'
  | 'COLLECTING'
  | 'COLLECT_DONE'
  | 'RETURN_DONE'
  | 'RETURN_REJECT'
  | 'EXCHANGE_REDELIVERING'
  | 'EXCHANGE_DONE'
  | 'EXCHANGE_REJECT'

export type Claim = {
  claimId: string
  kind: ClaimKind
  status: ClaimStatus
  reason: string
  quantity: number
  requestedAt: number
  completedAt: number | null
  /** The parcel on its way back. */
  pickup: { company: string; trackingNumber: string } | null
  collectedAt: number | null
  /** The seller said that an exchange's goods are back, which lets the others go. */
  collectApproved: boolean
  isHeld: boolean
  /** What goes out in exchange. */
  redelivery: { company: string; trackingNumber: string } | null
}

export type LineStatus =
  | 'PAYMENT_WAITING'
  | 'PAYED'
  | 'DELIVERING'
  | 'DELIVERED'
  | 'EXCHANGED'
  | 'CANCELED'
  | 'RETURNED'
  | 'CANCELED_BY_NOPAYMENT'

export type Line = {
  productOrderId: string
  order: Order
  item: Item
  /** As sold: later edits of the product leave a line alone. */
  unitPrice: number
  surcharge: number
  quantity: number
  cancelled: number
  returned: number
  status: LineStatus
  placedAt: number | null
  claim: Claim | null
  completedClaims: Claim[]
  delivery: {
    method: string
    company: string
    trackingNumber: string
    sentAt: number
    deliveredAt: number | null
  } | null
  soldAt: number
  newestFeedRow: FeedRow | null
}

export type Order = {
  orderId: string
  buyer: string
  orderedAt: number
  paidAt: number | null
  lines: Line[]
}

export type Shop = {
  settings: Settings
  faults: Faults
  products: Map<number, Product>
  byChannelNo: Map<number, Product>
  items: Map<string, Item>
  itemList: Item[]
  orders: Map<string, Order>
  lines: Map<string, Line>
  /** By payment time: the conditional list reads a window of it. */
  paid: { at: number; key: string; line: Line }[]
  feed: FeedRow[]
  history: History
  due: DueList
  counters: { product: number; option: number; order: number; claim: number; trace: number }
}

export function emptyShop(settings: Settings, faults: Faults): Shop {
  return {
    settings,
    faults,
    products: new Map(),
    byChannelNo: new Map(),
    items: new Map(),
    itemList: [],
    orders: new Map(),
    lines: new Map(),
    paid: [],
    feed: [],
    history: createHistory(),
    due: [],
    counters: { product: 0, option: 0, order: 0, claim: 0, trace: 0 },
  }
}

/** Units neither cancelled nor returned. */
export function remaining(line: Line): number {
  return line.quantity - line.cancelled - line.returned
}
