import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { BuyAnswer } from './marketplace.ts'
import { type Errand, errands, letThemShop, type ShopperPlan } from './shoppers.ts'

const plan: ShopperPlan = { seed: 1, items: 100, perSecond: 20 }
function first(count: number, changes: Partial<ShopperPlan> = {}): Errand[] {
  const coming = errands({ ...plan, ...changes })
  return Array.from({ length: count }, () => coming.next().value)
}

test('equal plans give equal errands, and another seed gives others', () => {
  expect(first(500)).toEqual(first(500))
  expect(first(500, { seed: 2 })).not.toEqual(first(500))
})

test('shoppers arrive as a Poisson stream of the asked rate', () => {
  const list = first(20_000)
  const gaps = list.map((errand, i) => errand.atMs - (list[i - 1]?.atMs ?? 0))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
  expect(mean).toBeGreaterThan(48.5)
  expect(mean).toBeLessThan(51.5)
  expect(Math.sqrt(variance) / mean).toBeGreaterThan(0.95) // of exponential gaps, mean and deviation are equal
  expect(Math.sqrt(variance) / mean).toBeLessThan(1.05)
})

test('the first items are favoured as Zipf says, every quantity is 1 to 3, and no index lies outside', () => {
  const list = first(50_000)
  const bought = new Array<number>(100).fill(0)
  for (const { item } of list) bought[item]! += 1
  expect(bought[0]! / bought[9]!).toBeGreaterThan(10) // 10^1.1 = 12.6
  expect(bought[0]! / bought[9]!).toBeLessThan(15.5)
  expect(bought.reduce((sum, count) => sum + count, 0)).toBe(50_000)
  expect(new Set(list.map((errand) => errand.quantity))).toEqual(new Set([1, 2, 3]))
})

test('the asked share of buyers changes their mind, each after the purchase', () => {
  const list = first(10_000, { cancelShare: 0.1 })
  const cancels = list.filter((errand) => errand.cancelAtMs !== null)
  expect(cancels.length).toBeGreaterThan(900)
  expect(cancels.length).toBeLessThan(1100)
  expect(cancels.every((errand) => errand.cancelAtMs! >= errand.atMs)).toBe(true)
  expect(first(1000).every((errand) => errand.cancelAtMs === null)).toBe(true)
})

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

function countingShop(stock: number) {
  const cancelled: string[] = []
  let bought = 0
  const buy = (): BuyAnswer => {
    if (bought === stock) return { kind: 'sold_out', item: 'a', stock: 0 }
    bought += 1
    return { kind: 'sold', orderId: `o${bought}`, lineKeys: [`l${bought}`], at: 0 }
  }
  const cancel = (lineKey: string) => {
    cancelled.push(lineKey)
    return { kind: 'cancelled' }
  }
  const never = () => false
  const afterSale = {
    isSent: never,
    deliver: never,
    exchange: never,
    takeBack: never,
    bringBack: never,
    sendBack: never,
  }
  return { buy, cancelled, cancel, afterSale }
}

test('the driver does every errand of its time, at the speed of the marketplace’s clock, and stops when told', async () => {
  const until10s = first(10_000).filter((errand) => errand.atMs <= 10_000).length
  for (const timeScale of [1, 10]) {
    const items = Array.from({ length: 100 }, (_, i) => `i${i}`)
    const { tally, stop } = letThemShop(plan, items, countingShop(50), timeScale)
    await vi.advanceTimersByTimeAsync(10_000 / timeScale)
    expect(tally.sold).toBe(50)
    expect(Math.abs(tally.soldOut + 50 - until10s)).toBeLessThanOrEqual(1) // the clock’s last ms
    stop()
    const before = { ...tally }
    await vi.advanceTimersByTimeAsync(10_000)
    expect(tally).toEqual(before)
  }
})

test('a buyer who changes their mind cancels the line they bought, once', async () => {
  const shop = countingShop(30)
  const { tally, stop } = letThemShop({ ...plan, cancelShare: 1 }, ['a'], shop, 1)
  await vi.advanceTimersByTimeAsync(125_000)
  stop()
  expect(tally.cancels).toBe(30)
  expect(new Set(shop.cancelled).size).toBe(30)
})
