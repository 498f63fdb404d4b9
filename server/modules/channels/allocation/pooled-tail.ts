/**
 * The last units of a variant shown everywhere, where the risk the seller states allows it, and the way back to shares.
 * While units are pooled, rights exceed what is available: the only place where they may.
 */
import { apportion } from './apportion.ts'
import type { Action } from './plan.ts'
import { isAtHand, type Part, type Row } from './table.ts'
import { isForeseeable, tailRisk, type Unseen, unseenAtMost } from './tail.ts'

/** Pooling more than this for each listing saves no sale that shares would lose, and costs a call a sale and channel. */
const POOLED_PER_LISTING = 3

export type PooledTail = {
  /** Rows that show shared units, or are on their way back from it: nobody else plans them. */
  rows: ReadonlySet<Row>
  /** Lowerings before raises. */
  actions: Action[]
}

/**
 * Rows that may pool, part by part: shown everywhere, lowered back to shares, or left to rights. What the other rows
 * (strict listings, sets of several variants, the own mall) have, and deserve, is not pooled; their part is left as free.
 */
export function poolTails(parts: readonly Part[], table: readonly Row[]): PooledTail {
  const rows = new Set<Row>()
  const actions: Action[] = []
  for (const part of parts) {
    const sharers = table.filter((row) => maySharePart(row, part))
    if (sharers.length === 0) continue
    const others = needing(table, part).filter(({ row }) => !sharers.includes(row))
    const wanted = poolable(part, sharers, others)
    if (wanted === null && !(part.free < 0 && sharers.some((row) => row.listing.pooled))) continue
    for (const row of sharers) rows.add(row)
    if (wanted === null) actions.push(...leave(part, sharers, others))
    else actions.push(...share(part, sharers, others, wanted))
  }
  const isLowering = ({ kind }: Action) => kind !== 'raise'
  return { rows, actions: [...actions.filter(isLowering), ...actions.filter((action) => !isLowering(action))] }
}

/** Sets of several variants keep to rights: what one part may risk, the other may not. */
const maySharePart = ({ listing, needs }: Row, part: Part): boolean =>
  listing.tail !== undefined &&
  listing.largest > 0 &&
  Number.isFinite(listing.bound) &&
  needs.length === 1 &&
  needs[0]!.part === part

type Need = { row: Row; quantity: number }

const needing = (table: readonly Row[], part: Part): Need[] =>
  table.flatMap((row) => {
    const need = row.needs.find((one) => one.part === part)
    return need ? [{ row, quantity: need.quantity }] : []
  })

const quantityOf = (row: Row): number => row.needs[0]!.quantity

/** Units everybody may show; null where strict shares are to stand. */
function poolable(part: Part, sharers: readonly Row[], others: readonly Need[]): number | null {
  if (sharers.length < 2) return null
  const units = part.available - part.kept - reserved(others)
  const most = POOLED_PER_LISTING * sharers.reduce((sum, row) => sum + quantityOf(row), 0)
  if (units < 1 || units > most) return null
  const sources = sharers.map(unseenOf)
  return isForeseeable(sources) && tailRisk(units, sources) <= riskOf(sharers) ? units : null
}

/** What the others have or should have. */
const reserved = (others: readonly Need[]): number =>
  others.reduce((sum, { row, quantity }) => sum + Math.max(row.listing.bound, row.target) * quantity, 0)

/** The most careful of those who share decides. */
const riskOf = (sharers: readonly Row[]): number => Math.min(...sharers.map(({ listing }) => listing.tail!.risk))

const unseenOf = (row: Row): Unseen => ({
  rate: row.listing.rate,
  watchedMs: row.listing.watchedMs ?? 24 * 3_600_000,
  unseenMs: row.listing.tail!.unseenMs,
  outShare: row.listing.tail!.outShare,
  quantity: quantityOf(row),
})

function share(part: Part, sharers: readonly Row[], others: readonly Need[], units: number): Action[] {
  part.free =
    reserved(others) + part.kept - others.reduce((sum, { row, quantity }) => sum + row.listing.bound * quantity, 0)
  part.left = part.free
  return sharers.flatMap((row) => {
    row.target = Math.min(row.listing.largest, Math.floor(units / quantityOf(row)))
    return isAtHand(row) ? movedTo(row, row.target) : []
  })
}

/**
 * Shares of what is left when unseen sales are taken off: the sets put them back on the shelf. Who cannot be written to
 * keeps what he may sell. Nothing is raised before all rights are covered again.
 */
function leave(part: Part, sharers: readonly Row[], others: readonly Need[]): Action[] {
  const right = (row: Row, quantity: number) => (Number.isFinite(row.listing.bound) ? row.listing.bound * quantity : 0)
  const sources = sharers.map(unseenOf)
  const stuck = sharers.filter((row) => !row.listing.reachable)
  const kept = [...others, ...stuck.map((row) => ({ row, quantity: quantityOf(row) }))]
  const units = kept.reduce((left, { row, quantity }) => left - right(row, quantity), part.available - part.kept)
  const shared = Math.max(0, units - unseenAtMost(riskOf(sharers), sources))
  const reachable = sharers.filter((row) => row.listing.reachable)
  const claims = reachable.map((row) => ({
    weight: row.weight,
    cap: row.listing.largest,
    atLeast: 0 as const,
    needs: [{ budget: 0, quantity: quantityOf(row) }],
  }))
  const targets = apportion(claims, [shared])
  return reachable.flatMap((row, index) => {
    row.target = targets[index]!
    return isAtHand(row) && row.most > row.target ? movedTo(row, row.target) : []
  })
}

function movedTo(row: Row, value: number): Action[] {
  if (row.listing.shown === value) return []
  const kind = value < row.most ? 'lower' : 'raise'
  return [{ kind, listing: row.listing.id, value }]
}
