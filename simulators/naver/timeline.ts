/** Rows in order of time, then key. Nearly always appended to; only a clock set back inserts further up. */
export type TimeRow = { at: number; key: string }

export function insertRow<Row extends TimeRow>(rows: Row[], row: Row): void {
  const last = rows.at(-1)
  if (!last || !comesBefore(row, last.at, last.key)) rows.push(row)
  else rows.splice(firstAt(rows, row.at, row.key), 0, row)
}

/** Index of the first row not before (at, key); `rows.length` when there is none. */
export function firstAt(rows: readonly TimeRow[], at: number, key: string): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (comesBefore(rows[middle]!, at, key)) low = middle + 1
    else high = middle
  }
  return low
}

function comesBefore(row: TimeRow, at: number, key: string): boolean {
  return row.at < at || (row.at === at && row.key < key)
}
