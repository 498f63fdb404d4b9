import type { Tx } from '../../kernel/db.ts'
import * as sql from './queries.ts'

export type NewWarehouse = {
  company: string
  code: string
  name: string
  address: string
  latitude: number | null
  longitude: number | null
  /** 1 is taken from first. */
  priority: number
  /** Damaged goods lie in a warehouse that is not. */
  sellable: boolean
}

export type Warehouse = NewWarehouse & { warehouseId: string }

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
