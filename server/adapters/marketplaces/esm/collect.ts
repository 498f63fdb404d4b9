import {
  type Account,
  type AdapterDeps,
  type Capabilities,
  type ChannelClaim,
  ChannelFault,
  type ChannelOrder,
  type Collected,
  type Cursor,
} from '../../../modules/channels/adapter.ts'
import { openTold } from '../told.ts'
import { addWaiting, afterAsking, completeUntil, readWaiting, type Waiting, writeWaiting } from '../waiting.ts'
import { type Ask, sitesOf } from './call.ts'
import type { Goods } from './goods.ts'
import { type Known, readKnown, writeKnown } from './known.ts'
import { listOrders, listStatuses, type Span, type Whereabouts } from './lists.ts'
import { afterTelling, isOver, type OpenClaims, readOpen, writeOpen } from './open-claims.ts'
import { type Advance, openRound, type Round } from './round.ts'
import type { StockTakenAt } from './rows.ts'
import { STATES } from './rows.ts'
import { keyOf, readKey } from './sites.ts'
import { readSlow, type Slow, slowIn, slowOut } from './slow.ts'

const DAY_MS = 24 * 3_600_000

/** The lists go by the marketplace's clock, of which nothing tells how far it is off, and by whole minutes. */
const DEFAULT_OVERLAP_MS = 300_000

/** Claims are asked for by whole days. A request lives a day at most, unless somebody answers it. */
const CLAIMS_BACK_MS = 2 * DAY_MS

/** Orders looked for one by one in a collection: two to three calls each. */
const MOST_LOOKED_FOR = 30

/** What was told stays inside the overlap for minutes; claims for days. */
const MOST_TOLD = 5_000
const MOST_REMEMBERED = 5_000
const MOST_REMEMBERED_CLAIMS = 500
const MOST_ACTED = 1_000

/** Our clock. since: the first collection. through: the last one. begun: the last complete one. */
type State = {
  since: number
  through: number
  begun: number
  waiting: Waiting[]
  known: Known
  open: OpenClaims
  slow: Slow
}

/** What we did to an order: what our act brought it to; null when only a look tells. */
type Acted = Advance | null

export type EsmCollector = {
  collectOrders(cursor: Cursor | null): Promise<Collected>
  /** The next collection tells this order again, since we acted on it. */
  acted(key: string, to: Acted): void
}

export function openCollector(
  account: Account,
  deps: AdapterDeps,
  ask: Ask,
  goods: Goods,
  capabilities: Capabilities,
): EsmCollector {
  const sites = sitesOf(account)
  const overlapMs = Number(account.settings.overlapMs ?? DEFAULT_OVERLAP_MS)
  const taken: StockTakenAt = account.settings.stockTakenAt === 'order' ? 'order' : 'payment'
  const told = openTold()
  const acts = new Map<string, Acted>()
  /** Orders as they were last told, by the key of their order number. */
  const book = new Map<string, ChannelOrder>()
  /** Returns and exchanges as they were last told, while they are not over. */
  const claimBook = new Map<string, ChannelClaim>()

  async function collectOrders(cursor: Cursor | null): Promise<Collected> {
    const begunAt = deps.clock.now()
    const state = stateOf(cursor, begunAt) ?? firstState(begunAt - capabilities.firstLookbackMs, begunAt)
    const from = Math.min(state.through, begunAt) - overlapMs
    const acted = new Map(acts)
    const { since, known: knownBefore, open } = state
    const before = told.since(cursor)
    const round = openRound({ ask, goods, sites, taken, book, known: knownBefore, open, claimBook, since, before })
    await readLists(round, { from, to: begunAt + DAY_MS }, cursor === null)
    const statuses = await listStatuses(ask, 1, { from, to: begunAt + DAY_MS })
    const { slow, news } = await readSlow(ask, sites, state.slow, begunAt, account.settings)
    for (const listed of news.orders) round.addListed(listed)

    const moved = [
      ...statuses.filter(({ status }) => cursor !== null || status <= 2),
      // Seen by others' acts alone, an order we were never told of left before we came.
      ...news.statuses.filter(({ orderNo }) => keyKnown(round, orderNo) !== null),
    ]
    const { waiting, asked } = await lookFor(round, state, moved, acted)
    for (const [key, to] of acted) if (to !== null) round.advance(key, to)
    const seen = [...acted].filter(([key, to]) => asked.has(key) || (to !== null && book.has(key)))
    await round.readCancels({ from: Math.min(state.through, begunAt) - CLAIMS_BACK_MS, to: begunAt + DAY_MS })
    await round.addClaims(news.claims)
    round.addExchanged(news.exchanged)

    const { orders, claims, versions, unread } = await round.end()
    const waits = addWaiting(waiting, unread, state.begun)
    const known = withTold(knownBefore, orders)
    const stillOpen = afterTelling(open, claims)
    const next = cursorOf({ since, through: begunAt, begun: begunAt, waiting: waits, known, open: stillOpen, slow })
    for (const order of orders.values()) remember(book, order)
    for (const claim of claims) rememberClaim(claimBook, claim)
    for (const [key, to] of seen) if (acts.get(key) === to) acts.delete(key)
    told.handOut(next, new Map([...versions].slice(-MOST_TOLD)))
    return { orders: round.carts(orders), claims, next, begunAt: completeUntil(begunAt, waits) }
  }

  /** The first time what is being prepared as well; what went out before we came is none of ours. */
  async function readLists(round: Round, span: Span, isFirst: boolean): Promise<void> {
    for (const site of sites) {
      for (const status of isFirst ? [1, 2] : [1]) {
        round.addListed(await listOrders(ask, site, { status, dateType: 2 }, span))
      }
    }
  }

  /**
   * Looks one by one for orders that the lists left out: rows that could not be read, orders that somebody else has
   * moved on or that are paid and not listed yet, and those we acted on. Answers the ones that still wait.
   */
  async function lookFor(
    round: Round,
    state: State,
    moved: readonly Whereabouts[],
    acted: ReadonlyMap<string, Acted>,
  ): Promise<{ waiting: Waiting[]; asked: ReadonlySet<string> }> {
    const unseen: string[] = []
    const optional: string[] = [...acted].flatMap(([key, to]) => (to === null || !book.has(key) ? [key] : []))
    for (const where of moved) {
      if (!round.isNews(where)) continue
      const key = keyKnown(round, where.orderNo)
      const to = STATES[where.status]
      if (key === null) unseen.push(where.orderNo)
      else if (to && book.has(key)) round.advance(key, { to })
      else optional.push(key)
    }
    const waiting = addWaiting(state.waiting, [...round.unread(), ...unseen], state.begun)
    // The least often asked first, so that a few hopeless ones do not keep the others from being asked for.
    const first = waiting.toSorted((a, b) => a.tries - b.tries).map(({ id }) => id)
    const asked = new Set([...first, ...optional].slice(0, MOST_LOOKED_FOR))
    for (const key of optional) if (!asked.has(key)) round.forget(key)
    const found = new Set<string>()
    for (const id of asked) if (await round.look(id)) found.add(id)
    return { waiting: afterAsking(waiting, asked, found), asked }
  }

  function keyKnown(round: Round, orderNo: string): string | null {
    return sites.map((site) => keyOf(site, orderNo)).find((key) => round.has(key)) ?? null
  }

  return {
    collectOrders,
    acted: (key, to) => {
      if (readKey(key)?.site && acts.size < MOST_ACTED) acts.set(key, to)
    },
  }
}

function withTold(before: Known, orders: ReadonlyMap<string, ChannelOrder>): Known {
  const known: Known = new Map(before)
  for (const [key, { lines }] of orders) {
    known.set(
      key,
      lines.map(({ quantity }) => quantity),
    )
  }
  return known
}

function remember(book: Map<string, ChannelOrder>, order: ChannelOrder): void {
  const key = order.lines[0]!.actionKey
  book.delete(key)
  if (book.size >= MOST_REMEMBERED) book.delete(book.keys().next().value!)
  book.set(key, order)
}

function rememberClaim(claimBook: Map<string, ChannelClaim>, claim: ChannelClaim): void {
  claimBook.delete(claim.claimKey)
  if (claim.kind === 'cancel' || isOver(claim)) return
  if (claimBook.size >= MOST_REMEMBERED_CLAIMS) claimBook.delete(claimBook.keys().next().value!)
  claimBook.set(claim.claimKey, claim)
}

function firstState(from: number, now: number): State {
  return {
    since: now,
    through: from,
    begun: from,
    waiting: [],
    known: new Map(),
    open: new Map(),
    slow: slowIn(null, now),
  }
}

function stateOf(cursor: Cursor | null, now: number): State | null {
  if (!cursor || typeof cursor.through !== 'number' || typeof cursor.begun !== 'number') return null
  const { since, through, begun } = cursor
  return {
    since: typeof since === 'number' ? since : through,
    through,
    begun,
    waiting: readWaiting(cursor.waiting),
    known: readKnown(cursor.known),
    open: readOpen(cursor.open),
    slow: slowIn(cursor, now),
  }
}

function cursorOf(state: State): Cursor {
  const waiting = writeWaiting(state.waiting)
  if (waiting === null) throw new ChannelFault('garbled', 'most orders are not what the contract says')
  const { since, through, begun } = state
  return {
    since,
    through,
    begun,
    waiting,
    known: writeKnown(state.known),
    open: writeOpen(state.open),
    ...slowOut(state.slow),
  }
}
