import { actLater } from '../due.ts'
import type { SimResponse } from '../marketplace.ts'
import { addRow, rowsBetween, type Timeline } from '../timeline.ts'
import { type Body, bareNumber, internalError, isObject, json, orderRefused, readBody, text } from './envelopes.ts'
import { type Line, newBoxId, openUnits } from './orders.ts'
import { readPageKey, readPageSize, tellPageKey } from './pages.ts'
import { readSeconds, tellTime } from './times.ts'
import type { Call, World } from './world.ts'

const STATUSES = ['RECEIPT', 'PROGRESS', 'SUCCESS', 'REJECT', 'CANCEL'] as const
export type ExchangeStatus = (typeof STATUSES)[number]

/** Another one for a parcel that arrived: one unit in, one out, and no new order. */
export type Exchange = {
  readonly exchangeId: string
  /** Of its making. */
  readonly at: number
  readonly seq: number
  readonly line: Line
  readonly units: number
  readonly originalBoxId: string
  status: ExchangeStatus
  modifiedAt: number
  /** When the goods that came back were confirmed; the invoice of the others opens a while later. */
  receivedAt: number | null
  /** What goes out: in no order list. */
  parcel: { shipmentBoxId: string; carrier: string; invoice: string } | null
}

export type ExchangeBook = { readonly byId: Map<string, Exchange>; readonly listed: Timeline<Exchange> }

export const createExchangeBook = (): ExchangeBook => ({ byId: new Map(), listed: [] })

/** The buyer of a parcel that arrived wants another one; null = all units. Null when there is nothing to exchange. */
export function exchangeByBuyer(world: World, lineKey: string, quantity: number | null, now: number): Exchange | null {
  const line = world.orders.lines.get(lineKey)
  if (line === undefined || line.box.state !== 'FINAL_DELIVERY') return null
  const units = Math.min(quantity ?? Number.POSITIVE_INFINITY, openUnits(line))
  if (units < 1) return null
  const seq = world.exchanges.byId.size + 1
  const exchange: Exchange = {
    exchangeId: String(101_000_000 + seq),
    at: now,
    seq,
    line,
    units,
    originalBoxId: line.box.shipmentBoxId,
    status: 'RECEIPT',
    modifiedAt: now,
    receivedAt: null,
    parcel: null,
  }
  world.exchanges.byId.set(exchange.exchangeId, exchange)
  addRow(world.exchanges.listed, exchange)
  return exchange
}

/** The buyer keeps what they have, or has what was sent. False when the line has no exchange of that kind. */
export function endExchange(world: World, lineKey: string, status: 'CANCEL' | 'SUCCESS', now: number): boolean {
  const isMeant = (each: Exchange) =>
    each.line.key === lineKey &&
    (status === 'CANCEL'
      ? each.status === 'RECEIPT'
      : each.status === 'PROGRESS' && (each.parcel?.invoice ?? '') !== '')
  const exchange = world.exchanges.listed.findLast(isMeant)
  if (exchange === undefined) return false
  move(exchange, status, now)
  return true
}

const PER_PAGE = 50

/** GET exchangeRequests: those asked for in a window of at most 7 days, by pages [assumed]. */
export function listExchanges(world: World, call: Call): SimResponse {
  const { query } = call
  const window = readSeconds(query.get('createdAtFrom') ?? '', query.get('createdAtTo') ?? '')
  const status = query.get('status') ?? null
  const perPage = readPageSize(query.get('maxPerPage')) ?? PER_PAGE
  const after = readPageKey(query.get('nextToken'))
  if (typeof window === 'string') return orderRefused(window)
  if (status !== null && !(STATUSES as readonly string[]).includes(status)) return orderRefused('status is not valid')
  if (status === null && world.switches.exchangeStatus === 'required') return orderRefused('status is required')
  if (after === 'bad') return orderRefused('nextToken is not valid')
  const rows = rowsBetween(world.exchanges.listed, { ...window, after })
  const wanted = rows.filter((each) => status === null || each.status === status)
  const page = wanted.slice(0, perPage)
  const nextToken = wanted.length > perPage ? tellPageKey(page.at(-1)!) : ''
  return json(200, { code: 200, message: 'OK', data: page.map(exchangeRow), nextToken })
}

function exchangeRow(exchange: Exchange) {
  const { line, units, parcel, receivedAt } = exchange
  const { orderId } = line.box.order
  return {
    exchangeId: Number(exchange.exchangeId),
    orderId: Number(orderId),
    vendorId: '',
    orderDeliveryStatusCode: line.box.state,
    exchangeStatus: exchange.status,
    referType: 'VENDOR',
    faultType: 'CUSTOMER',
    exchangeAmount: 0,
    reason: '',
    reasonCode: 'CHANGEMIND',
    reasonCodeText: '단순 변심',
    reasonEtcDetail: '',
    createdAt: tellTime(exchange.at, 'v4'),
    modifiedAt: tellTime(exchange.modifiedAt, 'v4'),
    exchangeItemDtoV1s: [
      {
        exchangeItemId: exchange.seq,
        orderItemId: Number(line.item.vendorItemId),
        orderItemName: line.item.product.name,
        targetItemId: Number(line.item.vendorItemId),
        targetItemName: line.item.product.name,
        quantity: units,
        originalShipmentBoxId: bareNumber(exchange.originalBoxId),
      },
    ],
    deliveryInvoiceGroupDtos:
      parcel === null
        ? []
        : [
            {
              shipmentBoxId: bareNumber(parcel.shipmentBoxId),
              orderId: Number(orderId),
              orderType: 'EXCHANGE',
              deliveryInvoiceDtos:
                parcel.invoice === '' ? [] : [{ deliverCode: parcel.carrier, invoiceNumber: parcel.invoice }],
            },
          ],
    collectStatus: receivedAt === null ? 'BeforeDirection' : 'CompleteCollect',
    collectCompleteDate: receivedAt === null ? '' : tellTime(receivedAt, 'v4'),
  }
}

type Act = (world: World, exchange: Exchange, body: Body, now: number) => boolean | SimResponse

/** PUT or PATCH exchangeRequests/{exchangeId}/… */
export function answerExchange(act: Act) {
  return (world: World, call: Call): SimResponse => {
    const body = readBody(call.body)
    if (body === null) return internalError('Could not read JSON')
    return answer(world, call, body, act)
  }
}

/** POST exchangeRequests/{exchangeId}/invoices takes a list of one [assumed]. */
export function putExchangeInvoices(world: World, call: Call): SimResponse {
  const rows = readBody(wrapped(call.body))?.rows
  if (!Array.isArray(rows) || rows.length !== 1 || !isObject(rows[0])) return internalError('Could not read JSON')
  return answer(world, call, rows[0], sendExchanged)
}

const wrapped = (bytes: Uint8Array) => new TextEncoder().encode(`{"rows":${new TextDecoder().decode(bytes)}}`)

function answer(world: World, call: Call, body: Body, act: Act): SimResponse {
  const exchange = world.exchanges.byId.get(call.parts[0] ?? '')
  if (exchange === undefined) return orderRefused('유효하지 않은 교환접수번호 입니다.')
  if (text(body, 'vendorId') !== world.vendorId || text(body, 'exchangeId') !== exchange.exchangeId)
    return orderRefused('vendorId and exchangeId must be those of the path')
  const done = act(world, exchange, body, call.now)
  if (typeof done !== 'boolean') return done
  const data = done ? DONE : { resultCode: 'FAIL', resultMessage: '처리할 수 없는 상태입니다.' }
  return json(200, { code: 200, message: 'OK', data })
}

const DONE = { resultCode: 'SUCCESS', resultMessage: '' }

/** The goods are back; what goes out gets a box of its own. */
export const receiveExchange: Act = (world, exchange, _body, now) => {
  if (exchange.status !== 'RECEIPT') return false
  exchange.receivedAt = now
  exchange.parcel = { shipmentBoxId: newBoxId(world.orders), carrier: '', invoice: '' }
  move(exchange, 'PROGRESS', now)
  return true
}

export const rejectExchange: Act = (_world, exchange, body, now) => {
  if (!['SOLDOUT', 'WITHDRAW'].includes(text(body, 'exchangeRejectCode')))
    return orderRefused('exchangeRejectCode must be SOLDOUT or WITHDRAW')
  if (exchange.status !== 'RECEIPT') return false
  move(exchange, 'REJECT', now)
  return true
}

const sendExchanged: Act = (world, exchange, body, now) => {
  const { parcel, receivedAt } = exchange
  const { exchangeInvoiceDelayMs, carrierMs } = world.switches
  if (exchange.status !== 'PROGRESS' || parcel === null || parcel.invoice !== '') return false
  if (now < receivedAt! + exchangeInvoiceDelayMs) return false
  if (text(body, 'shipmentBoxId') !== parcel.shipmentBoxId) return orderRefused('shipmentBoxId is not valid')
  const [carrier, invoice] = [text(body, 'goodsDeliveryCode'), text(body, 'invoiceNumber')]
  if (carrier === '' || invoice === '') return orderRefused('goodsDeliveryCode and invoiceNumber are required')
  Object.assign(parcel, { carrier, invoice })
  exchange.modifiedAt = now
  if (carrierMs > 0) actLater(world.due, now + carrierMs, (at) => move(exchange, 'SUCCESS', at))
  return true
}

function move(exchange: Exchange, status: ExchangeStatus, now: number): void {
  exchange.status = status
  exchange.modifiedAt = now
}
