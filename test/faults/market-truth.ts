import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { falseBooks } from '../../server/modules/inventory/book-queries.ts'
import type { BuyAnswer, Truth } from '../../simulators/marketplace.ts'
import type { AnyMarket, Channel } from '../marketplaces.ts'

type ListingRow = {
  listing_id: string
  connection_id: string
  item: string
  variant_id: string | null
  desired: number | null
  observed: number | null
  observed_at: Date | null
  shown: number | null
  drifted: number
  raced: number
  fault: string | null
  bound: number | null
}
type LineRow = { connection_id: string; external_line_key: string; quantity: number; cancelled: number }

/**
 * What jaego and the marketplaces do not agree on, in words; empty when every order is recorded as it is there and
 * every number is desired = observed = the marketplace's own.
 */
export async function differences(market: AnyMarket): Promise<string[]> {
  const listings = await market.shop.rows<ListingRow>('select * from channels.listing')
  const lines = await market.shop.rows<LineRow>(
    `select connection_id, external_line_key, quantity, cancelled from orders.order_line where connection_id is not null`,
  )
  const [work] = await market.shop.rows<{ waiting: number }>(
    `select (select count(*) from channels.marker) + (select count(*) from channels.unit where write_due_at is not null)
       as waiting`,
  )
  const found = Number(work!.waiting) > 0 ? [`${work!.waiting} markers and writes wait`] : []
  for (const { machine, connectionId, kind } of market.all) {
    const truth = machine.doors.truth()
    const ours = lines.filter((line) => line.connection_id === connectionId)
    found.push(...wrongLines(truth, ours, kind.forgetsCancelled ?? false))
    for (const listing of listings) {
      if (listing.connection_id === connectionId) found.push(...wrongNumbers(machine.name, truth, listing))
    }
  }
  return found
}

function wrongLines(truth: Truth, ours: readonly LineRow[], forgetsCancelled: boolean): string[] {
  const byKey = new Map(ours.map((line) => [line.external_line_key, line]))
  const unknown = ours.length - truth.lines.filter(({ lineKey }) => byKey.has(lineKey)).length
  return [
    ...truth.lines.flatMap(({ lineKey, quantity, cancelled }) => {
      const line = byKey.get(lineKey)
      if (!line) return forgetsCancelled && cancelled === quantity ? [] : [`line ${lineKey} is not recorded`]
      const isEqual = line.quantity === quantity && line.cancelled === cancelled
      return isEqual ? [] : [`line ${lineKey}: ${line.quantity}-${line.cancelled}, there ${quantity}-${cancelled}`]
    }),
    ...(unknown > 0 ? [`${unknown} lines nobody sold`] : []),
  ]
}

function wrongNumbers(name: string, truth: Truth, { item, desired, observed, shown }: ListingRow): string[] {
  const there = truth.items.find((one) => one.item === item)
  // What has been taken off sale sells nothing, whatever its number says.
  const stock = there?.onSale ? there.stock : there && 0
  const isTrue = desired === stock && observed === stock && shown === stock
  return isTrue ? [] : [`${name} ${item}: desired ${desired}, shown ${shown}, observed ${observed}, there ${stock}`]
}

/** Far more than anything here takes: what is waited for ends it, and two shared cores may take five times as long. */
export const PATIENCE_MS = 30_000

/** Waits until nothing differs any more, then holds the books to every rule. */
export async function becomesTrue(market: AnyMarket): Promise<void> {
  await until(
    async () => (await differences(market)).length === 0,
    PATIENCE_MS,
    () => differences(market),
  )
  expect(await falseBooks(market.shop.rows)).toEqual([])
  expect(await wrongPromises(market)).toEqual([])
}

/** Polls, since what is waited for happens in rows that many loops write; `describe` says what is still missing. */
export async function until(
  isDone: () => Promise<boolean>,
  withinMs = PATIENCE_MS,
  describe: () => Promise<unknown> = async () => 'not yet',
): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await isDone())) {
    if (performance.now() > end) throw new Error(`after ${withinMs} ms: ${JSON.stringify(await describe(), null, 1)}`)
    await sleep(40)
  }
}

/** Σ rights as inventory has them, beside Σ bounds of the listings; only where they differ. */
export const wrongPromises = (market: AnyMarket) =>
  market.shop.rows(`
    select coalesce(p.variant_id, r.variant_id) as variant_id, coalesce(p.promised, 0) as promised,
      coalesce(r.bounds, 0)::integer as bounds
    from inventory.promise p
    full join (
      select coalesce(b.component_variant_id, l.variant_id) as variant_id,
        sum(coalesce(l.bound, 0) * l.multiplier * coalesce(b.quantity, 1)) as bounds
      from channels.listing l
      join channels.connection c using (company_id, connection_id)
      left join catalog.bundle_component b on b.bundle_variant_id = l.variant_id
      where l.variant_id is not null and c.policy = 'rights'
      group by 1) r on r.variant_id = p.variant_id
    where coalesce(p.promised, 0) <> coalesce(r.bounds, 0)`)

/** A while ago: a sale within the clock error of that moment may be in the account already, and would not lower it. */
export async function takenIn({ shop }: AnyMarket): Promise<void> {
  await shop.rows(
    `update channels.listing
     set rights = jsonb_set(rights, '{completeUpTo}', to_jsonb((rights->>'completeUpTo')::bigint - 3000))`,
  )
  await shop.rows(`update channels.connection set collected_up_to = collected_up_to - interval '3 seconds'`)
}

/** What has something to sell and does not sell it. */
export const offSale = (market: AnyMarket) =>
  market.all.flatMap(({ machine }) => machine.doors.truth().items.filter(({ onSale, stock }) => !onSale && stock > 0))

/** Listings under protocol B whose account is not what they show, with the step they are at. */
export const falseAccounts = (market: AnyMarket) =>
  market.shop.rows(`select item, bound, shown, exchange from channels.listing
    where bound <> shown or exchange->'step'->>'at' <> 'rest'`)

/** Units that orders found missing because somebody else had them: sold twice. */
export async function unitsSoldTwice(market: AnyMarket): Promise<number> {
  const [row] = await market.shop.rows<{ units: number }>(
    `select coalesce(sum(missing), 0)::integer as units from inventory.shortage where cause = 'sold'`,
  )
  return row!.units
}

/** Units bought and not cancelled at all marketplaces. */
export const unitsSold = (market: AnyMarket): number =>
  market.all
    .flatMap(({ machine }) => machine.doors.truth().lines)
    .reduce((sum, { quantity, cancelled }) => sum + quantity - cancelled, 0)

export const buy = ({ sim }: Channel, item: string, quantity = 1): BuyAnswer =>
  sim.buy({ lines: [{ item, quantity }], buyer: '김하나' })

/** Whatever the shelf shows, one buyer a unit. */
export function buyAll(channel: Channel, item: string): void {
  for (let units = stockAt(channel, item); units > 0; units--) buy(channel, item)
}

/** Every line bought so far is in our books, with its cancels. */
export const recorded = (market: AnyMarket): Promise<void> =>
  until(
    async () => (await differences(market)).every((text) => !text.startsWith('line')),
    PATIENCE_MS,
    () => differences(market),
  )

export const stockAt = (channel: Channel, item: string): number =>
  channel.machine.doors.truth().items.find((one) => one.item === item)!.stock

export async function listingOf(market: AnyMarket, item: string): Promise<ListingRow> {
  return (await market.shop.rows<ListingRow>('select * from channels.listing where item = $1', [item]))[0]!
}

/** All connections have been collected from once: cursors stand, tokens are fetched. */
export async function collectedOnce(market: AnyMarket): Promise<void> {
  const without = () =>
    market.shop.rows(
      'select channel, failures, last_fault, last_fault_said from channels.connection where cursor is null',
    )
  await until(async () => (await without()).length === 0, PATIENCE_MS, without)
}

export const linesOf = (market: AnyMarket, { connectionId }: Channel) =>
  market.shop.rows<{ variant_id: string | null; quantity: number; multiplier: number; state: string }>(
    'select * from orders.order_line where connection_id = $1 order by order_id, line_no',
    [connectionId],
  )

/** What happened to a listing's numbers, oldest first. */
export const journalOf = (market: AnyMarket, item: string) =>
  market.shop.rows<{ kind: string; value: number | null; at: Date }>(
    `select j.kind, j.value, j.at from channels.journal j join channels.listing l using (company_id, listing_id)
     where l.item = $1 order by j.at, j.entry_id`,
    [item],
  )
