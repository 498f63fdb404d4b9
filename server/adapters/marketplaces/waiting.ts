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
  const kept = rows.filter((row) => row.tries < MOST_TRIES)
  return kept.length > MOST_ROWS ? null : kept.map((row) => `${row.id}:${row.since}:${row.tries}`).join(' ')
}

/**
 * Adds this collection's missing ids to those that waited before; an id that was found waits no more.
 * `completeAt` is when the collection before this one began: an id new today was made after it.
 */
export function stillWaiting(before: readonly Waiting[], missing: readonly string[], completeAt: number): Waiting[] {
  const known = new Map(before.map((row) => [row.id, row]))
  return [...new Set(missing)].map((id) => {
    const row = known.get(id)
    return row ? { ...row, tries: row.tries + 1 } : { id, since: completeAt, tries: 1 }
  })
}

/** A collection with rows waiting is complete only up to the oldest of them. */
export function completeUntil(begunAt: number, rows: readonly Waiting[]): number {
  return rows.reduce((least, row) => Math.min(least, row.since), begunAt)
}
