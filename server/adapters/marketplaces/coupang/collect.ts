import {
  type Account,
  type AdapterDeps,
  type Capabilities,
  ChannelFault,
  type ChannelOrder,
  type Collected,
  type Cursor,
} from '../../../modules/channels/adapter.ts'
import { openTold } from '../told.ts'
import { addWaiting, afterAsking, completeUntil, readWaiting, type Waiting, writeWaiting } from '../waiting.ts'
import type { Ask } from './call.ts'
import { receiptOfKey } from './claims.ts'
import { append, emptyListed, type Listed, type QuickList, readReceipt, readSheets, readSpan } from './lists.ts'
import { type OpenClaim, readOpen, writeOpen } from './open-claims.ts'
import { effectsOf, orderOfReceipt, type Receipt, tellsAll, versionOf, withEffects } from './receipts.ts'
import { isSlowTurn, type Rotation, readRotation, rotationIn, rotationOut } from './rotation.ts'
import { ordersOf, type SheetStatus, type ShownSheet, type StockTakenAt } from './sheets.ts'
import { claimNewsOf } from './told-claims.ts'

/** The lists go by the marketplace's clock and show rows a little late. Its signatures bear five minutes of skew. */
const DEFAULT_OVERLAP_MS = 300_000

/** How far the marketplace's clock may be ahead of ours. */
const AHEAD_MS = 240_000

/** The whole budget is four calls a second, so one order or receipt at a time is asked for only this often in a collection. */
const MOST_WAITING_ASKED = 5
const MOST_TOUCHED_ASKED = 3
const MOST_CANCELLED_ASKED = 10
const MOST_RECEIPTS_ASKED = 3

const MOST_TOUCHED = 200

/** Receipts stay inside the overlap for minutes; this many is a busy month's. */
const MOST_TOLD = 5_000

/** through: our clock, the last collection. begun: our clock, the last complete one. */
type State = {
  through: number
  begun: number
  waiting: Waiting[]
  rotation: Rotation
  open: OpenClaim[]
  withdrawn: string[]
}

/** Sheets, receipts and claims share one memory of what was told. */
const BOX = 'box '
type Told = [key: string, version: string]

export type CoupangCollector = {
  collectOrders(cursor: Cursor | null): Promise<Collected>
  /** Fetches these boxes again soon, since we acted on them: until then the buyer may have changed the address. */
  touch(boxes: readonly string[]): void
  /** The same by order, since a box that goes in parts leaves its line a new number. */
  touchOrders(orders: readonly string[]): void
  /** Fetches these receipts soon, since we acted on them. */
  touchReceipts(receiptIds: readonly string[]): void
}

export function openCollector(
  account: Account,
  deps: AdapterDeps,
  ask: Ask,
  vendorId: string,
  capabilities: Capabilities,
): CoupangCollector {
  const overlapMs = Number(account.settings.overlapMs ?? DEFAULT_OVERLAP_MS)
  const taken: StockTakenAt = account.settings.stockTakenAt === 'order' ? 'order' : 'payment'
  const told = openTold()
  const touched = new Set<string>()
  const touchedOrders = new Set<string>()
  const touchedReceipts = new Set<string>()

  // In the order an order moves: one that advances while we read is then met again, not missed. Acknowledged
  // elsewhere, an order leaves ACCEPT before we see it there.
  const everyTime: QuickList[] = [
    ...statuses(account.settings.othersAcknowledge === false ? ['ACCEPT'] : ['ACCEPT', 'INSTRUCT']),
    { of: 'receipts', filter: 'CANCEL' },
  ]

  /** UC shows stop requests and returns alike. They can wait for the next collection, as long as the overlap holds them. */
  function listsNow({ rotation, through }: State, begunAt: number): QuickList[] {
    const canWait = begunAt - through < overlapMs / 2 && rotation.round % 2 === 0
    return canWait ? everyTime : [...everyTime, { of: 'receipts', filter: 'UC' }]
  }

  async function collectOrders(cursor: Cursor | null): Promise<Collected> {
    const begunAt = deps.clock.now()
    const state = stateOf(cursor) ?? firstState(begunAt - capabilities.firstLookbackMs)
    const span = { from: Math.min(state.through, begunAt) - overlapMs, to: begunAt + AHEAD_MS }
    const listed = emptyListed()
    for (const list of listsNow(state, begunAt)) append(listed, await readSpan(ask, vendorId, list, span))
    const rotation = await readRotation(ask, vendorId, state.rotation, begunAt, account.settings, listed)
    await readReceipts(state, listed)
    const { waiting, lookedAt } = await readBoxes(state, listed)

    const before = told.since(cursor)
    const news = claimNewsOf(listed, state.open, state.withdrawn, before)
    const receipts = newestOf(listed.receipts).filter(({ receiptId }) => !news.withdrawn.includes(receiptId))
    const sheets = Map.groupBy(listed.sheets, ({ sheet }) => sheet.orderId)
    // What we acted on is told even where it is as it was: that it did not change is the news.
    const isNews = (ofOrder: ShownSheet[]) =>
      ofOrder.some((shown) => lookedAt.has(shown.sheet.orderId) || before.get(boxOf(shown)) !== shown.version)
    const fresh = [...sheets.values()].filter(isNews).flat()
    const orders = new Map(ordersOf(fresh, taken).map((order) => [order.externalId, order]))
    const asked = { orders: news.wantedAgain, most: MOST_CANCELLED_ASKED }
    const versions = await readCancelled(receipts, { ...listed, sheets }, orders, asked, before)
    const { open, withdrawn } = news
    const next = cursorOf({ through: begunAt, begun: begunAt, waiting, rotation, open, withdrawn })
    const shown = listed.sheets.map((row): Told => [boxOf(row), row.version])
    told.handOut(next, new Map([...versions, ...news.versions, ...shown]))
    return { orders: [...orders.values()], claims: news.claims, next, begunAt: completeUntil(begunAt, waiting) }
  }

  /** Receipts we acted on, and on a slow turn one that has been open for a while: an old one is in no list's window. */
  async function readReceipts(state: State, listed: Listed): Promise<void> {
    const ids = new Set([...touchedReceipts].slice(0, MOST_RECEIPTS_ASKED))
    const { round } = state.rotation
    if (isSlowTurn(state.rotation, account.settings) && state.open.length > 0)
      ids.add(receiptOfKey(state.open[round % state.open.length]!.claimKey))
    for (const id of ids) {
      const row = await readReceipt(ask, vendorId, id)
      if (row) listed.receipts.push(row)
      touchedReceipts.delete(id)
    }
  }

  /** Asks box by box for those we could not read and those we acted on. Answers the boxes that still wait. */
  async function readBoxes(state: State, listed: Listed): Promise<{ waiting: Waiting[]; lookedAt: Set<string> }> {
    const waiting = addWaiting(state.waiting, listed.unreadBoxes, state.begun)
    // The least often asked first, so that a few hopeless boxes do not keep the others from being asked for.
    const asked = waiting.toSorted((a, b) => a.tries - b.tries).slice(0, MOST_WAITING_ASKED)
    const boxes = new Set([...asked.map(({ id }) => id), ...[...touched].slice(0, MOST_TOUCHED_ASKED)])
    for (const box of boxes) {
      append(listed, { ...(await sheetsOrNone({ box })), unreadBoxes: [] })
      touched.delete(box)
    }
    const lookedAt = new Set([...touchedOrders].slice(0, MOST_TOUCHED_ASKED))
    for (const order of lookedAt) {
      append(listed, { ...(await sheetsOrNone({ order })), unreadBoxes: [] })
      touchedOrders.delete(order)
    }
    const found = new Set(listed.sheets.map(({ sheet }) => sheet.shipmentBoxId))
    return { waiting: afterAsking(waiting, boxes, found), lookedAt }
  }

  /**
   * Lays cancels over the orders. A line cancelled whole before it was acknowledged is in no list any more;
   * its receipt speaks alone, since asking for its sheet is an error, and many errors block us. What a partial
   * cancel leaves is asked for by order number, as is what a withdrawal makes wanted again.
   */
  async function readCancelled(
    receipts: readonly Receipt[],
    { sheets, unreadOrders }: { sheets: ReadonlyMap<string, ShownSheet[]>; unreadOrders: readonly string[] },
    orders: Map<string, ChannelOrder>,
    asked: { orders: readonly string[]; most: number },
    before: ReadonlyMap<string, string>,
  ): Promise<Map<string, string>> {
    const versions = new Map([...before].filter(([key]) => !key.startsWith(BOX)))
    let left = asked.most
    for (const row of receipts) {
      if (versions.get(row.receiptId) === versionOf(row)) continue
      versions.set(row.receiptId, versionOf(row))
      if (effectsOf(row).length === 0) continue
      const known = orders.get(row.orderId) ?? ordersOf(sheets.get(row.orderId) ?? [], taken)[0]
      const isAskedFor = !known && !tellsAll(row) && left-- > 0
      const base = isAskedFor ? await orderOrGone(row.orderId) : (known ?? 'not_asked')
      orders.set(row.orderId, laidOver(row, base))
    }
    for (const orderId of [...unreadOrders, ...asked.orders]) {
      const isKnown = unreadOrders.includes(orderId) && (versions.has(orderId) || sheets.has(orderId))
      if (isKnown || left-- <= 0) continue
      const order = await orderOrGone(orderId)
      if (order !== 'gone') orders.set(orderId, order)
      if (unreadOrders.includes(orderId)) versions.set(orderId, '')
    }
    return new Map([...versions].slice(-MOST_TOLD))
  }

  async function orderOrGone(order: string): Promise<ChannelOrder | 'gone'> {
    const { sheets } = await sheetsOrNone({ order })
    return ordersOf(sheets, taken).find(({ externalId }) => externalId === order) ?? 'gone'
  }

  async function sheetsOrNone(by: { box: string } | { order: string }): Promise<Listed> {
    try {
      return await readSheets(ask, vendorId, by)
    } catch (error) {
      if (error instanceof ChannelFault && (error.code === 'not_found' || error.code === 'refused'))
        return emptyListed()
      throw error
    }
  }

  const addTo = (kept: Set<string>) => (ids: readonly string[]) => {
    for (const id of ids) if (kept.size < MOST_TOUCHED) kept.add(id)
  }
  return {
    collectOrders,
    touch: addTo(touched),
    touchOrders: addTo(touchedOrders),
    touchReceipts: addTo(touchedReceipts),
  }
}

function boxOf({ sheet }: ShownSheet): string {
  return BOX + sheet.shipmentBoxId
}

/** The same receipt is told by several lists, and may have changed between them: the last one read. */
function newestOf(receipts: readonly Receipt[]): Receipt[] {
  return [...new Map(receipts.map((row) => [row.receiptId, row])).values()]
}

function laidOver(row: Receipt, base: ChannelOrder | 'gone' | 'not_asked'): ChannelOrder {
  const effects = effectsOf(row)
  if (base === 'gone' || base === 'not_asked') return orderOfReceipt(row, effects, base === 'gone')
  const order = withEffects(base, effects, Math.max(row.createdAt, row.modifiedAt ?? 0))
  const shown = new Set(order.lines.map(({ lineKey }) => lineKey))
  const dropped = effects.filter(({ lineKey }) => !shown.has(lineKey))
  return { ...order, lines: [...order.lines, ...orderOfReceipt(row, dropped, true).lines] }
}

function statuses(names: readonly SheetStatus[]): QuickList[] {
  return names.map((status) => ({ of: 'sheets', status }))
}

function firstState(since: number): State {
  return { through: since, begun: since, waiting: [], rotation: rotationIn(null), open: [], withdrawn: [] }
}

function stateOf(cursor: Cursor | null): State | null {
  if (!cursor || typeof cursor.through !== 'number' || typeof cursor.begun !== 'number') return null
  const { through, begun } = cursor
  const withdrawn = typeof cursor.withdrawn === 'string' && cursor.withdrawn !== '' ? cursor.withdrawn.split(' ') : []
  const rotation = rotationIn(cursor)
  return { through, begun, waiting: readWaiting(cursor.waiting), rotation, open: readOpen(cursor.open), withdrawn }
}

function cursorOf(state: State): Cursor {
  const waiting = writeWaiting(state.waiting)
  if (waiting === null) throw new ChannelFault('garbled', 'most order sheets are not what the contract says')
  const { through, begun, withdrawn } = state
  const claims = { open: writeOpen(state.open), withdrawn: withdrawn.join(' ') }
  return { through, begun, waiting, ...claims, ...rotationOut(state.rotation) }
}
