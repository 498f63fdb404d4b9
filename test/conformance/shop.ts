import { expect } from 'vitest'
import {
  CHANNEL_FAULTS,
  ChannelFault,
  type ChannelOrderLine,
  type Collected,
  type Cursor,
} from '../../server/modules/channels/adapter.ts'
import type { Purchase, SeededItem } from '../../simulators/marketplace.ts'
import { type Scene, type Stage, setStage } from './stage.ts'

/** What is on the shelves of every stage. */
export type Shop = {
  /** Two options of one product: 10,000 won, the first with a surcharge of 500. */
  options: SeededItem[]
  /** A product without options, 7,000 won. */
  plain: SeededItem
  stockOf(item: string): number | undefined
}

export async function onStage(
  scene: Scene,
  play: (stage: Stage, shop: Shop) => Promise<void>,
  options: { pace?: boolean } = {},
): Promise<void> {
  const stage = await setStage(scene, options)
  try {
    await play(stage, openShop(stage))
  } finally {
    await stage.close()
  }
}

export function linesOf(collected: Collected): ChannelOrderLine[] {
  return collected.orders.flatMap(({ lines }) => lines)
}

function openShop({ marketplace, simulator }: Stage): Shop {
  const option = (optionName: string, surcharge: number) => ({
    optionName,
    sellerCode: `BRK-1-${optionName}`,
    stock: 500,
    surcharge,
  })
  const seeded = marketplace.doors.seedProducts(
    [
      { name: '브레이크 패드', price: 10_000, options: [option('RD', 500), option('BL', 0)] },
      { name: '와이퍼', price: 7_000, options: [{ optionName: '', sellerCode: 'WIP-1', stock: 1_000, surcharge: 0 }] },
    ],
    simulator.now(),
  )
  // A marketplace of several sites has an item a site; the first one's are on this shelf.
  const shelf = [...Map.groupBy(seeded, ({ sellerCode }) => sellerCode).values()]
  const [first, second, plain] = shelf.map(([row]) => row)
  const stockOf = (item: string) => marketplace.doors.truth().items.find((row) => row.item === item)?.stock
  return { options: [first!, second!], plain: plain!, stockOf }
}

export function buyOne(buy: Stage['simulator']['buy'], item: string, quantity = 1) {
  const purchase: Purchase = { lines: [{ item, quantity }], buyer: '김하나' }
  return buy(purchase)
}

export function lineKeysOf(sale: ReturnType<Stage['simulator']['buy']>): string[] {
  if (sale.kind !== 'sold') throw new Error('the shelf is empty')
  return sale.lineKeys
}

/** As it comes back from a database: a copy, its entries in another order. */
export function stored(cursor: Cursor | null): Cursor | null {
  return cursor && Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(cursor)) as Cursor).toReversed())
}

export async function thrownBy(work: Promise<unknown>): Promise<ChannelFault> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ChannelFault)) throw new Error('not a ChannelFault', { cause: error })
  expect(CHANNEL_FAULTS).toHaveProperty(error.code)
  return error
}

export async function faultOf(work: Promise<unknown>): Promise<string> {
  return (await thrownBy(work)).code
}

export function sorted(keys: Iterable<string>): string[] {
  return [...keys].sort()
}
