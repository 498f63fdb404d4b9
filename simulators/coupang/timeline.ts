/**
 * Rows in order of creation, so that a window costs what it holds and not what was ever sold:
 * benchmarks ask for the last minutes thousands of times.
 */
export type Dated = { readonly createdAt: number; readonly seq: number }

export type Timeline<Row extends Dated> = Row[]

/** Nearly always an append; a clock that was set back makes it an insert. */
export function addRow<Row extends Dated>(timeline: Timeline<Row>, row: Row): void {
  timeline.splice(firstAtOrAfter(timeline, row), 0, row)
}

export function removeRow<Row extends Dated>(timeline: Timeline<Row>, row: Row): void {
  const at = firstAtOrAfter(timeline, row)
  if (timeline[at] === row) timeline.splice(at, 1)
}

/** At most `most` rows created in from <= t < to, oldest first; `after` leaves out everything up to and including it. */
export function rowsBetween<Row extends Dated>(
  timeline: Timeline<Row>,
  from: number,
  to: number,
  after: Dated | null = null,
  most = Number.POSITIVE_INFINITY,
): Row[] {
  const start =
    after === null || after.createdAt < from ? { createdAt: from, seq: -1 } : { ...after, seq: after.seq + 1 }
  const first = firstAtOrAfter(timeline, start)
  return timeline.slice(first, Math.min(first + most, firstAtOrAfter(timeline, { createdAt: to, seq: -1 })))
}

function firstAtOrAfter(timeline: readonly Dated[], key: Dated): number {
  let [low, high] = [0, timeline.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(timeline[middle]!, key)) low = middle + 1
    else high = middle
  }
  return low
}

const isBefore = (left: Dated, right: Dated) =>
  left.createdAt < right.createdAt || (left.createdAt === right.createdAt && left.seq < right.seq)
