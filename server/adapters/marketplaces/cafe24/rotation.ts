import type { Cursor } from '../../../modules/channels/adapter.ts'
import { claimStateOf, claimsIn } from './claims.ts'
import { type DateType, IDS_PER_CALL, type Listed } from './feed.ts'
import type { OrderRow } from './rows.ts'

/**
 * What moves no stock, one look a collection: dates an order gets after its payment, and orders with an open claim,
 * because a claim that is refused or taken back has no date to be found by.
 */
export type Rotation = {
  turn: number
  /** Our clock: how far each of the dates has been read; those never read begin at `start`. */
  since: ReadonlyMap<DateType, number>
  start: number
  openClaims: readonly string[]
}

type Slot = DateType | 'open claims'

const DATES: readonly DateType[] = [
  'cancel_accept_date',
  'return_request_date',
  'shipbegin_date',
  'cancel_complete_date',
  'return_accept_date',
  'exchange_request_date',
  'place_date',
  'return_complete_date',
  'exchange_accept_date',
  'shipend_date',
  'exchange_complete_date',
  'purchaseconfirmation_date',
]

/** In this order; open claims come by twice. */
const SLOTS: readonly Slot[] = [...DATES.slice(0, 6), 'open claims', ...DATES.slice(6), 'open claims']

export const slotOf = ({ turn }: Rotation): Slot => SLOTS[turn % SLOTS.length]!

/** The window to read beside the fast ones, if it is a window's turn. */
export function slowWindow(rotation: Rotation): { type: DateType; since: number } | null {
  const slot = slotOf(rotation)
  return slot === 'open claims' ? null : { type: slot, since: rotation.since.get(slot) ?? rotation.start }
}

/** `begunAt`: our clock, when the collection that has just ended began. */
export function rotationAfter(rotation: Rotation, listed: Listed, begunAt: number): Rotation {
  const slot = slotOf(rotation)
  const since = slot === 'open claims' ? rotation.since : new Map([...rotation.since, [slot, begunAt]])
  const open = new Set(rotation.openClaims)
  for (const [id, { order }] of listed.orders) {
    if (hasOpenClaim(order)) open.add(id)
    else open.delete(id)
  }
  // The newest, should there be more than one call takes: the older ones are still found by their dates.
  return { ...rotation, turn: (rotation.turn + 1) % SLOTS.length, since, openClaims: [...open].slice(-IDS_PER_CALL) }
}

const OPEN = ['requested', 'approved', 'collected']

const hasOpenClaim = (order: OrderRow): boolean => claimsIn(order).some((claim) => OPEN.includes(claimStateOf(claim)))

export const firstRotation = (start: number): Rotation => ({ turn: 0, since: new Map(), start, openClaims: [] })

export function rotationIn(cursor: Cursor, begun: number): Rotation {
  const since = textOf(cursor.slowSince)
    .split(' ')
    .flatMap((entry): [DateType, number][] => {
      const [type = '', at = ''] = entry.split(':')
      const known = DATES.find((date) => date === type)
      return known && /^\d{1,16}$/.test(at) ? [[known, Number(at)]] : []
    })
  return {
    turn: typeof cursor.turn === 'number' && Number.isSafeInteger(cursor.turn) && cursor.turn >= 0 ? cursor.turn : 0,
    since: new Map(since),
    start: typeof cursor.slowStart === 'number' ? cursor.slowStart : begun,
    openClaims: textOf(cursor.openClaims)
      .split(' ')
      .filter((id) => /^\d{8}-\d{1,12}$/.test(id)),
  }
}

export function rotationOut(rotation: Rotation): Cursor {
  return {
    turn: rotation.turn,
    slowSince: [...rotation.since].map(([type, at]) => `${type}:${at}`).join(' '),
    slowStart: rotation.start,
    openClaims: rotation.openClaims.join(' '),
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
