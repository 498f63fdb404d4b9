/**
 * Rows in order of the date a list goes by, so that a window costs what it holds and not what was ever sold:
 * benchmarks ask for the last minutes thousands of times.
 */
export type Dated = { readonly at: number; readonly seq: number }

export type Timeline<Row extends Dated> = Row[]

/** Nearly always an append; a clock that was set back, or a date older than the row, makes it an insert. */
export function addRow<Row extends Dated>(timeline: Timeline<Row>, row: Row): void {
  timeline.splice(firstAtOrAfter(timeline, row), 0, row)
}

export function removeRow<Row extends Dated>(timeline: Timeline<Row>, row: Row): void {
  const place = firstAtOrAfter(timeline, row)
  if (timeline[place] === row) timeline.splice(place, 1)
}

/** At most `most` rows dated from <= t < to that are wanted, oldest first; `after` leaves out all up to and including it. */
export function rowsBetween<Row extends Dated>(
  timeline: Timeline<Row>,
  { from, to, after = null }: { from: number; to: number; after?: Dated | null },
  most = Number.POSITIVE_INFINITY,
  isWanted: (row: Row) => boolean = () => true,
): Row[] {
  const start = after === null || after.at < from ? { at: from, seq: -1 } : { at: after.at, seq: after.seq + 1 }
  const rows: Row[] = []
  for (let place = firstAtOrAfter(timeline, start); place < timeline.length && rows.length < most; place++) {
    const row = timeline[place]!
    if (row.at >= to) break
    if (isWanted(row)) rows.push(row)
  }
  return rows
}

/** The rows of from <= t < to, the newest first, one by one: a page stops reading when it is full. */
export function* newestFirst<Row extends Dated>(timeline: Timeline<Row>, from: number, to: number): Generator<Row> {
  for (let place = firstAtOrAfter(timeline, { at: to, seq: -1 }) - 1; place >= 0; place--) {
    const row = timeline[place]!
    if (row.at < from) break
    yield row
  }
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

const isBefore = (left: Dated, right: Dated) => left.at < right.at || (left.at === right.at && left.seq < right.seq)
