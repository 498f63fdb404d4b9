/** Prepare, hold, ship: where the rows of an order are on their way out. */
import { actLater } from '../due.ts'
import { markDate, type Order, openUnits, type Row } from './orders.ts'
import type { World } from './world.ts'

export type Parcel = {
  readonly shippingCode: string
  readonly order: Order
  status: 'ready' | 'standby' | 'shipping' | 'shipped'
  trackingNo: string
  company: string
  carrierId: number
  readonly rows: Row[]
}

export type Carrier = { id: number; code: string; name: string }

/** The carriers registered in the mall; no other works. */
export function carriersOf(world: World): Carrier[] {
  return [
    { id: 1, code: '0001', name: '자체배송' },
    { id: 2, code: '0012', name: '우체국택배' },
    { id: 3, code: '0018', name: '한진택배' },
    { id: 4, code: world.switches.cjCode, name: 'CJ대한통운' },
    { id: 5, code: '0004', name: '로젠택배' },
    { id: 6, code: '0079', name: '롯데택배' },
  ]
}

/** C11 and R11: a refused request whose row goes on from there. */
const BEFORE_SHIPPING = ['N10', 'N20', 'C11']

export function isShippable(world: World, row: Row): boolean {
  if (openUnits(row) < 1 || row.claim?.isOpen) return false
  return BEFORE_SHIPPING.includes(row.status) && (world.switches.shipsUnprepared || row.line.preparedAt !== null)
}

/** N20. A shipping code appears: those prepared together share it. */
export function prepareRows(world: World, order: Order, rows: readonly Row[], at: number): void {
  const parcel = openParcel(order)
  for (const row of rows) {
    row.status = 'N20'
    row.line.preparedAt ??= at
    putInto(parcel, row)
  }
  markDate(world.book, order, 'place_date', at)
}

/** Back to N10. */
export function unprepareRows(rows: readonly Row[]): void {
  for (const row of rows) {
    row.status = 'N10'
    takeOut(row)
  }
}

export type Label = { trackingNo: string; carrier: Carrier; status: 'standby' | 'shipping' }

/** The rows leave in one parcel: the one prepared for just them, or a new one. */
export function shipRows(world: World, order: Order, rows: readonly Row[], label: Label, at: number): Parcel {
  const prepared = rows[0]!.parcel
  const isJustThem =
    prepared?.status === 'ready' && prepared.rows.length === rows.length && rows.every((row) => row.parcel === prepared)
  const parcel = isJustThem ? prepared : openParcel(order)
  for (const row of rows) {
    row.line.preparedAt ??= at
    if (row.parcel !== parcel) putInto(parcel, row)
  }
  Object.assign(parcel, { trackingNo: label.trackingNo, company: label.carrier.code, carrierId: label.carrier.id })
  moveParcel(world, parcel, label.status, at)
  return parcel
}

const STATUS_OF = { ready: 'N20', standby: 'N21', shipping: 'N30', shipped: 'N40' } as const
export const PARCEL_RANK = { ready: 0, standby: 1, shipping: 2, shipped: 3 } as const

/** Forward only. A row with a claim on all of it stays as its claim says. */
export function moveParcel(world: World, parcel: Parcel, status: Parcel['status'], at: number): void {
  parcel.status = status
  for (const row of parcel.rows) {
    const goesAlong = row.status.startsWith('N') || row.status === 'C11' || row.status === 'R11'
    if (!goesAlong || row.gone === row.quantity) {
      row.statusBefore = STATUS_OF[status]
      continue
    }
    row.status = STATUS_OF[status]
    if (status === 'shipping') row.shippedAt = at
    if (status === 'shipped') row.deliveredAt = at
  }
  if (status === 'shipping') {
    markDate(world.book, parcel.order, 'shipbegin_date', at)
    const { carrierMs } = world.switches
    if (carrierMs > 0) {
      actLater(world.due, at + carrierMs, (then) => {
        if (parcel.status === 'shipping') moveParcel(world, parcel, 'shipped', then)
      })
    }
  }
  if (status === 'shipped') markDate(world.book, parcel.order, 'shipend_date', at)
}

function openParcel(order: Order): Parcel {
  const parcel: Parcel = {
    shippingCode: `D-${order.orderId}-${String(order.parcels.length).padStart(2, '0')}`,
    order,
    status: 'ready',
    trackingNo: '',
    company: '',
    carrierId: 0,
    rows: [],
  }
  order.parcels.push(parcel)
  return parcel
}

function putInto(parcel: Parcel, row: Row): void {
  takeOut(row)
  row.parcel = parcel
  parcel.rows.push(row)
}

function takeOut(row: Row): void {
  if (row.parcel === null) return
  row.parcel.rows.splice(row.parcel.rows.indexOf(row), 1)
  row.parcel = null
}
