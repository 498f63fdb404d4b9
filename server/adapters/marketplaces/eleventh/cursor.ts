import { ChannelFault, type ClaimKind, type Cursor } from '../../../modules/channels/adapter.ts'
import { readWaiting, type Waiting, writeWaiting } from '../waiting.ts'
import type { ClaimRow } from './claims.ts'

/** Where a collection goes on. */
export type State = {
  /** Our clock, the last collection. */
  through: number
  /** Our clock, the last complete one. */
  begun: number
  /** Orders to be asked for by number. */
  waiting: Waiting[]
  /** Claims nobody has answered: their lists are read from the oldest on, so that their end is seen. */
  open: OpenClaim[]
  /** Orders that wait for an address. They will enter the list of paid ones under a date long past. */
  gifts: string[]
  /** Claims of a kind are read again from here on, since a row there could not be read. */
  unread: Partial<Record<ClaimKind, number>>
  /** Collections so far. */
  round: number
}

export type OpenClaim = Pick<ClaimRow, 'claimKey' | 'kind' | 'lineKey' | 'quantity' | 'requestedAt'>

/** A cursor stays a small row. What is beyond is found by the slow rotation, or not followed any more. */
const MOST_OPEN = 200
const MOST_GIFTS = 200

export function firstState(since: number): State {
  return { through: since, begun: since, waiting: [], open: [], gifts: [], unread: {}, round: 0 }
}

export function stateOf(cursor: Cursor | null): State | null {
  if (!cursor || typeof cursor.through !== 'number' || typeof cursor.begun !== 'number') return null
  const { through, begun, round } = cursor
  return {
    through,
    begun,
    waiting: readWaiting(cursor.waiting),
    open: words(cursor.open).flatMap(readOpen),
    gifts: words(cursor.gifts).filter((ordNo) => /^\d{1,19}$/.test(ordNo)),
    unread: Object.fromEntries(words(cursor.unread).flatMap(readUnread)),
    round: typeof round === 'number' && Number.isSafeInteger(round) && round >= 0 ? round : 0,
  }
}

export function cursorOf(state: State): Cursor {
  const waiting = writeWaiting(state.waiting)
  if (waiting === null) throw new ChannelFault('garbled', 'most order rows are not what the contract says')
  return {
    through: state.through,
    begun: state.begun,
    waiting,
    open: state.open.slice(-MOST_OPEN).map(writeOpen).join(' '),
    gifts: state.gifts.slice(-MOST_GIFTS).join(' '),
    unread: Object.entries(state.unread)
      .map(([kind, from]) => `${kind}:${from}`)
      .join(' '),
    round: state.round,
  }
}

const words = (text: unknown): string[] => (typeof text === 'string' && text !== '' ? text.split(' ') : [])

function writeOpen({ claimKey, lineKey, quantity, requestedAt }: OpenClaim): string {
  return `${claimKey}:${lineKey}:${quantity}:${requestedAt}`
}

function readOpen(entry: string): OpenClaim[] {
  const parts = /^(cancel|return|exchange):(\d{1,19}):(\d{1,19}:\d{1,19}):(\d{1,9}):(\d{1,15})$/.exec(entry)
  if (!parts) return []
  const kind = parts[1] as ClaimKind
  return [
    {
      claimKey: `${kind}:${parts[2]}`,
      kind,
      lineKey: parts[3]!,
      quantity: Number(parts[4]),
      requestedAt: Number(parts[5]),
    },
  ]
}

function readUnread(entry: string): [ClaimKind, number][] {
  const parts = /^(cancel|return|exchange):(\d{1,15})$/.exec(entry)
  return parts ? [[parts[1] as ClaimKind, Number(parts[2])]] : []
}
