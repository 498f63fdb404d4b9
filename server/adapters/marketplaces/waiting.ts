/**
 * Rows a marketplace named but would not show, or showed in a form we cannot read: kept in the cursor and
 * asked for again, so that one bad row neither hides an order nor stops the others.
 */
export type Waiting = {
  id: string /** Epoch ms, our clock: the collection is not complete from here on. */
  since: number
  tries: number
}

/** Some ten minutes of polling. After that the row is dropped: the marketplace will not show it. */
const MOST_TRIES = 200

/** A cursor stays a small row. */
const MOST_ROWS = 200

export function readWaiting(text: unknown): Waiting[] {
  if (typeof text !== 'string' || text === '') return []
  return text.split(' ').flatMap((entry) => {
    const [id = '', since = '', tries = ''] = entry.split(':')
    return id && /^\d+$/.test(since) && /^\d+$/.test(tries) ? [{ id, since: Number(since), tries: Number(tries) }] : []
  })
}

/** Null when more rows wait than a cursor may hold: then the answers as a whole are not to be believed. */
export function writeWaiting(rows: readonly Waiting[]): string | null {
  return rows.length > MOST_ROWS ? null : rows.map((row) => `${row.id}:${row.since}:${row.tries}`).join(' ')
}

/** `completeAt` is when the last complete collection began: a row that is new today was made after it. */
export function addWaiting(before: readonly Waiting[], ids: readonly string[], completeAt: number): Waiting[] {
  const known = new Set(before.map(({ id }) => id))
  const added = [...new Set(ids)].filter((id) => !known.has(id))
  return [...before, ...added.map((id) => ({ id, since: completeAt, tries: 0 }))]
}

/** Found rows wait no more; the others that were asked for have one more try behind them. */
export function afterAsking(
  waiting: readonly Waiting[],
  asked: ReadonlySet<string>,
  found: ReadonlySet<string>,
): Waiting[] {
  return waiting
    .filter(({ id }) => !found.has(id))
    .map((row) => (asked.has(row.id) ? { ...row, tries: row.tries + 1 } : row))
    .filter(({ tries }) => tries < MOST_TRIES)
}

/** A collection with rows waiting is complete only up to the oldest of them. */
export function completeUntil(begunAt: number, rows: readonly Waiting[]): number {
  return rows.reduce((least, row) => Math.min(least, row.since), begunAt)
}
