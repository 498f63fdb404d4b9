import { createHash } from 'node:crypto'
import {
  type Account,
  type AdapterDeps,
  type Capabilities,
  type ChannelClaim,
  ChannelFault,
  type Collected,
  type Cursor,
} from '../../../modules/channels/adapter.ts'
import { openTold } from '../told.ts'
import { addWaiting, afterAsking, completeUntil, readWaiting, type Waiting, writeWaiting } from '../waiting.ts'
import { openAddresses } from './addresses.ts'
import type { Ask } from './call.ts'
import { claimsOf } from './claims.ts'
import { type DateType, emptyListed, IDS_PER_CALL, type Listed, readByIds, readWindow } from './feed.ts'
import type { StockTakenAt } from './lines.ts'
import { orderOf } from './orders.ts'
import { firstRotation, type Rotation, rotationAfter, rotationIn, rotationOut, slotOf, slowWindow } from './rotation.ts'

/** The lists go by the marketplace's clock and show orders a little late. */
const DEFAULT_OVERLAP_MS = 300_000

/** How far the marketplace's clock may be ahead of ours. */
const AHEAD_MS = 240_000

/** What moves stock: read every time. The bucket of this API gives two calls a second, so the rest takes turns. */
const FAST: readonly DateType[] = ['order_date', 'pay_date', 'cancel_request_date', 'cancel_date']

const MOST_TOUCHED = 500
/** Orders stay inside the overlap for minutes; this many is a busy month's. */
const MOST_TOLD = 5_000

/** through: our clock, the last collection. begun: our clock, the last complete one. */
type State = { through: number; begun: number; waiting: Waiting[]; rotation: Rotation }

export type Cafe24Collector = {
  collectOrders(cursor: Cursor | null): Promise<Collected>
  /** Reads these orders again in the next collection, since we acted on them; their addresses too, in turn. */
  touch(orderIds: readonly string[]): void
}

export function openCollector(
  account: Account,
  deps: AdapterDeps,
  ask: Ask,
  capabilities: Capabilities,
): Cafe24Collector {
  const overlapMs = Number(account.settings.overlapMs ?? DEFAULT_OVERLAP_MS)
  const taken: StockTakenAt = account.settings.stockTakenAt === 'order' ? 'order' : 'payment'
  const told = openTold()
  const touched = new Set<string>()
  const addresses = openAddresses(ask)

  async function collectOrders(cursor: Cursor | null): Promise<Collected> {
    const begunAt = deps.clock.now()
    const state = stateOf(cursor) ?? firstState(begunAt - capabilities.firstLookbackMs)
    const listed = await readWindows(state, begunAt)
    const again = [...touched].slice(0, IDS_PER_CALL)
    const waiting = await readOneByOne(state, again, listed)

    const before = told.since(cursor)
    const fresh = [...listed.orders].filter(([id, { raw }]) => before.get(id) !== versionOf(raw))
    const asked = await addresses.read(listed, again, fresh)
    const isFresh = new Set(fresh.map(([id]) => id))
    const news = [...listed.orders].filter(([id]) => isFresh.has(id) || asked.has(id))
    const claims = fresh.flatMap(([, { order }]) => claimsOf(order))
    const next = cursorOf({
      through: begunAt,
      begun: begunAt,
      waiting,
      rotation: rotationAfter(state.rotation, listed, begunAt),
    })
    told.handOut(next, versionsTold(before, listed, claims))
    for (const id of again) touched.delete(id)
    return {
      orders: news.map(([id, shown]) => orderOf(shown, taken, asked.get(id) ?? null)),
      claims: claims.filter((claim) => before.get(nameOf(claim)) !== versionOf(claim)),
      next,
      begunAt: completeUntil(begunAt, waiting),
    }
  }

  async function readWindows(state: State, begunAt: number): Promise<Listed> {
    const listed = emptyListed()
    const spanSince = (since: number) => ({ from: Math.min(since, begunAt) - overlapMs, to: begunAt + AHEAD_MS })
    for (const type of FAST) await readWindow(ask, type, spanSince(state.through), listed)
    const slow = slowWindow(state.rotation)
    if (slow) await readWindow(ask, slow.type, spanSince(slow.since), listed)
    return listed
  }

  /** Orders we acted on, those whose row we could not read, and in their turn those with an open claim. */
  async function readOneByOne(state: State, again: readonly string[], listed: Listed): Promise<Waiting[]> {
    const waiting = addWaiting(state.waiting, [...listed.unread], state.begun)
    // The least often asked first, so that a few hopeless rows do not keep the others from being asked for.
    const asked = waiting.toSorted((a, b) => a.tries - b.tries).map(({ id }) => id)
    const open = slotOf(state.rotation) === 'open claims' ? state.rotation.openClaims : []
    const ids = [...new Set([...again, ...asked, ...open])].slice(0, IDS_PER_CALL)
    if (ids.length > 0) await readByIds(ask, ids, listed)
    return afterAsking(waiting, new Set(ids), new Set(listed.orders.keys()))
  }

  return {
    collectOrders,
    touch: (ids) => {
      for (const id of ids) if (touched.size < MOST_TOUCHED) touched.add(id)
    },
  }
}

/** Orders by their number, claims by theirs; what this collection did not hold may be in the next one's windows. */
function versionsTold(
  before: ReadonlyMap<string, string>,
  listed: Listed,
  claims: readonly ChannelClaim[],
): Map<string, string> {
  const now = [...listed.orders].map(([id, { raw }]): [string, string] => [id, versionOf(raw)])
  const nowClaims = claims.map((claim): [string, string] => [nameOf(claim), versionOf(claim)])
  const names = new Set([...now, ...nowClaims].map(([name]) => name))
  const kept = [...before].filter(([name]) => !names.has(name))
  return new Map([...kept, ...now, ...nowClaims].slice(-MOST_TOLD))
}

const nameOf = ({ claimKey }: ChannelClaim): string => `claim ${claimKey}`

const versionOf = (value: unknown): string => createHash('sha1').update(JSON.stringify(value)).digest('base64')

function firstState(since: number): State {
  return { through: since, begun: since, waiting: [], rotation: firstRotation(since) }
}

function stateOf(cursor: Cursor | null): State | null {
  if (!cursor || typeof cursor.through !== 'number' || typeof cursor.begun !== 'number') return null
  const { through, begun } = cursor
  return { through, begun, waiting: readWaiting(cursor.waiting), rotation: rotationIn(cursor, begun) }
}

function cursorOf(state: State): Cursor {
  const waiting = writeWaiting(state.waiting)
  if (waiting === null) throw new ChannelFault('garbled', 'most orders are not what the contract says')
  return { through: state.through, begun: state.begun, waiting, ...rotationOut(state.rotation) }
}
