/** Rows in order of time, so that a window costs what it holds and not what was ever sold. */
export type Dated = { readonly at: number; readonly seq: number }

/** Nearly always an append; a clock that was set back makes it an insert. `seq` decides between equal times. */
export function addRow<Row extends Dated>(timeline: Row[], row: Row): void {
  let place = timeline.length
  while (place > 0 && isBefore(row, timeline[place - 1]!)) place--
  timeline.splice(place, 0, row)
}

/** The rows of from <= at < to, the newest first, one by one: a page stops reading when it is full. */
export function* newestFirst<Row extends Dated>(timeline: readonly Row[], from: number, to: number): Generator<Row> {
  for (let place = firstAtOrAfter(timeline, to) - 1; place >= 0 && timeline[place]!.at >= from; place--) {
    yield timeline[place]!
  }
}

function firstAtOrAfter(timeline: readonly Dated[], at: number): number {
  let [low, high] = [0, timeline.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (timeline[middle]!.at < at) low = middle + 1
    else high = middle
  }
  return low
}

const isBefore = (left: Dated, right: Dated) => left.at < right.at || (left.at === right.at && left.seq < right.seq)
