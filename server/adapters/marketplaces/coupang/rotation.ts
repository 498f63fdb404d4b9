import type { Account, Cursor } from '../../../modules/channels/adapter.ts'
import { endsCollection } from '../stops.ts'
import type { Ask } from './call.ts'
import { append, type List, type Listed, readOnePage } from './lists.ts'

/**
 * The slow look at everything the quick one leaves out. The lists filter by creation time and by one status,
 * so what changes later must be scanned for: one page every few collections, list after list.
 */
export type Rotation = {
  /** Collections so far. */
  round: number
  /** Which list of SLOW is next. */
  list: number
  /** The page to go on with, '' for the first, and how many were read of this list. */
  token: string
  page: number
  /** Our clock when the first page was read: the span of a list must not move under its pages. */
  since: number
}

const DEFAULT_EVERY = 5
const DEFAULT_DAYS = 7
const DAY_MS = 24 * 3_600_000

/** 20,000 rows of one list; a list that never ends must not hide the others. */
const MOST_PAGES = 400
const LONGEST_TOKEN = 200

/** Stops asked for and stops done come between the statuses, since they free stock; exchanges are slow by nature. */
const SLOW: readonly List[] = [
  { of: 'receipts', filter: 'RU' },
  { of: 'sheets', status: 'INSTRUCT' },
  { of: 'withdrawals' },
  { of: 'sheets', status: 'DEPARTURE' },
  { of: 'receipts', filter: 'CC' },
  { of: 'exchanges', status: 'RECEIPT' },
  { of: 'sheets', status: 'ACCEPT' },
  { of: 'receipts', filter: 'UC' },
  { of: 'sheets', status: 'DELIVERING' },
  { of: 'exchanges', status: 'PROGRESS' },
  { of: 'sheets', status: 'NONE_TRACKING' },
  { of: 'receipts', filter: 'PR' },
  { of: 'exchanges', status: 'CANCEL' },
  { of: 'sheets', status: 'FINAL_DELIVERY' },
  { of: 'exchanges', status: 'SUCCESS' },
  { of: 'exchanges', status: 'REJECT' },
]

/** Reads the next page when its turn has come, into `listed`, and answers where to go on. */
export async function readRotation(
  ask: Ask,
  vendorId: string,
  rotation: Rotation,
  now: number,
  settings: Account['settings'],
  listed: Listed,
): Promise<Rotation> {
  const round = rotation.round + 1
  if (!isSlowTurn(rotation, settings)) return { ...rotation, round }

  const since = rotation.token === '' ? now : rotation.since
  const span = { from: since - Math.max(1, Number(settings.slowDays ?? DEFAULT_DAYS)) * DAY_MS, to: since }
  let token = ''
  try {
    const answer = await readOnePage(ask, vendorId, SLOW[rotation.list % SLOW.length]!, span, rotation.token)
    append(listed, answer)
    token = answer.nextToken
  } catch (error) {
    if (endsCollection(error)) throw error
  }
  const goesOn = token !== '' && token.length <= LONGEST_TOKEN && rotation.page + 1 < MOST_PAGES
  if (goesOn) return { round, list: rotation.list, token, page: rotation.page + 1, since }
  return { round, list: (rotation.list + 1) % SLOW.length, token: '', page: 0, since }
}

/** Whether this collection has time for something slow. */
export function isSlowTurn(rotation: Rotation, settings: Account['settings']): boolean {
  return rotation.round % Math.max(1, Number(settings.slowEvery ?? DEFAULT_EVERY)) === 0
}

export function rotationIn(cursor: Cursor | null): Rotation {
  return {
    round: wholeOf(cursor?.round),
    list: wholeOf(cursor?.slowList) % SLOW.length,
    token: typeof cursor?.slowToken === 'string' ? cursor.slowToken : '',
    page: wholeOf(cursor?.slowPage),
    since: wholeOf(cursor?.slowSince),
  }
}

export function rotationOut(rotation: Rotation): Cursor {
  return {
    round: rotation.round,
    slowList: rotation.list,
    slowToken: rotation.token,
    slowPage: rotation.page,
    slowSince: rotation.since,
  }
}

function wholeOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
}
