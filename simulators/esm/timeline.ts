/** Rows by date, so that a window costs what it holds and not what was ever sold. `seq` decides between equal dates. */
export type Timeline<Row> = { readonly at: number; readonly seq: number; readonly row: Row }[]

/** Nearly always an append; a clock that was set back makes it an insert. */
export function addRow<Row>(timeline: Timeline<Row>, at: number, seq: number, row: Row): void {
  timeline.splice(placeOf(timeline, at, seq), 0, { at, seq, row })
}

export function removeRow<Row>(timeline: Timeline<Row>, at: number, seq: number): void {
  const place = placeOf(timeline, at, seq)
  const found = timeline[place]
  if (found?.at === at && found.seq === seq) timeline.splice(place, 1)
}

export type Window = { from: number; to: number }

/** Rows with from <= at < to, oldest first: how many there are, and `most` of them after the first `skip`. */
export function page<Row>(timeline: Timeline<Row>, { from, to }: Window, skip: number, most: number) {
  const first = placeOf(timeline, from, -1)
  const end = Math.max(first, placeOf(timeline, to, -1))
  const rows = timeline.slice(first + skip, Math.min(first + skip + most, end)).map(({ row }) => row)
  return { total: end - first, rows }
}

/** All of a window. */
export const rowsIn = <Row>(timeline: Timeline<Row>, window: Window): Row[] =>
  page(timeline, window, 0, timeline.length).rows

function placeOf(timeline: Timeline<unknown>, at: number, seq: number): number {
  let [low, high] = [0, timeline.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const row = timeline[middle]!
    if (row.at < at || (row.at === at && row.seq < seq)) low = middle + 1
    else high = middle
  }
  return low
}
