import type { StockChange } from './marketplace.ts'

/** The newest changes of a number. The seq of a row is its place among all changes ever, from 1. */
export type History = { rows: StockChange[]; dropped: number }

const MOST_KEPT = 500_000 // about ten minutes of the largest benchmark; a day of a busy seller

export const createHistory = (): History => ({ rows: [], dropped: 0 })

export function recordChange(
  history: History,
  item: string,
  from: number,
  to: number,
  cause: StockChange['cause'],
  at: number,
): void {
  // Dropped by halves: one by one would move half a million rows at every sale.
  if (history.rows.length >= MOST_KEPT) history.dropped += history.rows.splice(0, MOST_KEPT / 2).length
  history.rows.push({ seq: history.dropped + history.rows.length + 1, at, item, from, to, cause })
}

/** Rows with seq >= sinceSeq, oldest first, at most `limit`. */
export function changesSince(history: History, sinceSeq: number, limit: number): StockChange[] {
  const first = Math.max(0, sinceSeq - history.dropped - 1)
  return history.rows.slice(first, first + limit)
}
