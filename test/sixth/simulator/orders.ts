import type { BuyAnswer, Doors, Purchase, SimResponse } from '../../../simulators/marketplace.ts'
import { setStock } from './shelf.ts'
import { type Item, json, type Line, type Order, objectOf, type World } from './world.ts'

const LINES_PER_CALL = 50

export function buy(world: World, { lines, buyer }: Purchase, now: number): BuyAnswer {
  const wanted = new Map<string, number>()
  for (const { item, quantity } of lines) wanted.set(item, (wanted.get(item) ?? 0) + quantity)
  for (const [itemNo, quantity] of wanted) {
    const stock = world.items.get(itemNo)?.stock ?? 0
    if (stock < quantity) return { kind: 'sold_out', item: itemNo, stock }
  }
  const order: Order = { orderNo: `O${world.orders.length + 1}`, buyer, paidAt: now, lines: [] }
  world.orders.push(order)
  for (const [itemNo, quantity] of wanted) order.lines.push(sell(world, order, world.items.get(itemNo)!, quantity, now))
  noteChange(world, order, now)
  return { kind: 'sold', orderId: order.orderNo, lineKeys: order.lines.map(({ lineNo }) => lineNo), at: now }
}

function sell(world: World, order: Order, item: Item, quantity: number, now: number): Line {
  setStock(world, item, item.stock - quantity, 'sale', now)
  const line: Line = {
    ...{ lineNo: `L${world.lines.size + 1}`, order, item, quantity, cancelled: 0, status: 'PAID' },
    ...{ acknowledged: false, wantsCancel: false, carrier: '', invoice: '' },
  }
  world.lines.set(line.lineNo, line)
  return line
}

/** At once while the order is new, and then its units are for sale again; afterwards it is a wish. */
export function buyerCancel(
  world: World,
  lineNo: string,
  quantity: number | null,
  now: number,
): ReturnType<Doors['cancel']> {
  const line = world.lines.get(lineNo)
  if (!line) return { kind: 'not_found' }
  const units = Math.min(quantity ?? line.quantity, line.quantity - line.cancelled)
  if (units < 1 || line.status === 'SHIPPED') return { kind: 'too_late' }
  if (line.status === 'ACCEPTED') line.wantsCancel = true
  else {
    line.cancelled += units
    if (line.cancelled === line.quantity) line.status = 'CANCELLED'
    setStock(world, line.item, line.item.stock + units, 'cancel', now)
  }
  noteChange(world, line.order, now)
  return { kind: line.wantsCancel ? 'requested' : 'cancelled' }
}

export function acceptLines(world: World, body: Uint8Array, now: number): SimResponse {
  const lineNos = objectOf(body)?.lineNos
  if (!Array.isArray(lineNos) || lineNos.length > LINES_PER_CALL) return json(400, { error: 'up to 50 lineNos' })
  const results = lineNos.map((lineNo: unknown) => {
    const line = world.lines.get(String(lineNo))
    const result = !line || line.status === 'CANCELLED' ? 'refused' : line.acknowledged ? 'already' : 'done'
    if (line && result === 'done') {
      Object.assign(line, { status: 'ACCEPTED', acknowledged: true })
      noteChange(world, line.order, now)
    }
    return { lineNo: String(lineNo), result }
  })
  return json(200, { results })
}

/** A line that has left is `already`, told with the invoice it left with. */
export function shipParcels(world: World, body: Uint8Array, now: number): SimResponse {
  const parcels = objectOf(body)?.parcels
  if (!Array.isArray(parcels) || parcels.length > LINES_PER_CALL) return json(400, { error: 'up to 50 parcels' })
  const results = parcels.map(({ lineNo, carrier, invoice }: Record<'lineNo' | 'carrier' | 'invoice', string>) => {
    const line = world.lines.get(lineNo)
    const result = line?.status === 'SHIPPED' ? 'already' : line?.status === 'ACCEPTED' ? 'done' : 'refused'
    if (line && result === 'done') {
      Object.assign(line, { status: 'SHIPPED', carrier, invoice, wantsCancel: false })
      noteChange(world, line.order, now)
    }
    return { lineNo, result, invoice: line?.invoice ?? '' }
  })
  return json(200, { results })
}

const noteChange = (world: World, order: Order, at: number) => void world.changes.push({ order, at })
