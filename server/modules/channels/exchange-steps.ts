import type { Tx } from '../../kernel/db.ts'
import { isExact, isExchanging } from './account.ts'
import { ChannelFault, type ItemQuantity, type StockReading } from './adapter.ts'
import { shownAgain, shownZero } from './allocation/demand.ts'
import { type Exchange, exchangeWanted, givenUp, leaving, looked, notApplied, over } from './allocation/exchange.ts'
import type { Connection } from './connection.ts'
import { noteSuccess } from './connection-queries.ts'
import { readConnection } from './connections.ts'
import { chooseNumbers } from './exchange-numbers.ts'
import { type JournalEntry, note } from './journal.ts'
import { type Listing, upToDate } from './listing.ts'
import { listingsOfUnits, updateListings } from './listing-queries.ts'
import { type LockedWithStock, lockWithStock } from './locked.ts'
import { markVariants } from './markers.ts'
import { movePromises } from './promises.ts'
import type { Claim, PushContext } from './push.ts'
import { OFF_SALE } from './read-back.ts'
import { needsOf } from './scope.ts'
import { holdLease, settleUnit } from './unit-queries.ts'
import { URGENCY } from './urgency.ts'

/** What is to be sent next, and then looked at. 'read': nothing, but somebody wants to know. 'over': the claim has ended. */
export type Call =
  | { kind: 'look' | 'stop' | 'resume' | 'read' | 'over' }
  | { kind: 'set'; items: readonly ItemQuantity[] }

/** What was read, by a read begun at `sentAt` (the database's time). */
type Seen = { reading: StockReading; sentAt: number }

/** A unit as this claim found it, under the locks its listings' promises move under. */
type Held = Omit<LockedWithStock, 'listings'> & {
  connection: Connection
  now: number
  before: readonly Listing[]
  /** The same, up to date. */
  listings: readonly Listing[]
}

const OVER: Call = { kind: 'over' }

/** Begins with a look: at what is to be exchanged, or at what whoever came before has left. */
export async function takeUp(tx: Tx, { deps, adapter }: PushContext, claim: Claim): Promise<Call> {
  const held = await hold(tx, claim)
  if (!held) return OVER
  const { listings } = held
  if (listings.some(({ exchange }) => exchange?.adrift)) {
    // The lease is ours, so whoever sent this died before its answer: nothing is asked before it can do nothing more.
    keep(tx, held, listings.map(heldOver))
    const unknownForMs = adapter.capabilities.unknownSettlesMs
    const end = { writeInMs: unknownForMs, unknownForMs, readInMs: null, urgency: URGENCY.drop, succeeded: false }
    settleUnit(tx, claim, end, deps.restMs)
    return OVER
  }
  keep(tx, held, listings)
  if (listings.some((listing) => isExchanging(listing) || wantsExchange(listing, held))) return { kind: 'look' }
  if (claim.read || listings.some(({ shown, exchange }) => shown === null || exchange === null)) return { kind: 'read' }
  settleUnit(tx, claim, { writeInMs: null, readInMs: null, succeeded: true }, deps.restMs)
  return OVER
}

/** Takes note of what was read, chooses numbers where all stands still, and stores what is sent next before it leaves. */
export async function goOn(tx: Tx, { deps }: PushContext, claim: Claim, seen: Seen): Promise<Call> {
  const held = await hold(tx, claim)
  if (!held) return OVER
  const isUnderWay = held.listings.some(isExchanging)
  const taken = isUnderWay ? noted(tx, held, seen) : begun(held, seen)
  const numbered = chooseNumbers(held, taken)
  const at = PHASES.find((phase) => numbered.some(({ exchange }) => exchange?.step.at === phase))
  const sent = numbered.map((listing) => (listing.exchange?.step.at === at ? leavingNow(listing, held.now) : listing))
  keep(tx, held, sent)
  if (at === 'stop' || at === 'resume') return { kind: at }
  if (at === 'set') return { kind: 'set', items: itemsSent(tx, sent) }
  if (at !== undefined) return { kind: 'look' }
  const refused = held.listings.find(({ fault }) => fault === 'refused')?.fault ?? null
  const end = { writeInMs: null, readInMs: null, pushed: isUnderWay, wasRead: true, succeeded: true }
  settleUnit(tx, claim, { ...end, parkedFault: refused }, deps.restMs)
  markVariants(
    tx,
    sent.flatMap(({ company, variantId }) => (variantId === null ? [] : [{ company, variantId }])),
  )
  noteSuccess(tx, held.connection, held.now)
  return OVER
}

/** Steps that something follows, in order: the unit is as far as the last of its listings. */
const PHASES = ['stop', 'stopped?', 'set', 'set?', 'resume', 'resumed?'] as const

/** What was sent has failed, or what was asked was not answered. Answers what is left to do: nothing, resuming, or all. */
export async function letBe(
  tx: Tx,
  claim: Claim,
  outcome: 'unknown' | 'not applied' | 'refused',
  detail: string,
): Promise<'rest' | 'resume' | 'more'> {
  const held = await hold(tx, claim)
  if (!held) return 'rest'
  const after = held.listings.map((listing) => {
    const { exchange } = listing
    if (exchange === null || outcome === 'unknown') return heldOver(listing)
    const again = notApplied(exchange)
    return { ...listing, exchange: outcome === 'refused' ? givenUp(again) : again }
  })
  keep(tx, held, after)
  const failed = held.listings.filter(isExchanging)
  note(
    tx,
    failed.map(({ company, listingId }) => ({ company, listingId, kind: 'failed', value: null, detail })),
  )
  const isAt = (step: Exchange['step']['at']) => after.some(({ exchange }) => exchange?.step.at === step)
  return !after.some(isExchanging) ? 'rest' : isAt('resume') ? 'resume' : 'more'
}

/** Null when the lease was lost: somebody else may be at the unit, and nothing may be done. */
async function hold(tx: Tx, claim: Claim): Promise<Held | null> {
  const { company, connectionId, unit } = claim
  const rows = await listingsOfUnits(tx, company, connectionId, [unit])
  const { listings: before, variants, stock } = await lockWithStock(tx, rows)
  const connection = (await readConnection(tx, company, connectionId))!
  const now = await tx.now()
  if (!(await holdLease(tx, claim))) return null
  const listings = before.map((listing) => upToDate(listing, connection))
  return { variants, stock, connection, now, before, listings }
}

function keep(tx: Tx, { connection, variants, before }: Held, listings: readonly Listing[]): void {
  const changes = before.map((row, i) => ({ before: row, after: listings[i]! }))
  const changed = changes.filter((change) => change.before !== change.after)
  movePromises(tx, connection, changed, variants)
  updateListings(
    tx,
    changed.map(({ after }) => after),
  )
}

const heldOver = (listing: Listing): Listing =>
  listing.exchange === null ? listing : { ...listing, exchange: over(listing.exchange) }

function leavingNow(listing: Listing, now: number): Listing {
  const { step } = listing.exchange!
  const sent = step.at === 'set' ? { sent: step.value, sentAt: now } : {}
  return { ...listing, ...sent, exchange: leaving(listing.exchange!) }
}

/** A raise that the free part cannot pay is not worth a moment off sale. */
function wantsExchange(listing: Listing, { connection, variants, stock }: Held): boolean {
  const { exchange, desired, shown, fault } = listing
  const needs = needsOf(listing, variants)
  if (exchange === null || fault !== null || needs.length === 0) return false
  if (connection.mode === 'observe' || !isExact(connection)) return false
  if (desired === null || shown === null || desired === shown) return false
  const free = (variantId: string) => (stock.get(variantId)?.available ?? 0) - (stock.get(variantId)?.promised ?? 0)
  return desired < shown || needs.every((need) => free(need.variantId) >= need.quantity)
}

/** All of the unit's listings take part, since all are stopped; but what a person took off sale stays so. */
function begun(held: Held, { reading }: Seen): Listing[] {
  const onSale = new Map(reading.items.map((item) => [item.item, item.onSale]))
  const isOpen = (listing: Listing) => onSale.get(listing.item) === true
  const isWorth = held.listings.some((listing) => isOpen(listing) && wantsExchange(listing, held))
  return held.listings.map((listing) => {
    if (listing.exchange === null) return listing
    if (onSale.get(listing.item) === false) return { ...listing, fault: listing.fault ?? OFF_SALE }
    return isWorth && isOpen(listing) ? { ...listing, exchange: exchangeWanted(listing.exchange) } : listing
  })
}

/** A stop and a resume are the unit's: one listing on sale tells of all. */
function noted(tx: Tx, { listings, now }: Held, { reading, sentAt }: Seen): Listing[] {
  const items = new Map(reading.items.map((item) => [item.item, item]))
  const joined = listings.filter(isExchanging)
  const onSale = joined.some(({ item }) => items.get(item)?.onSale)
  const journal: JournalEntry[] = []
  const after = listings.map((listing) => {
    if (!isExchanging(listing)) return listing
    const item = items.get(listing.item)
    if (!item) throw new ChannelFault('not_found', '', { why: { reason: 'item_missing', what: listing.item } })
    const { step } = listing.exchange!
    const counter = item.quantity
    const isSet = step.at === 'set?' && counter === step.value
    const { company, listingId, desiredAt } = listing
    const lag = desiredAt === null ? {} : { lagMs: now - desiredAt }
    if (isSet) journal.push({ company, listingId, kind: 'accepted', value: counter, ...lag })
    return {
      ...listing,
      ...(isSet ? setNow(listing, counter, now) : {}),
      ...{ observed: counter, observedAt: sentAt, shown: counter, shownAt: sentAt, unexplained: 0, racedSince: 0 },
      exchange: looked(listing.exchange!, { counter, onSale, at: now }),
    }
  })
  note(tx, journal)
  return after
}

const setNow = ({ demand, desired, desiredAt }: Listing, value: number, now: number) => ({
  ...{ accepted: value, acceptedAt: now, movedAt: now, desiredAt: desired === value ? null : desiredAt },
  demand: value === 0 ? shownZero(demand, now) : shownAgain(demand, now),
})

/** The numbers that leave now; a listing whose number is right already waits for the others. */
function itemsSent(tx: Tx, sent: readonly Listing[]): ItemQuantity[] {
  const journal: JournalEntry[] = []
  const items = sent.flatMap(({ company, listingId, item, exchange }): ItemQuantity[] => {
    const step = exchange?.step
    if (step?.at !== 'set?') return []
    const detail = `stopped at ${step.counter}`
    journal.push({ company, listingId, kind: 'sent', value: step.value, detail })
    return [{ item, quantity: step.value }]
  })
  note(tx, journal)
  return items
}
