import { shuffled } from '../../../simulators/chance.ts'
import type { SimResponse } from '../../../simulators/marketplace.ts'
import { json, type Order, type World } from './world.ts'

const ROWS_PER_PAGE = 100

/** A log: nothing is shown before what came earlier. A row tells its order as it is now. */
export function changesAfter(world: World, after: number, now: number, random: () => number): SimResponse {
  if (!Number.isInteger(after) || after < 0) return json(400, { error: 'after is a whole number' })
  const { faults } = world
  const hidden = world.changes.findIndex(({ at }) => at + faults.feedDelayMs > now)
  const shown = hidden < 0 || faults.feedDelayMs === 0 ? world.changes.length : hidden
  const rows = world.changes
    .slice(0, shown)
    .map(({ order, at }, place) => ({ seq: place + 1, order: orderRow(order, at) }))
    .slice(after, after + ROWS_PER_PAGE)
  const told = faults.duplicateOrder > 0 && random() < faults.duplicateOrder ? [...rows, ...rows] : rows
  const changes = faults.disorder > 0 && random() < faults.disorder ? shuffled(told, random) : told
  return json(200, { changes })
}

const orderRow = ({ orderNo, buyer, paidAt, lines }: Order, changedAt: number) => ({
  ...{ orderNo, paidAt, changedAt, shippingFee: 3_000 },
  receiver: { name: buyer, phone: '0503-0000-0000', postal: '04524', line1: '서울 중구 세종대로 110', line2: '1층' },
  buyer,
  lines: lines.map(({ lineNo, item, quantity, cancelled, status, wantsCancel, invoice }) => ({
    ...{ lineNo, itemNo: item.itemNo, goodsNo: item.goodsNo, sellerCode: item.sellerCode, title: item.goodsName },
    ...{ option: item.optionName, price: item.price, quantity, cancelled, status, wantsCancel, invoice },
  })),
})
