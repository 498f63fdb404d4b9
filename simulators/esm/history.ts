import type { StockChange } from '../marketplace.ts'

/** The newest changes of a number. `seq` is the place of a change among all changes ever, from 1, without holes. */
export type History = { rows: StockChange[]; forgotten: number }

const MOST_KEPT = 400_000

export const createHistory = (): History => ({ rows: [], forgotten: 0 })

export function remember(history: History, change: Omit<StockChange, 'seq'>): void {
  // A quarter at once: forgetting one by one would move the whole list at every sale.
  if (history.rows.length >= MOST_KEPT) history.forgotten += history.rows.splice(0, MOST_KEPT / 4).length
  history.rows.push({ seq: history.forgotten + history.rows.length + 1, ...change })
}

/** Rows with seq >= sinceSeq, oldest first, at most `limit`. */
export function changesSince(history: History, sinceSeq: number, limit: number): StockChange[] {
  const first = Math.max(0, sinceSeq - history.forgotten - 1)
  return history.rows.slice(first, first + limit)
}
