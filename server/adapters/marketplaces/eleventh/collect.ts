import type { Account, AdapterDeps, Capabilities, Collected, Cursor } from '../../../modules/channels/adapter.ts'
import { endsCollection } from '../stops.ts'
import { openTold } from '../told.ts'
import { addWaiting, afterAsking, completeUntil, type Waiting } from '../waiting.ts'
import type { Ask } from './call.ts'
import { type ClaimRow, claimOf, claimVersion, readClaimRow } from './claims.ts'
import { cursorOf, firstState, type OpenClaim, type State, stateOf } from './cursor.ts'
import {
  CLAIM_LISTS,
  type ClaimListName,
  type ListName,
  MOST_ROWS,
  readList,
  readOrder,
  readStatuses,
  type Span,
} from './lists.ts'
import {
  AWAITS_ADDRESS,
  CANCEL_ASKED,
  lineKeyOf,
  lineOf,
  orderOf,
  readOrderRow,
  type ShownRow,
  type StockTakenAt,
  versionOf,
} from './orders.ts'
import { planOf, type Reading } from './plan.ts'
import {
  askedUnits,
  endLost,
  giftsAfter,
  isLost,
  LONGEST_FOLLOWED_MS,
  nothingSeen,
  openAfter,
  orderNoOf,
  orderNumberIn,
  type Seen,
  takeClaim,
} from './seen.ts'
import type { Fields } from './xml.ts'

/** Orders asked for one by one in a collection; each is a call, and the whole budget is one and a half a second. */
const MOST_ASKED = 15

/** More than this may not be left waiting, or the cursor overflows. */
const MOST_LEFT_WAITING = 150

/** Lines and claims inside the windows of the slow rotation: a week of a busy seller. */
const MOST_TOLD = 40_000

/** The rows last read, for orders that are asked for and only shown without price and option. */
const MOST_REMEMBERED = 5_000

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

export type EleventhCollector = {
  collectOrders(cursor: Cursor | null): Promise<Collected>
  /** Reads these lists in the next collection, since we changed what they show. */
  readAgain(names: readonly ListName[]): void
}

export function openCollector(
  account: Account,
  deps: AdapterDeps,
  ask: Ask,
  capabilities: Capabilities,
): EleventhCollector {
  const taken: StockTakenAt = account.settings.stockTakenAt === 'order' ? 'order' : 'payment'
  const mostRows = Math.max(1, Number(account.settings.mostRows ?? MOST_ROWS))
  const told = openTold()
  const again = new Set<ListName>()
  const remembered = new Map<string, Fields>()

  async function collectOrders(cursor: Cursor | null): Promise<Collected> {
    const begunAt = deps.clock.now()
    const state = stateOf(cursor) ?? firstState(begunAt - capabilities.firstLookbackMs)
    const seen = nothingSeen()
    const before = told.since(cursor)
    const reread = new Set(again)
    for (const reading of planOf(state, begunAt, reread, account.settings)) await readPlanned(seen, reading)
    const lost = state.open.filter((claim) => isLost(claim, seen))
    await readEnds(seen, lost, begunAt)

    const isNews = (row: ClaimRow) => before.get(CLAIM + row.claimKey) !== claimVersion(row)
    const wanted = [
      ...[...seen.claims.values()].filter(isNews).map(({ ordNo }) => ordNo),
      ...lost.map(({ lineKey }) => orderNoOf(lineKey)),
      ...(await giftsThatMoved(state.gifts)),
    ]
    const waiting = await askFor(seen, state, wanted)
    await readRequestsOf(seen, begunAt)
    for (const claim of lost) if (!seen.claims.has(claim.claimKey)) endLost(seen, claim)

    const next: State = {
      through: seen.cut ? state.through : begunAt,
      begun: seen.cut ? state.begun : begunAt,
      waiting,
      open: openAfter(state.open, seen, begunAt),
      gifts: giftsAfter(state.gifts, seen),
      unread: Object.fromEntries(seen.unread),
      round: state.round + 1,
    }
    const collected = tell(seen, before, cursorOf(next), completeUntil(next.begun, waiting), begunAt)
    for (const name of reread) again.delete(name)
    return collected
  }

  async function readPlanned(seen: Seen, { name, span, optional }: Reading): Promise<void> {
    try {
      await readInto(seen, name, span)
    } catch (error) {
      if (!optional || endsCollection(error)) throw error
    }
  }

  async function readInto(seen: Seen, name: ListName, span: Span): Promise<void> {
    const listed = await readList(ask, name, span, mostRows)
    seen.cut ||= listed.cut
    if (!(name in CLAIM_LISTS)) {
      for (const raw of listed.rows) takeLine(seen, raw)
      return
    }
    const list = CLAIM_LISTS[name as ClaimListName]
    if (list.tells === 'requested') seen.requests.add(list.kind)
    for (const raw of listed.rows) {
      const row = readClaimRow(list, raw)
      if (row !== null) takeClaim(seen, row)
      else {
        seen.unreadOrders.add(orderNumberIn(raw))
        const from = Math.max(span.from, span.to - DAY_MS)
        seen.unread.set(list.kind, Math.min(seen.unread.get(list.kind) ?? from, from))
      }
    }
  }

  function takeLine(seen: Seen, raw: Fields): void {
    const shown = readOrderRow(raw)
    if (shown === null) seen.unreadOrders.add(orderNumberIn(raw))
    else {
      seen.lines.set(lineKeyOf(shown.row), shown)
      remember(lineKeyOf(shown.row), raw)
    }
  }

  /** Requests that are in no list any more: taken back, granted, or refused, which no list tells of a cancel. */
  async function readEnds(seen: Seen, lost: readonly OpenClaim[], begunAt: number): Promise<void> {
    for (const kind of new Set(lost.map((claim) => claim.kind))) {
      const since = Math.min(...lost.filter((claim) => claim.kind === kind).map(({ requestedAt }) => requestedAt))
      const span = { from: Math.max(since - MINUTE_MS, begunAt - LONGEST_FOLLOWED_MS), to: begunAt + 4 * MINUTE_MS }
      for (const [name, list] of Object.entries(CLAIM_LISTS)) {
        if (list.kind === kind && list.tells !== 'requested') await readInto(seen, name as ClaimListName, span)
      }
    }
  }

  /** Read anew as a whole: the row that is remembered has no address. */
  async function giftsThatMoved(gifts: readonly string[]): Promise<string[]> {
    const rows = gifts.length === 0 ? [] : await rowsOrNone(readStatuses(ask, gifts))
    const moved = rows.filter(({ ordPrdStat }) => ordPrdStat !== AWAITS_ADDRESS)
    for (const { ordNo, ordPrdSeq } of moved) remembered.delete(`${ordNo}:${ordPrdSeq}`)
    return moved.flatMap(({ ordNo }) => ordNo ?? [])
  }

  /** Asks for orders by number: news of claims first, then those asked for least often. Answers those that still wait. */
  async function askFor(seen: Seen, state: State, wanted: readonly string[]): Promise<Waiting[]> {
    const added = addWaiting(state.waiting, [...wanted, ...seen.unreadOrders], state.begun)
    const first = new Set(wanted)
    const queue = added
      .toSorted((a, b) => Number(first.has(b.id)) - Number(first.has(a.id)) || a.tries - b.tries)
      .map(({ id }) => id)
    const found = new Set(queue.length > 1 ? await readRemembered(seen, queue) : [])
    const asked = new Set(found)
    const rest = queue.filter((id) => !found.has(id))
    for (const id of rest.slice(0, Math.max(MOST_ASKED, rest.length - MOST_LEFT_WAITING))) {
      asked.add(id)
      if (takeOrder(seen, id, await rowsOrNone(readOrder(ask, id)))) found.add(id)
      else if (await readRemembered(seen, [id]).then((ids) => ids.length > 0)) found.add(id)
    }
    return afterAsking(added, asked, found)
  }

  /**
   * A hundred orders a call, of which only the states are told: enough where their lines were read before. Answers
   * the orders that are whole.
   */
  async function readRemembered(seen: Seen, ordNos: readonly string[]): Promise<string[]> {
    const known = ordNos.filter((ordNo) => remembered.has(`${ordNo}:1`))
    if (known.length === 0) return []
    const rows = Map.groupBy(await rowsOrNone(readStatuses(ask, known)), ({ ordNo }) => ordNo)
    return known.filter((ordNo) => takeOrder(seen, ordNo, (rows.get(ordNo) ?? []).map(withRemembered)))
  }

  /** Whether every line of this order could be read. */
  function takeOrder(seen: Seen, ordNo: string, rows: readonly Fields[]): boolean {
    const shown = rows.filter((raw) => raw.ordNo === ordNo).map(readOrderRow)
    for (const row of shown) if (row !== null) takeLine(seen, row.raw)
    return shown.length > 0 && shown.every((row) => row !== null)
  }

  /** An order it will not show now is asked for again; it must not keep the others out. */
  async function rowsOrNone(rows: Promise<Fields[]>): Promise<Fields[]> {
    try {
      return await rows
    } catch (error) {
      if (endsCollection(error)) throw error
      return []
    }
  }

  /** A status row has neither price nor option; with the line as it was read before, the two tell all. */
  function withRemembered(raw: Fields): Fields {
    return { ...remembered.get(`${raw.ordNo}:${raw.ordPrdSeq}`), ...raw }
  }

  function remember(lineKey: string, raw: Fields): void {
    remembered.delete(lineKey)
    remembered.set(lineKey, raw)
    if (remembered.size > MOST_REMEMBERED) remembered.delete(remembered.keys().next().value!)
  }

  /** A line whose cancel is asked for, by a request older than what was read: without it nobody knows how many. */
  async function readRequestsOf(seen: Seen, begunAt: number): Promise<void> {
    const asked = askedUnits(seen.claims)
    const unclear = [...seen.lines].filter(([key, { row }]) => row.ordPrdStat === CANCEL_ASKED && !asked.has(key))
    if (unclear.length === 0) return
    const since = Math.min(...unclear.map(([, { row }]) => row.ordDt))
    const from = Math.max(since - MINUTE_MS, begunAt - LONGEST_FOLLOWED_MS)
    if (from < begunAt) await readInto(seen, 'cancelorders', { from, to: begunAt + 4 * MINUTE_MS })
  }

  function tell(
    seen: Seen,
    before: ReadonlyMap<string, string>,
    next: Cursor,
    completeAt: number,
    begunAt: number,
  ): Collected {
    const asked = askedUnits(seen.claims)
    const versions = new Map(before)
    const changed: ShownRow[] = []
    for (const [key, shown] of seen.lines) {
      const version = versionOf(shown, asked.get(key) ?? 0)
      if (before.get(LINE + key) !== version) changed.push(shown)
      put(versions, LINE + key, version)
    }
    const orders = [...Map.groupBy(changed, ({ row }) => row.ordNo).values()].map((rows) => orderOf(rows, asked, taken))
    const claims = [...seen.claims.values()].filter((row) => {
      const isToldAlready = before.get(CLAIM + row.claimKey) === claimVersion(row)
      put(versions, CLAIM + row.claimKey, claimVersion(row))
      // What the seller cancelled is no buyer's claim; its line tells it.
      return !isToldAlready && !(row.kind === 'cancel' && row.faultBy === 'seller')
    })
    told.handOut(next, new Map([...versions].slice(-MOST_TOLD)))
    const actionKeyOf = (lineKey: string) => {
      const shown = seen.lines.get(lineKey)
      return shown ? lineOf(shown.row, 0, taken).actionKey : ''
    }
    return {
      orders,
      claims: claims.map((row) => claimOf(row, actionKeyOf(row.lineKey), begunAt)),
      next,
      begunAt: completeAt,
    }
  }

  return {
    collectOrders,
    readAgain: (names) => {
      for (const name of names) again.add(name)
    },
  }
}

/** Lines and claims share one memory of what was told. */
const LINE = 'L'
const CLAIM = 'C'

/** At the end of the map, so that what was met longest ago is forgotten first. */
function put(versions: Map<string, string>, key: string, version: string): void {
  versions.delete(key)
  versions.set(key, version)
}
