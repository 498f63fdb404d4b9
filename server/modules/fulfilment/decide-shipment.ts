import type { KnownLine, OrderToShip } from '../orders/index.ts'
import type { ShippingRule } from './rules.ts'

/** A parcel as it was asked for. */
export type Asked = {
  company: string
  carrier: string
  invoice: string
  shippedAt: number
  lines: readonly { lineNo: number; quantity: number | null }[] | null
}

/** A line of a parcel that has left. */
export type SentLine = {
  shipmentId: string
  orderId: string
  lineNo: number
  quantity: number
  carrier: string
  invoice: string
  telling: 'not_needed' | 'pending' | 'unknown' | 'told' | 'refused'
}

export type Leaving = { kind: 'leaving'; lines: { line: KnownLine; quantity: number }[] }
export type Correction = {
  kind: 'correction'
  company: string
  shipmentId: string
  connectionId: string | null
  carrier: string
  invoice: string
}

/** Why a parcel is not sent; nothing was written. */
export type Refused =
  | { kind: 'unknown_order' }
  /** The order is named twice in one request, by its id and by its number. */
  | { kind: 'twice' }
  | { kind: 'unknown_line' | 'cancelled' | 'not_paid' | 'unmapped' | 'claimed'; lineNo: number }
  /** 출고보류. */
  | { kind: 'on_hold' }
  /** More than is open. Of a line that has left in this parcel: with another quantity. */
  | { kind: 'too_many'; lineNo: number; open: number }
  /** The marketplace takes only the whole of a line, or these lines must go along. */
  | { kind: 'not_partial'; lineNos: number[] }
  /** Sold units that are not there. */
  | { kind: 'short'; missing: { lineNo: number; missing: number }[] }
  /** Everything has left, in parcels that cannot be changed any more (or not as one). */
  | { kind: 'other_parcel'; carrier: string; invoice: string }

type Decision = Leaving | Correction | { kind: 'repeat'; shipmentId: string } | Refused

const openOf = (line: KnownLine): number => line.quantity - line.cancelled - line.shipped

/**
 * What becomes of a parcel, from the order as it stands locked and the parcels that have left. Pure. Goods that have
 * left are looked for first: a repeat must find what it did, whatever has happened to the order since.
 */
export function decideShipment(
  asked: Asked,
  order: OrderToShip,
  sent: readonly SentLine[],
  rule: ShippingRule,
): Decision {
  const unknown = asked.lines?.find(({ lineNo }) => !order.lines.some((line) => line.lineNo === lineNo))
  if (unknown) return { kind: 'unknown_line', lineNo: unknown.lineNo }
  const isSame = ({ carrier, invoice }: SentLine) => carrier === asked.carrier && invoice === asked.invoice
  const inParcel = sent.filter(isSame)
  const fresh = (asked.lines ?? allLines(order)).filter(({ lineNo }) => !inParcel.some((s) => s.lineNo === lineNo))
  const repeated = (asked.lines ?? []).find(({ lineNo, quantity }) => {
    const before = inParcel.filter((line) => line.lineNo === lineNo)
    return before.length > 0 && quantity !== null && !before.some((line) => line.quantity === quantity)
  })
  if (repeated) {
    const open = openOf(order.lines.find(({ lineNo }) => lineNo === repeated.lineNo)!)
    return { kind: 'too_many', lineNo: repeated.lineNo, open }
  }
  if (inParcel.length > 0 && (asked.lines === null || fresh.length === 0)) {
    return { kind: 'repeat', shipmentId: inParcel[0]!.shipmentId }
  }
  const lines = fresh.map(({ lineNo }) => order.lines.find((line) => line.lineNo === lineNo)!)
  const open = lines.filter((line) => openOf(line) > 0)
  if (open.length === 0) return decideShipped(asked, order, lines, sent, rule)
  const wanted = asked.lines === null ? open : lines
  return refusalOf(order, wanted) ?? unitsOf(asked, order, wanted, rule)
}

const allLines = (order: OrderToShip) => order.lines.map(({ lineNo }) => ({ lineNo, quantity: null }))

/** Nothing of it is open: it is cancelled, or it has left and the parcel is to bear another number. */
function decideShipped(
  asked: Asked,
  order: OrderToShip,
  lines: readonly KnownLine[],
  sent: readonly SentLine[],
  rule: ShippingRule,
): Decision {
  const gone = lines.filter((line) => line.shipped > 0)
  const cancelled = lines.find((line) => line.shipped === 0)
  if (gone.length === 0) return { kind: 'cancelled', lineNo: cancelled?.lineNo ?? 1 }
  const parcels = sent.filter((line) => gone.some(({ lineNo }) => lineNo === line.lineNo))
  // Without any: it left by hand, as an own order may, and there is no number to change.
  if (parcels.length === 0) return { kind: 'other_parcel', carrier: '', invoice: '' }
  const { shipmentId, carrier, invoice } = parcels[0]!
  const whole = sent.filter((line) => line.shipmentId === shipmentId)
  const isOneParcel = parcels.every((line) => line.shipmentId === shipmentId) && whole.length === parcels.length
  const isStillOurs = whole.every(({ telling }) => telling !== 'told' && telling !== 'unknown')
  if (!isOneParcel || !(isStillOurs || rule.corrects)) return { kind: 'other_parcel', carrier, invoice }
  return {
    kind: 'correction',
    ...{ company: order.company, shipmentId, connectionId: order.connectionId },
    ...{ carrier: asked.carrier, invoice: asked.invoice },
  }
}

function refusalOf(order: OrderToShip, lines: readonly KnownLine[]): Refused | null {
  if (order.hold) return { kind: 'on_hold' }
  for (const line of lines) {
    const { lineNo, state } = line
    if (state === 'cancelled' || state === 'expired') return { kind: 'cancelled', lineNo }
    if (state === 'pending') return { kind: 'not_paid', lineNo }
    if (line.variantId === null) return { kind: 'unmapped', lineNo }
    if (order.claimed.has(lineNo)) return { kind: 'claimed', lineNo }
  }
  return null
}

function unitsOf(asked: Asked, order: OrderToShip, lines: readonly KnownLine[], rule: ShippingRule): Decision {
  const wanted = new Map((asked.lines ?? []).map(({ lineNo, quantity }) => [lineNo, quantity]))
  const leaving = lines.map((line) => ({ line, quantity: wanted.get(line.lineNo) ?? openOf(line) }))
  const greedy = leaving.find(({ line, quantity }) => quantity > openOf(line) || quantity === 0)
  if (greedy) return { kind: 'too_many', lineNo: greedy.line.lineNo, open: openOf(greedy.line) }
  // No marketplace is told how many units of a line a parcel holds: it hears that the line has been sent.
  const cut = leaving.filter(({ line, quantity }) => isToBeTold(line) && quantity < openOf(line))
  if (cut.length > 0) return { kind: 'not_partial', lineNos: cut.map(({ line }) => line.lineNo) }
  const alone = rule.partial || rule.bundled ? [] : leftBehind(order, lines)
  if (alone.length > 0) return { kind: 'not_partial', lineNos: alone.map(({ lineNo }) => lineNo) }
  return { kind: 'leaving', lines: leaving }
}

/** An exchange's other goods are a line of ours in a marketplace's order: the answer to its claim tells of them. */
const isToBeTold = (line: KnownLine): boolean => line.connectionId !== null

/** Open lines that the marketplace packs with one of these: they bear the same action key. */
function leftBehind(order: OrderToShip, lines: readonly KnownLine[]): KnownLine[] {
  const boxes = new Set(lines.filter(isToBeTold).map(({ actionKey }) => actionKey))
  const open = order.lines.filter((line) => isToBeTold(line) && openOf(line) > 0)
  return open.filter((line) => boxes.has(line.actionKey) && !lines.includes(line))
}
