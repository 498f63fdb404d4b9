import type { Tx } from '../../kernel/db.ts'
import type { NewWarehouse, Warehouse } from './warehouse-queries.ts'
import * as sql from './warehouse-queries.ts'

export type { NewWarehouse, Warehouse }

/** Answers the ids in the order given. A code that is taken fails with a unique violation and nothing is written. */
export function createWarehouses(tx: Tx, warehouses: readonly NewWarehouse[]): string[] {
  const ids = warehouses.map(() => tx.newId())
  sql.insertWarehouses(
    tx,
    warehouses.map((warehouse, i) => ({ ...warehouse, warehouseId: ids[i]! })),
  )
  return ids
}

/** Active warehouses of the companies, by priority. */
export const listWarehouses = (tx: Tx): Promise<Warehouse[]> => sql.listWarehouses(tx)
