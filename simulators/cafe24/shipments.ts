import type { SimResponse } from '../marketplace.ts'
import { answerMany, answerOne, type Body, type Fault, fault, isFault, json, type Plan, refused } from './envelopes.ts'
import { NO_ORDER, rowsNamed } from './order-calls.ts'
import type { Order, Row } from './orders.ts'
import {
  type Carrier,
  carriersOf,
  isShippable,
  type Label,
  moveParcel,
  PARCEL_RANK,
  type Parcel,
  shipRows,
} from './parcels.ts'
import { EVENTS, tellBulkNotice, tellOrderNotice } from './webhooks.ts'
import type { Call, World } from './world.ts'

/** GET carriers */
export function listCarriers(world: World, _call: Call): SimResponse {
  const carriers = carriersOf(world).map(({ id, code, name }) => ({
    shop_no: 1,
    carrier_id: id,
    shipping_carrier_code: code,
    shipping_carrier: name,
    default_shipping_carrier: id === DEFAULT_CARRIER ? 'T' : 'F',
  }))
  return json(200, { carriers })
}

const DEFAULT_CARRIER = 4
const LONGEST_TRACKING_NO = 40
const LONGEST_FULFILLMENT_NO = 30

/** POST orders/{order_id}/shipments: answers a list of one. */
export function postShipment(world: World, call: Call): SimResponse {
  const order = world.book.orders.get(call.parts[0] ?? '')
  if (order === undefined) return refused(NO_ORDER)
  let told: Body | null = null
  const answer = answerOne(call, 'shipments', 201, (request) => {
    const plan = planShipment(world, order, request, LONGEST_TRACKING_NO, call.now)
    if (isFault(plan)) return plan
    told = plan()
    tellOrderNotice(world, EVENTS.shipping, order, call.now)
    return told
  })
  return told === null ? answer : json(answer.status, { shipments: [told] })
}

/** POST shipments and POST fulfillments: up to 100, each naming its order. */
export function postShipments(key: 'shipments' | 'fulfillments') {
  return (world: World, call: Call): SimResponse => {
    const longest = key === 'shipments' ? LONGEST_TRACKING_NO : LONGEST_FULFILLMENT_NO
    const shipped: Order[] = []
    const answer = answerMany(world, call, key, 201, (request) => {
      const order = world.book.orders.get(String(request.order_id))
      if (order === undefined) return NO_ORDER
      const plan = planShipment(world, order, request, longest, call.now)
      if (isFault(plan)) return plan
      return () => {
        shipped.push(order)
        return plan()
      }
    })
    tellBulkNotice(world, EVENTS.shippingBulk, shipped, call.now)
    return answer
  }
}

/** PUT orders/{order_id}/shipments/{shipping_code}: the status, or the tracking number, never both. */
export function putShipment(world: World, call: Call): SimResponse {
  const order = world.book.orders.get(call.parts[0] ?? '')
  if (order === undefined) return refused(NO_ORDER)
  const parcel = parcelOf(order, call.parts[1])
  if (parcel === undefined) return refused(NO_SHIPMENT)
  return answerOne(call, 'shipment', 200, (request) => {
    const plan = planParcelChange(world, parcel, request, call.now)
    if (isFault(plan)) return plan
    const told = plan()
    tellOrderNotice(world, EVENTS.shipping, order, call.now)
    return told
  })
}

/** PUT shipments: up to 100 of the same. */
export function putShipments(world: World, call: Call): SimResponse {
  const changed: Order[] = []
  const answer = answerMany(world, call, 'shipments', 200, (request) => {
    const order = world.book.orders.get(String(request.order_id))
    if (order === undefined) return NO_ORDER
    const parcel = parcelOf(order, request.shipping_code)
    if (parcel === undefined) return NO_SHIPMENT
    const plan = planParcelChange(world, parcel, request, call.now)
    if (isFault(plan)) return plan
    return () => {
      changed.push(order)
      return plan()
    }
  })
  tellBulkNotice(world, EVENTS.shippingBulk, changed, call.now)
  return answer
}

const NO_SHIPMENT = fault(404, 'The shipment does not exist')

const parcelOf = (order: Order, code: unknown): Parcel | undefined =>
  order.parcels.find(({ shippingCode }) => shippingCode === code)

function planShipment(world: World, order: Order, request: Body, longest: number, now: number): Plan {
  const label = readLabel(world, request, longest)
  if (isFault(label)) return label
  const { status } = request
  if (status !== 'standby' && status !== 'shipping') return fault(422, 'status must be standby or shipping')
  const named = rowsNamed(order, request)
  if (isFault(named)) return named
  const isAble = (row: Row) => isShippable(world, row)
  const rows = request.order_item_code === undefined ? named.filter(isAble) : named
  if (rows.length === 0 || !rows.every(isAble)) {
    return fault(422, 'It cannot be processed in the current order status')
  }
  return () => parcelRow(shipRows(world, order, rows, { ...label, status }, now))
}

/** Only carriers registered in the mall work. The number stays text: it may begin with a zero. */
function readLabel(world: World, request: Body, longest: number): Pick<Label, 'trackingNo' | 'carrier'> | Fault {
  const { tracking_no: trackingNo, shipping_company_code: company, carrier_id: id } = request
  if (typeof trackingNo !== 'string' || trackingNo === '' || trackingNo.length > longest) {
    return fault(422, `tracking_no must be text of 1 to ${longest} characters`)
  }
  const isNamed = (carrier: Carrier) => carrier.code === company && (id === undefined || id === carrier.id)
  const carrier = carriersOf(world).find(isNamed)
  return carrier === undefined ? fault(422, 'shipping_company_code is not registered') : { trackingNo, carrier }
}

function planParcelChange(world: World, parcel: Parcel, request: Body, now: number): Plan {
  const { status } = request
  const hasLabel = request.tracking_no !== undefined || request.shipping_company_code !== undefined
  if (status !== undefined && hasLabel) return fault(422, 'status and tracking_no cannot be changed together')
  if (status === undefined) {
    const label = readLabel(world, request, LONGEST_TRACKING_NO)
    if (isFault(label)) return label
    return () => {
      const { trackingNo, carrier } = label
      return parcelRow(Object.assign(parcel, { trackingNo, company: carrier.code, carrierId: carrier.id }))
    }
  }
  if (status !== 'standby' && status !== 'shipping' && status !== 'shipped') return fault(422, 'status is not valid')
  const isForward = PARCEL_RANK[status] > PARCEL_RANK[parcel.status]
  if (!isForward || parcel.trackingNo === '') return fault(422, 'It cannot be processed in the current order status')
  return () => {
    moveParcel(world, parcel, status, now)
    return parcelRow(parcel)
  }
}

const parcelRow = (parcel: Parcel): Body => ({
  shop_no: 1,
  order_id: parcel.order.orderId,
  shipping_code: parcel.shippingCode,
  status: parcel.status,
  tracking_no: parcel.trackingNo,
  shipping_company_code: parcel.company,
  order_item_code: parcel.rows.map((row) => row.code),
  carrier_id: parcel.carrierId,
})
