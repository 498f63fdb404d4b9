import type { ItemRow, OrderRow } from './rows.ts'

/** A line as it was bought: the row that was there first, and those that units of it were put into later. */
export type Line = { lineKey: string; first: ItemRow; rows: ItemRow[] }

/** Chains of rows are one long in practice; a circle must not hold us. */
const LONGEST_CHAIN = 20

/** Rows of goods that go out in exchange (N01, N03) are no purchase and belong to no line. */
export function rowsByLine({ items }: Pick<OrderRow, 'items'>): Line[] {
  const bought = items.filter(({ order_status }) => order_status !== 'N01' && order_status !== 'N03')
  const byName = new Map(bought.flatMap((row) => [row.order_item_code, row.item_no ?? ''].map((name) => [name, row])))
  const originalOf = (row: ItemRow): ItemRow => {
    let found = row
    for (let step = 0; step < LONGEST_CHAIN; step++) {
      const original = found.original_item_no.map((name) => byName.get(name)).find((each) => each !== undefined)
      if (original === undefined) break
      found = original
    }
    return found
  }
  const lines = Map.groupBy(bought, (row) => originalOf(row).order_item_code)
  return [...lines].map(([lineKey, rows]) => {
    const first = rows.find((row) => row.order_item_code === lineKey) ?? rows[0]!
    return { lineKey, first, rows: [first, ...rows.filter((row) => row !== first)] }
  })
}
