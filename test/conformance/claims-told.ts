import { expect } from 'vitest'
import type {
  ChannelClaim,
  ChannelOrderLine,
  ClaimAnswer,
  ClaimAnswerKind,
  ClaimKind,
  Collected,
  Cursor,
  Parcel,
} from '../../server/modules/channels/adapter.ts'
import { buyOne, lineKeysOf, type Shop, stored } from './shop.ts'
import type { Scene, Stage } from './stage.ts'

export const INVOICE = '012345678901'

/** Collects round after round as the core does, and keeps the newest of every line and claim told. */
export type Watch = {
  lines: Map<string, ChannelOrderLine>
  claims: Map<string, ChannelClaim>
  /** How often each claim was told. */
  timesTold: Map<string, number>
  cursor: Cursor | null
  collect(): Promise<Collected>
  /** Collects until it holds, at most as often as the scene says a change may take. */
  until(what: string, holds: () => boolean): Promise<void>
  /** The newest claim about a line. */
  claimOf(lineKey: string): ChannelClaim | undefined
}

export function openWatch(scene: Scene, stage: Stage): Watch {
  const watch: Watch = {
    lines: new Map(),
    claims: new Map(),
    timesTold: new Map(),
    cursor: null,
    collect: async () => {
      const collected = await stage.adapter.collectOrders(stored(watch.cursor))
      for (const line of collected.orders.flatMap(({ lines }) => lines)) watch.lines.set(line.lineKey, line)
      for (const claim of collected.claims) {
        watch.claims.set(claim.claimKey, claim)
        watch.timesTold.set(claim.claimKey, (watch.timesTold.get(claim.claimKey) ?? 0) + 1)
      }
      watch.cursor = collected.next
      return collected
    },
    until: async (what, holds) => {
      for (let round = 0; round < (scene.buyers?.toldWithin ?? 1); round++) {
        await watch.collect()
        if (holds()) return
      }
      const told = JSON.stringify([...watch.claims.values(), ...watch.lines.values()], (key, value) =>
        key === 'raw' ? undefined : value,
      )
      throw new Error(`never told: ${what}. Told: ${told}`)
    },
    claimOf: (lineKey) => [...watch.claims.values()].findLast(({ lines }) => lines.some((l) => l.lineKey === lineKey)),
  }
  return watch
}

/** A line of so many units as it must be before its buyer can ask for this: acknowledged, or shipped and arrived. */
export async function sellFor(
  scene: Scene,
  stage: Stage,
  shop: Shop,
  kind: ClaimKind,
  quantity = 3,
): Promise<{ watch: Watch; lineKey: string; orderId: string }> {
  const watch = openWatch(scene, stage)
  const { lineKey, orderId } = await sellOneMore(scene, stage, shop, watch, kind, quantity)
  return { watch, lineKey, orderId }
}

export async function sellOneMore(
  scene: Scene,
  stage: Stage,
  shop: Shop,
  watch: Watch,
  kind: ClaimKind,
  quantity = 3,
): Promise<{ lineKey: string; orderId: string }> {
  const sale = buyOne(stage.simulator.buy, shop.plain.item, quantity)
  const [lineKey] = lineKeysOf(sale)
  const orderId = sale.kind === 'sold' ? sale.orderId : ''
  await watch.until('the order', () => watch.lines.has(lineKey!))
  await stage.adapter.acknowledge([watch.lines.get(lineKey!)!.actionKey])
  await watch.collect()
  if (kind !== 'cancel') {
    // Each buyer's parcel has a number of its own.
    const invoice = String(BigInt(INVOICE) + BigInt(watch.lines.size)).padStart(INVOICE.length, '0')
    const parcel = { ...parcelOf(watch.lines.get(lineKey!)!, orderId), invoice }
    expect(await stage.adapter.ship([parcel])).toMatchObject([{ outcome: 'done' }])
    scene.buyers!.getParcels(stage, [lineKey!])
    await watch.collect()
  }
  return { lineKey: lineKey!, orderId }
}

/** The buyer asks, and it is told. */
export async function askedFor(
  scene: Scene,
  stage: Stage,
  shop: Shop,
  kind: ClaimKind,
  quantity: number | null = null,
): Promise<{ watch: Watch; lineKey: string; claim: ChannelClaim }> {
  const { watch, lineKey } = await sellFor(scene, stage, shop, kind)
  scene.buyers!.ask(stage, kind, lineKey, quantity)
  await watch.until(`the ${kind}`, () => watch.claimOf(lineKey) !== undefined)
  return { watch, lineKey, claim: watch.claimOf(lineKey)! }
}

export function answerTo(claim: ChannelClaim, answer: ClaimAnswerKind, change: Partial<ClaimAnswer> = {}): ClaimAnswer {
  const { claimKey, kind, externalOrderId, lines } = claim
  const sends = answer === 'resend' || (answer === 'refuse' && kind === 'cancel')
  const parcel = sends ? { carrier: 'cj', invoice: '098765432109', shippedAt: Date.now() } : null
  return { claimKey, kind, answer, externalOrderId, lines, reason: '', parcel, ...change }
}

export function parcelOf(line: ChannelOrderLine, externalOrderId: string): Parcel {
  const { lineKey, actionKey, item } = line
  return {
    lineKey,
    actionKey,
    externalOrderId,
    item,
    carrier: 'cj',
    invoice: INVOICE,
    shippedAt: Date.now(),
    replaces: [],
  }
}
