import { wholeBetween } from '../../../simulators/chance.ts'
import type { SeededItem, SeedProduct, SimResponse, StockChange } from '../../../simulators/marketplace.ts'
import { type Item, json, objectOf, type World } from './world.ts'

const MOST_STOCK = 9_999

export function seedGoods(world: World, product: SeedProduct, now: number): SeededItem[] {
  const goodsNo = `G${world.items.size + 1}`
  return product.options.map(({ optionName, sellerCode, stock, surcharge }) => {
    const itemNo = `I${world.items.size + 1}`
    const price = product.price + surcharge
    const item: Item = { ...{ itemNo, goodsNo, goodsName: product.name, optionName, sellerCode, price }, stock: 0 }
    world.items.set(itemNo, item)
    setStock(world, item, stock, 'seed', now)
    return { unit: goodsNo, item: itemNo, sellerCode, stock }
  })
}

/** The one writer of a number. */
export function setStock(world: World, item: Item, to: number, cause: StockChange['cause'], at: number): void {
  if (item.stock === to && cause !== 'seed') return
  world.history.push({ seq: world.history.length + 1, at, item: item.itemNo, from: item.stock, to, cause })
  item.stock = to
}

/** What was written slowly and has become due. */
export function doneBefore(world: World, now: number): void {
  for (const { act, at } of world.slow.filter((write) => write.at <= now)) act(at)
  world.slow = world.slow.filter((write) => write.at > now)
}

export function getStock(world: World, goodsNo: string): SimResponse {
  const items = itemsOf(world, goodsNo)
  if (items.length === 0) return json(404, { error: 'no such goods' })
  const rows = items.map(({ itemNo, stock, sellerCode }) => ({ itemNo, quantity: stock, onSale: true, sellerCode }))
  return json(200, { rows })
}

export function putStock(
  world: World,
  goodsNo: string,
  body: Uint8Array,
  now: number,
  random: () => number,
): SimResponse {
  const items = itemsOf(world, goodsNo)
  const rows = (objectOf(body)?.rows ?? []) as { itemNo: string; quantity: number }[]
  const writes = rows.map((row) => ({ item: items.find(({ itemNo }) => itemNo === row.itemNo), to: row.quantity }))
  if (writes.length === 0 || writes.some(({ item }) => !item)) return json(404, { error: 'no such goods' })
  const isWrong = ({ to }: { to: number }) => !Number.isInteger(to) || to < 0 || to > MOST_STOCK
  if (writes.some(isWrong)) return json(400, { error: `a number from 0 to ${MOST_STOCK}` })

  const { faults } = world
  const act = (at: number) => {
    for (const { item, to } of writes) setStock(world, item!, to, 'write', at)
  }
  if (faults.lostWrite > 0 && random() < faults.lostWrite) return json(200, { stored: writes.length })
  if (faults.slowApply > 0 && random() < faults.slowApply) world.slow.push({ at: now + faults.slowApplyMs, act })
  else act(now)
  if (faults.humanEdit > 0 && random() < faults.humanEdit) {
    setStock(world, items[0]!, wholeBetween(random, 0, items[0]!.stock + 3), 'edit', now)
  }
  return json(200, { stored: writes.length })
}

const itemsOf = (world: World, goodsNo: string): Item[] =>
  [...world.items.values()].filter((item) => item.goodsNo === goodsNo)
