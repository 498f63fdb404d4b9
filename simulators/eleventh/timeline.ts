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

/** At most `most` rows dated from <= t < to that are wanted, oldest first. */
export function rowsBetween<Row extends Dated>(
  timeline: Timeline<Row>,
  from: number,
  to: number,
  most: number,
  isWanted: (row: Row) => boolean = () => true,
): Row[] {
  const rows: Row[] = []
  for (let place = firstAtOrAfter(timeline, { at: from, seq: -1 }); place < timeline.length; place++) {
    const row = timeline[place]!
    if (row.at >= to || rows.length >= most) break
    if (isWanted(row)) rows.push(row)
  }
  return rows
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
