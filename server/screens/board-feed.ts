import type { Board, boardEvents } from '../../contract/board.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Database } from '../kernel/db.ts'
import type { Log } from '../kernel/log.ts'
import type { Wake } from '../kernel/loops.ts'
import { readBoard } from './board.ts'
import { NEWEST, PARCELS } from './board-queries.ts'

/** What a watcher is sent; `id` rises by one and survives nothing: after a restart everybody starts with a reset. */
export type BoardEvent = { id: number; event: keyof typeof boardEvents; data: unknown }

export type BoardFeed = {
  /** Events after `lastId`, then live. Answers a function that ends it. */
  watch(company: string, lastId: number | null, send: (event: BoardEvent) => void): () => void
  close(): void
}

/** Events kept for those who were cut off; who missed more reads the board again. */
const KEPT = 1_000
/** At most this often, however much happens: one look serves every watcher of a company. */
const LEAST_GAP_MS = 200
/** Looks without a nudge: budgets, lags and ages change by themselves. */
const LOOK_EVERY_MS = 1_000

type Room = {
  watchers: Set<(event: BoardEvent) => void>
  kept: BoardEvent[]
  nextId: number
  last: Board | null
  stop: AbortController
}

/**
 * One reader per watched company compares the board with what it was and sends the differences to all watchers. It
 * reads only while somebody watches.
 */
export function openBoardFeed(deps: { db: Database; clock: Clock; log: Log; wake: Wake; demo: boolean }): BoardFeed {
  const rooms = new Map<string, Room>()

  const send = (room: Room, event: BoardEvent['event'], data: unknown) => {
    const told = { id: room.nextId++, event, data }
    room.kept.push(told)
    if (room.kept.length > KEPT) room.kept.shift()
    for (const watcher of room.watchers) watcher(told)
  }

  const look = async (company: string, room: Room): Promise<void> => {
    const board = await deps.db.transaction([company], (tx) => readBoard(tx, company, deps.demo))
    if (room.last) for (const [event, data] of differences(room.last, board)) send(room, event, data)
    room.last = board
  }

  const keepLooking = async (company: string, room: Room): Promise<void> => {
    let nudged: AbortController | null = null
    const topics = ['inventory.levels_changed', 'orders.taken', 'channels.marked', 'channels.due']
    const stopListening = deps.wake.on(topics, () => nudged?.abort())
    while (!room.stop.signal.aborted && room.watchers.size > 0) {
      await look(company, room).catch((error: unknown) => deps.log.warn({ err: error }, 'the board could not be read'))
      await deps.clock.sleep(LEAST_GAP_MS, room.stop.signal)
      nudged = new AbortController()
      await deps.clock.sleep(LOOK_EVERY_MS - LEAST_GAP_MS, AbortSignal.any([nudged.signal, room.stop.signal]))
    }
    stopListening()
    rooms.delete(company)
  }

  const open = (company: string): Room => {
    // Ids begin at the clock, so that a number from before a restart is never mistaken for one of ours.
    const room = {
      watchers: new Set<never>(),
      kept: [],
      nextId: deps.clock.now(),
      last: null,
      stop: new AbortController(),
    }
    rooms.set(company, room)
    return room
  }

  return {
    watch(company, lastId, watcher) {
      const known = rooms.get(company)
      const room = known ?? open(company)
      const missed = lastId === null ? null : room.kept.findIndex((event) => event.id === lastId + 1)
      if (lastId !== null && lastId + 1 !== room.nextId) {
        if (missed === null || missed < 0) watcher({ id: room.nextId - 1, event: 'reset', data: {} })
        else for (const event of room.kept.slice(missed)) watcher(event)
      }
      room.watchers.add(watcher)
      if (!known) void keepLooking(company, room)
      return () => room.watchers.delete(watcher)
    },
    close() {
      for (const room of rooms.values()) room.stop.abort()
    },
  }
}

type Difference = readonly [event: BoardEvent['event'], data: unknown]

/** What changed, whole objects each; the newest wins. */
export function differences(before: Board, now: Board): Difference[] {
  const found: Difference[] = []
  if (differ(before.totals, now.totals)) found.push(['totals', now.totals])
  if (before.variants.length > now.variants.length || before.connections.length > now.connections.length) {
    return [...found, ['reset', {}]]
  }
  if (isParcelPutRight(before, now)) return [...found, ['reset', {}]]
  for (const connection of changed(before.connections, now.connections)) found.push(['connection', connection])
  const variants = changed(before.variants, now.variants)
  if (variants.length > 0) found.push(['variants', variants])
  const orders = changed(before.orders, now.orders)
  if (orders.length > 0) found.push(['orders', orders])
  const known = new Set(before.errors.map((error) => JSON.stringify(error)))
  for (const error of now.errors.toReversed()) if (!known.has(JSON.stringify(error))) found.push(['error', error])
  return found
}

/** Other errors are history and stay. Where the list is full a parcel may only have been pushed out by newer errors. */
function isParcelPutRight(before: Board, now: Board): boolean {
  if (now.errors.length >= NEWEST) return false
  const known = new Set(now.errors.map((error) => JSON.stringify(error)))
  const parcels: readonly string[] = Object.values(PARCELS)
  return before.errors.some((error) => parcels.includes(error.code) && !known.has(JSON.stringify(error)))
}

const differ = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b)

function changed<Row extends { id: string }>(before: readonly Row[], now: readonly Row[]): Row[] {
  const known = new Map(before.map((row) => [row.id, row]))
  return now.filter((row) => differ(known.get(row.id), row))
}
