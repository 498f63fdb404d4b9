import type { SimResponse } from '../marketplace.ts'
import { rowsBetween } from '../timeline.ts'
import { bareNumber, gatewayTimeout, money, orderOk, orderRefused } from './envelopes.ts'
import { type Box, type Line, STATUSES, type Status } from './orders.ts'
import { type PageKey, readPageKey, readPageSize, tellPageKey } from './pages.ts'
import { DAY_MS, readDays, readMinutes, tellDay, tellTime, type Window } from './times.ts'
import { type Call, happens, type World } from './world.ts'

/**
 * GET ordersheets: the boxes of one status whose order was created in a window. A change of status does not move
 * an order into another window, and what was cancelled at ACCEPT is simply absent.
 */
export function listSheets(world: World, call: Call): SimResponse {
  const { query } = call
  const status = query.get('status') ?? ''
  if (!isStatus(status)) return orderRefused('status is required: one of ACCEPT, INSTRUCT, DEPARTURE, DELIVERING, …')
  return query.get('searchType') === 'timeFrame' ? listByMinutes(world, call, status) : listByDays(world, call, status)
}

/** All rows at once, and none of the paging parameters. */
function listByMinutes(world: World, call: Call, status: Status): SimResponse {
  const { query } = call
  if (query.has('nextToken') || query.has('maxPerPage')) return orderRefused('timeFrame does not support paging')
  const window = readMinutes(query.get('createdAtFrom') ?? '', query.get('createdAtTo') ?? '', call.version)
  if (typeof window === 'string') return orderRefused(window)
  const { slowWindowMs } = world.switches
  if (slowWindowMs > 0 && window.to - window.from >= slowWindowMs && !call.extended) return gatewayTimeout()

  return sheetsAnswer(world, call, told(world, call, status, window, null, Number.POSITIVE_INFINITY), '')
}

function listByDays(world: World, call: Call, status: Status): SimResponse {
  const { query } = call
  const window = readDays(query.get('createdAtFrom') ?? '', query.get('createdAtTo') ?? '', call.version)
  if (typeof window === 'string') return orderRefused(window)
  const perPage = readPageSize(query.get('maxPerPage'))
  const after = readPageKey(query.get('nextToken'))
  if (perPage === null) return orderRefused('maxPerPage must be between 1 and 50')
  if (after === 'bad') return orderRefused('nextToken is not valid')

  const rows = told(world, call, status, window, after, perPage + 1)
  const page = rows.slice(0, perPage)
  return sheetsAnswer(world, call, page, rows.length > perPage ? tellPageKey(page.at(-1)!) : '')
}

/** A fresh order may take a while to be told. */
function told(world: World, call: Call, status: Status, window: Window, after: PageKey, most: number): Box[] {
  const to = Math.min(window.to, call.now - world.faults.feedDelayMs + 1)
  return rowsBetween(world.orders.listed.get(status)!, { from: window.from, to, after }, most)
}

function sheetsAnswer(world: World, call: Call, boxes: Box[], nextToken: string): SimResponse {
  const { faults } = world
  const { random } = call
  if (boxes.length > 0 && happens(faults.duplicateOrder, random))
    boxes.push(boxes[Math.floor(random() * boxes.length)]!)
  if (happens(faults.disorder, random)) shuffle(boxes, random)
  return orderOk(
    boxes.map((box) => sheet(box, call.version)),
    { nextToken },
  )
}

function shuffle(boxes: Box[], random: () => number): void {
  for (let last = boxes.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[boxes[last], boxes[other]] = [boxes[other]!, boxes[last]!]
  }
}

/** GET ordersheets/{shipmentBoxId}: one object. What is wholly cancelled is refused by a text of its own. */
export function getSheet(world: World, call: Call): SimResponse {
  const box = world.orders.boxes.get(call.parts[0] ?? '')
  if (box === undefined) return orderRefused(UNKNOWN)
  return box.shown === 'CANCELLED' ? orderRefused(GONE) : orderOk(sheet(box, call.version))
}

/** GET {orderId}/ordersheets: every box of the order. */
export function getSheetsOfOrder(world: World, call: Call): SimResponse {
  const order = world.orders.orders.get(call.parts[0] ?? '')
  if (order === undefined) return orderRefused(UNKNOWN)
  const boxes = order.boxes.filter((box) => box.shown !== 'CANCELLED')
  return boxes.length === 0 ? orderRefused(GONE) : orderOk(boxes.map((box) => sheet(box, call.version)))
}

const UNKNOWN = '유효하지 않은 주문번호 입니다.'
const GONE = '해당 주문이 취소 또는 반품되었습니다.'
const SHIPPING_PRICE = 2_500

function sheet(box: Box, version: string) {
  const { order } = box
  const phone = version === 'v4' ? '0502-1234-5678' : '+8250212345678'
  return {
    shipmentBoxId: bareNumber(box.shipmentBoxId),
    orderId: Number(order.orderId),
    orderedAt: tellTime(order.createdAt, version),
    paidAt: tellTime(order.createdAt, version),
    status: box.shown,
    shippingPrice: money(SHIPPING_PRICE, version),
    remotePrice: money(0, version),
    remoteArea: false,
    parcelPrintMessage: '',
    splitShipping: box.split,
    ableSplitShipping: box.lines.length > 1,
    orderer: { name: order.buyer, email: '', safeNumber: phone, ordererNumber: null },
    receiver: {
      name: order.buyer,
      safeNumber: phone,
      receiverNumber: null,
      addr1: '서울특별시 중구 세종대로 110',
      addr2: '1호',
      postCode: '04524',
    },
    orderItems: box.lines.map((line) => sheetLine(line, version)),
    overseaShippingInfoDto: { personalCustomsClearanceCode: '', ordererPhoneNumber: '' },
    deliveryCompanyName: box.carrier,
    invoiceNumber: box.invoice,
    inTrasitDateTime: box.shippedAt === null ? '' : tellTime(box.shippedAt, version),
    deliveredDate: box.deliveredAt === null ? '' : tellTime(box.deliveredAt, version),
    refer: '웹',
    shipmentType: 'THIRD_PARTY',
  }
}

function sheetLine(line: Line, version: string) {
  const { item, box } = line
  const { product } = item
  const itemName = item.optionName === '' ? product.name : item.optionName
  return {
    vendorItemPackageId: 0,
    vendorItemPackageName: product.name,
    productId: product.productId,
    vendorItemId: Number(item.vendorItemId),
    vendorItemName: `${product.name}, ${itemName}`,
    shippingCount: line.quantity,
    salesPrice: money(line.price, version),
    orderPrice: money(line.price * line.quantity, version),
    discountPrice: money(0, version),
    instantCouponDiscount: money(0, version),
    downloadableCouponDiscount: money(0, version),
    coupangDiscount: money(0, version),
    externalVendorSkuCode: item.sellerCode,
    etcInfoHeader: null,
    etcInfoValues: null,
    sellerProductId: Number(product.sellerProductId),
    sellerProductName: product.name,
    sellerProductItemName: itemName,
    firstSellerProductItemName: itemName,
    cancelCount: line.cancelled,
    holdCountForCancel: line.held,
    estimatedShippingDate: tellDay(box.at + DAY_MS),
    plannedShippingDate: '',
    invoiceNumberUploadDate: box.shippedAt === null ? '' : tellTime(box.shippedAt, version),
    extraProperties: {},
    confirmDate: null,
    deliveryChargeTypeName: '유료',
    canceled: line.cancelled === line.quantity,
    upBundleVendorItemId: null,
    upBundleVendorItemName: null,
    upBundleSize: null,
    upBundleItem: false,
  }
}

const isStatus = (text: string): text is Status => (STATUSES as readonly string[]).includes(text)
