import { expect, test } from 'vitest'
import { openWatch, parcelOf, type Watch } from './claims-told.ts'
import { asEsm, esmScene } from './esm-scene.ts'
import { buyOne, lineKeysOf, linesOf, onStage, type Shop, stored } from './shop.ts'
import type { Stage } from './stage.ts'

/** What is bought and claimed while nobody collects: in no list, until the claim lets the order go. */

type Gap = { stage: Stage; shop: Shop; watch: Watch; hands: ReturnType<Stage['another']> }

const HOUR = 3_600_000

/** `hands` are the seller's, in the marketplace's own pages. */
const gap = (act: (gap: Gap) => Promise<void>): Promise<void> =>
  onStage(esmScene(), async (stage, shop) => {
    const watch = openWatch(esmScene(), stage)
    await watch.collect()
    // The first collection was two hours ago, and the last one just now: what happened an hour ago is in no window.
    watch.cursor = { ...stored(watch.cursor), since: (watch.cursor!.since as number) - 2 * HOUR }
    await act({ stage, shop, watch, hands: stage.another() })
  })

async function anHourAgo<Result>(stage: Stage, act: () => Promise<Result>): Promise<Result> {
  stage.simulator.setFaults({ clockSkewMs: -HOUR })
  const result = await act()
  stage.simulator.setFaults({ clockSkewMs: 0 })
  return result
}

/** Three units, bought an hour ago and confirmed by hand. */
const confirmed = (between: Gap) => anHourAgo(between.stage, () => confirm(between))

async function confirm({ stage, shop, hands }: Gap): Promise<{ lineKey: string; actionKey: string }> {
  const [lineKey] = lineKeysOf(buyOne(stage.simulator.buy, shop.plain.item, 3))
  const actionKey = `A${lineKey}`
  expect(await hands.acknowledge([actionKey])).toMatchObject([{ outcome: 'done' }])
  return { lineKey: lineKey!, actionKey }
}

/** Sent by hand as well, and the buyer has it. */
const sent = (between: Gap) =>
  anHourAgo(between.stage, async () => {
    const { stage, shop, hands } = between
    const { lineKey, actionKey } = await confirm(between)
    const line = { lineKey, actionKey, item: shop.plain.item } as Parameters<typeof parcelOf>[0]
    const parcel = { ...parcelOf(line, '1'), shippedAt: Date.now() - HOUR }
    expect(await hands.ship([parcel])).toMatchObject([{ outcome: 'done' }])
    expect(asEsm(stage.marketplace).arrive(lineKey, stage.simulator.now())).toBe(true)
    return lineKey
  })

const takeBack = ({ stage }: Gap, lineKey: string) =>
  expect(asEsm(stage.marketplace).withdrawClaim(lineKey, stage.simulator.now())).toBe(true)

test('a cancel asked for is told with its order once the seller refuses it by shipping, by hand', () =>
  gap(async (between) => {
    const { stage, watch, hands } = between
    const { lineKey, actionKey } = await confirmed(between)
    stage.simulator.cancel(lineKey, null)
    await watch.collect()
    expect([watch.lines.size, watch.claims.size]).toEqual([0, 0])
    const parcel = { carrier: 'cj', invoice: '098765432109', shippedAt: Date.now() }
    const lines = [{ lineKey, actionKey, quantity: 3 }]
    const answer = { kind: 'cancel', answer: 'refuse', externalOrderId: '1', reason: '' } as const
    await hands.answerClaims([{ ...answer, claimKey: `${actionKey}-c1`, lines, parcel }])
    await watch.until('the order', () => watch.lines.has(lineKey))
    expect(watch.lines.get(lineKey)).toMatchObject({ state: 'shipped', quantity: 3, cancelled: 0 })
    expect(watch.claimOf(lineKey)).toMatchObject({ kind: 'cancel', state: 'refused', lines: [{ quantity: 3 }] })
  }))

test('a cancel the buyer takes back is told with its order, which is still to be sent', () =>
  gap(async (between) => {
    const { stage, watch } = between
    const { lineKey } = await confirmed(between)
    stage.simulator.cancel(lineKey, null)
    await watch.collect()
    takeBack(between, lineKey)
    await watch.until('the order', () => watch.lines.has(lineKey))
    expect(watch.lines.get(lineKey)).toMatchObject({ state: 'acknowledged', cancelRequested: false })
  }))

test.each(['return', 'exchange'] as const)('a %s the buyer takes back is told with its order, which has left', (kind) =>
  gap(async (between) => {
    const { stage, watch } = between
    const lineKey = await sent(between)
    esmScene().buyers!.ask(stage, kind, lineKey, null)
    for (let round = 0; round < 9; round++) await watch.collect()
    expect([watch.lines.size, watch.claims.size]).toEqual([0, 0])
    takeBack(between, lineKey)
    await watch.until('the order', () => watch.lines.has(lineKey))
    expect(watch.lines.get(lineKey)).toMatchObject({ state: 'delivered', quantity: 3 })
    expect(watch.claimOf(lineKey)).toMatchObject({ kind, state: 'withdrawn' })
  }),
)

test('an order that is not shown the moment its claim ends is waited for', () =>
  gap(async (between) => {
    const { stage, watch, shop } = between
    const { lineKey } = await confirmed(between)
    stage.simulator.cancel(lineKey, null)
    await watch.collect()
    takeBack(between, lineKey)
    stage.simulator.setFaults({ feedDelayMs: 2 * HOUR })
    const late = await watch.collect()
    expect(watch.lines.size).toBe(0)
    stage.simulator.setFaults({ feedDelayMs: 0 })
    await watch.collect()
    expect(watch.lines.get(lineKey)).toMatchObject({ item: shop.plain.item, quantity: 3 })
    expect(late.begunAt).toBeLessThan(watch.cursor!.through as number)
  }))

test('what went out before the first collection stays untold, whatever its claim comes to', () =>
  onStage(esmScene(), async (stage, shop) => {
    const watch = openWatch(esmScene(), stage)
    const before = { stage, shop, watch, hands: stage.another() }
    const lineKey = await sent(before)
    stage.simulator.cancel(lineKey, null)
    await watch.collect()
    takeBack(before, lineKey)
    for (let round = 0; round < 9; round++) await watch.collect()
    expect(watch.lines.size).toBe(0)
  }))

test('of a cancel that was done nothing tells the units: no order is told, and reading stock back shows what it took', () =>
  onStage(esmScene(undefined, { restockOnCancel: false }), async (stage, { plain }) => {
    const { next } = await stage.adapter.collectOrders(null)
    const [lineKey] = lineKeysOf(buyOne(stage.simulator.buy, plain.item, 3))
    expect(stage.simulator.cancel(lineKey!, null)).toEqual({ kind: 'cancelled' })
    const collected = await stage.adapter.collectOrders(stored(next))
    expect([linesOf(collected), collected.claims]).toEqual([[], []])
    const { items } = await stage.adapter.readStock(plain.unit)
    expect(items.find(({ item }) => item === plain.item)?.quantity).toBe(997)
  }))
