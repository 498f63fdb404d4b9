/**
 * Made-up shoppers. What they do is decided in advance by a seed (errands, pure); a small driver lets them do it.
 */
import { type AfterSaleDoors, type AfterSalePlan, type AfterSaleTally, afterSale } from './after-sale.ts'
import { chance, wholeBetween } from './chance.ts'
import type { BuyAnswer, Purchase } from './marketplace.ts'

export type ShopperPlan = {
  seed: number
  /** How many items there are to buy; an errand names them by index. */
  items: number
  /** Purchases a second on average, of the marketplace's own seconds. */
  perSecond: number
  /** How much the first items are favoured: the k-th is bought in proportion to 1 / k^zipf. Default 1.1; 0 favours none. */
  zipf?: number
  /** Share of the purchases that the buyer cancels again. Default 0. */
  cancelShare?: number
}

export type Errand = {
  /** Ms of the marketplace's clock after the beginning. */
  atMs: number
  item: number
  quantity: 1 | 2 | 3
  buyer: string
  /** When the buyer changes their mind, ms after the beginning. */
  cancelAtMs: number | null
}

const LONGEST_SECOND_THOUGHT_MS = 120_000
const FAMILY = ['김', '이', '박', '최', '정', '강', '조', '윤', '장', '임']
const GIVEN = ['민준', '서연', '도윤', '지우', '하준', '서현', '예준', '수빈', '지훈', '유진']

/** Endless; equal plans give equal errands. Arrivals are a Poisson stream: the gaps are exponential and know nothing of the past. */
export function* errands(plan: ShopperPlan): Generator<Errand, never> {
  const { seed, items, perSecond, zipf = 1.1, cancelShare = 0 } = plan
  if (!(items > 0 && perSecond > 0)) throw new RangeError('shoppers need items and a rate above 0')
  const random = chance(seed, 'errands')
  const shares = cumulativeShares(items, zipf)
  for (let atMs = 0; ; ) {
    atMs += (-Math.log(1 - random()) * 1000) / perSecond
    const item = firstAbove(shares, random())
    const quantity = quantityOf(random())
    const buyer = FAMILY[wholeBetween(random, 0, 9)]! + GIVEN[wholeBetween(random, 0, 9)]!
    const cancels = random() < cancelShare
    const thinksForMs = random() * LONGEST_SECOND_THOUGHT_MS
    yield { atMs, item, quantity, buyer, cancelAtMs: cancels ? atMs + thinksForMs : null }
  }
}

export type Shop = {
  buy(purchase: Purchase): BuyAnswer
  /** Tells whether the seller has to answer. */
  cancel(lineKey: string, quantity: number | null): { kind: string }
  afterSale: AfterSaleDoors
}

export type ShoppingTally = { sold: number; soldOut: number; cancels: number } & AfterSaleTally

export type Shopping = Omit<ShopperPlan, 'items'> & Omit<AfterSalePlan, 'seed'>

const MOST_AT_ONCE = 1000 // after a stall the missed errands are caught up in turns, so that the server can answer between

/** Lets the shoppers of `plan` buy `items` until stopped. `tally` is live. */
export function letThemShop(
  plan: Shopping,
  items: readonly string[],
  shop: Shop,
  timeScale: number,
): { tally: ShoppingTally; stop(): void } {
  const later = afterSale(plan, shop.afterSale)
  const tally: ShoppingTally = Object.assign(later.tally, { sold: 0, soldOut: 0, cancels: 0 })
  const coming = errands({ ...plan, items: items.length })
  const regrets: { atMs: number; lineKey: string }[] = []
  const begun = performance.now()
  let next = coming.next().value
  let timer = setTimeout(turn, 0)

  function turn(): void {
    const nowMs = (performance.now() - begun) * timeScale
    for (let done = 0; done < MOST_AT_ONCE && next.atMs <= nowMs; done++) {
      runErrand(next, nowMs)
      next = coming.next().value
    }
    for (const regret of regrets.filter((one) => one.atMs <= nowMs)) {
      if (shop.cancel(regret.lineKey, null).kind === 'requested') later.asked(regret.lineKey, nowMs)
      tally.cancels += 1
      regrets.splice(regrets.indexOf(regret), 1)
    }
    const dueMs = regrets.reduce((soonest, one) => Math.min(soonest, one.atMs), Math.min(next.atMs, later.turn(nowMs)))
    timer = setTimeout(turn, Math.max(0, (dueMs - nowMs) / timeScale))
  }

  function runErrand(errand: Errand, nowMs: number): void {
    const lines = [{ item: items[errand.item]!, quantity: errand.quantity }]
    const answer = shop.buy({ lines, buyer: errand.buyer })
    if (answer.kind === 'sold_out') tally.soldOut += 1
    else {
      tally.sold += 1
      later.bought(answer.lineKeys[0]!, nowMs)
      if (errand.cancelAtMs !== null) regrets.push({ atMs: errand.cancelAtMs, lineKey: answer.lineKeys[0]! })
    }
  }

  return { tally, stop: () => clearTimeout(timer) }
}

/** Most people buy one. */
function quantityOf(luck: number): 1 | 2 | 3 {
  return luck < 0.7 ? 1 : luck < 0.92 ? 2 : 3
}

function cumulativeShares(items: number, zipf: number): number[] {
  const weights = Array.from({ length: items }, (_, k) => 1 / (k + 1) ** zipf)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let sum = 0
  return weights.map((weight) => {
    sum += weight / total
    return sum
  })
}

function firstAbove(shares: readonly number[], luck: number): number {
  let low = 0
  let high = shares.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (shares[middle]! > luck) high = middle
    else low = middle + 1
  }
  return low
}
