/**
 * A sixth marketplace, made up, as small as one can be that still sells: one key, a log of changed orders read by
 * number, stock by product and row.
 *
 *   GET  /v1/changes?after=<seq>            { changes: [{ seq, order }] }, at most 100, none when there are no more
 *   POST /v1/orders/accept                  { lineNos } → { results: [{ lineNo, result }] }, at most 50
 *   POST /v1/orders/ship                    { parcels: [{ lineNo, carrier, invoice }] } → the same, at most 50
 *   GET  /v1/stock/<goodsNo>                { rows: [{ itemNo, quantity, onSale, sellerCode }] }
 *   PUT  /v1/stock/<goodsNo>                { rows: [{ itemNo, quantity }] } → { stored: <how many> }; all or none
 *
 * `Authorization: Bearer <key>`. Ten calls in any second, 429 with Retry-After for the eleventh.
 */
import type { Faults, Marketplace, SimRequest, SimResponse } from '../../../simulators/marketplace.ts'
import { NO_FAULTS } from '../../../simulators/marketplace.ts'
import { changesAfter } from './feed.ts'
import { openGate } from './gate.ts'
import { acceptLines, buy, buyerCancel, shipParcels } from './orders.ts'
import { doneBefore, getStock, putStock, seedGoods, setStock } from './shelf.ts'
import { emptyWorld, type World } from './world.ts'

export const TEST_SIXTH_CREDENTIALS = { apiKey: 'pretend-sixth-secret-key' }

export function createSixth(options: { limits?: 'on' | 'off' } = {}): Marketplace & { readonly faults: Faults } {
  const faults = { ...NO_FAULTS }
  const world = emptyWorld(faults)
  const gate = openGate(TEST_SIXTH_CREDENTIALS.apiKey, options.limits ?? 'on', faults)

  function handle(request: SimRequest, now: number, random: () => number): SimResponse {
    doneBefore(world, now)
    return gate.refusal(request, now) ?? answer(world, request, now, random)
  }

  return {
    name: 'sixth',
    faults,
    handle,
    doors: {
      seedProducts: (products, now) => products.flatMap((product) => seedGoods(world, product, now)),
      buy: (purchase, now) => buy(world, purchase, now),
      cancel: (lineKey, quantity, now) => buyerCancel(world, lineKey, quantity, now),
      edit(itemNo, stock, now) {
        const item = world.items.get(itemNo)
        if (item) setStock(world, item, stock, 'edit', now)
        return item !== undefined
      },
      truth: () => ({
        items: [...world.items.values()].map(({ itemNo, goodsNo, sellerCode, stock }) => ({
          ...{ unit: goodsNo, item: itemNo, sellerCode, stock, onSale: true },
        })),
        lines: [...world.lines.values()].map(({ order, lineNo, item, acknowledged, ...line }) => ({
          ...{ orderId: order.orderNo, lineKey: lineNo, item: item.itemNo, sellerCode: item.sellerCode, acknowledged },
          ...{ quantity: line.quantity, cancelled: line.cancelled, state: line.status, invoice: line.invoice },
          soldAt: order.paidAt,
        })),
      }),
      history: (sinceSeq, limit) => world.history.filter(({ seq }) => seq >= sinceSeq).slice(0, limit),
      calls: gate.calls,
    },
  }
}

function answer(world: World, request: SimRequest, now: number, random: () => number): SimResponse {
  const [, place, name] = /^\/v1\/(changes|orders|stock)(?:\/(\w+))?$/.exec(request.path) ?? []
  switch (`${request.method} ${place}`) {
    case 'GET changes':
      return changesAfter(world, Number(new URLSearchParams(request.query).get('after')), now, random)
    case 'POST orders':
      return name === 'accept' ? acceptLines(world, request.body, now) : shipParcels(world, request.body, now)
    case 'GET stock':
      return getStock(world, name ?? '')
    case 'PUT stock':
      return putStock(world, name ?? '', request.body, now, random)
    default:
      return { status: 404, headers: {}, body: '{"error":"no such call"}' }
  }
}
