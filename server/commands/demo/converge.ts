import { channelsUnderWay, demoClaims, demoLines, demoListings, demoParcels } from '../../screens/demo-queries.ts'
import { overBudget } from './channels.ts'
import { wrongClaims } from './claims-compared.ts'
import type { CallCount, TrueClaim, Truth } from './marketplace-doors.ts'
import type { Stage } from './stage.ts'

/** What still differs between us and the marketplaces, in words; empty when all is one. */
export type Difference = string

/** Compares every order and every number with the marketplaces' own truth. */
export async function differences(stage: Stage): Promise<Difference[]> {
  const { jaego, world, simulators } = stage
  const ours = await jaego.db.transaction([world.company], async (tx) => ({
    listings: await demoListings(tx, world.company),
    lines: await demoLines(tx, world.company),
    parcels: await demoParcels(tx, world.company),
    claims: await demoClaims(tx, world.company),
    waiting: await channelsUnderWay(tx, world.company),
  }))
  const found: Difference[] = []
  const { markers, writes, unknown, answers } = ours.waiting
  if (markers + writes + unknown > 0) found.push(`waiting: ${markers} markers, ${writes} writes, ${unknown} unknown`)
  if (answers > 0) found.push(`waiting: ${answers} answers to claims`)
  for (const [channel, simulator] of simulators) {
    const truth = await simulator.get<Truth>('state')
    const { connectionId } = world.shops.get(channel)!
    const parcels = ours.parcels.filter((row) => row.connection_id === connectionId)
    found.push(...wrongParcels(channel, truth, parcels))
    // What has been taken off sale sells nothing, whatever its number says.
    const stock = new Map(truth.items.map((item) => [item.item, item.onSale ? item.stock : 0]))
    for (const row of ours.listings.filter((row) => row.connection_id === connectionId)) {
      const theirs = stock.get(row.item)
      if (row.desired !== theirs) found.push(`${channel} ${row.sku}: desired ${row.desired}, shows ${theirs}`)
      else if (row.observed !== theirs) found.push(`${channel} ${row.sku}: observed ${row.observed}, shows ${theirs}`)
    }
    const known = new Map(
      ours.lines.filter((l) => l.connection_id === connectionId).map((l) => [l.external_line_key, l]),
    )
    for (const line of truth.lines) {
      const mine = known.get(line.lineKey)
      if (!mine && line.cancelled < line.quantity) found.push(`${channel} order ${line.orderId} is missing`)
      if (mine && mine.times > 1) found.push(`${channel} order ${line.orderId} was taken ${mine.times} times`)
      if (mine && !isCancelledAlike(mine, line)) {
        found.push(`${channel} order ${line.orderId}: ${mine.cancelled} cancelled here, ${line.cancelled} there`)
      }
    }
    const claims = ours.claims.filter((row) => row.connection_id === connectionId && known.has(row.external_line_key))
    const told = (await simulator.get<TrueClaim[] | null>('claims'))?.filter(({ lineKey }) => known.has(lineKey))
    if (told) found.push(...wrongClaims(channel, told, claims))
  }
  return found
}

/**
 * Of goods that had left our house we were told of a cancel and have none before they are back; and what one marketplace
 * tells as a cancel is a return in its own books.
 */
const isCancelledAlike = (
  mine: { cancelled: number; told_cancelled: number },
  theirs: { cancelled: number },
): boolean => mine.cancelled === theirs.cancelled || mine.told_cancelled === theirs.cancelled

/** A parcel that is told bears our number there; one that is not told yet waits. */
function wrongParcels(
  channel: string,
  truth: Truth,
  ours: readonly { external_line_key: string; invoice: string; telling: string }[],
): Difference[] {
  const invoices = new Map(truth.lines.map((line) => [line.lineKey, line.invoice]))
  return ours.flatMap(({ external_line_key: key, invoice, telling }) => {
    if (telling === 'pending' || telling === 'unknown') return [`${channel} line ${key}: its parcel is ${telling}`]
    const theirs = invoices.get(key)
    return telling === 'told' && theirs !== invoice ? [`${channel} line ${key}: ${invoice} here, ${theirs} there`] : []
  })
}

const LOOK_EVERY_MS = 500

/** Waits until all is one, at most `mostMs`. Answers what is still different, and how long it took. */
export async function converge(
  stage: Stage,
  mostMs: number,
  tell: (left: readonly Difference[]) => void,
): Promise<{ left: Difference[]; ms: number }> {
  const { clock } = stage.jaego
  const started = clock.monotonic()
  for (;;) {
    const left = await differences(stage)
    tell(left)
    const ms = Math.round(clock.monotonic() - started)
    if (left.length === 0 || ms > mostMs) return { left, ms }
    await clock.sleep(LOOK_EVERY_MS)
  }
}

/** Calls the marketplaces counted as over their budget. */
export async function callsOverBudget(stage: Stage): Promise<number> {
  let over = 0
  for (const [channel, simulator] of stage.simulators) {
    over += overBudget(channel, await simulator.get<CallCount[]>('calls'))
  }
  return over
}
