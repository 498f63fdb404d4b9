import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'

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

const INSERT_WAREHOUSES = statement<never>(
  'inventory_insert_warehouses',
  `insert into inventory.warehouse (company_id, warehouse_id, code, name, address, latitude, longitude, priority,
     sellable, active, created_at)
   select *, true, kernel.now()
   from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[], $8::integer[],
     $9::boolean[])`,
)

export const insertWarehouses = (tx: Tx, warehouses: readonly Warehouse[]): void =>
  tx.write(INSERT_WAREHOUSES, [
    plain(warehouses.map((warehouse) => warehouse.company)),
    plain(warehouses.map((warehouse) => warehouse.warehouseId)),
    texts(warehouses.map((warehouse) => warehouse.code)),
    texts(warehouses.map((warehouse) => warehouse.name)),
    texts(warehouses.map((warehouse) => warehouse.address)),
    plain(warehouses.map((warehouse) => warehouse.latitude)),
    plain(warehouses.map((warehouse) => warehouse.longitude)),
    plain(warehouses.map((warehouse) => warehouse.priority)),
    plain(warehouses.map((warehouse) => warehouse.sellable)),
  ])

const LIST_WAREHOUSES = statement<Warehouse>(
  'inventory_list_warehouses',
  `select company_id as company, warehouse_id as "warehouseId", code, name, address, latitude, longitude, priority,
     sellable
   from inventory.warehouse
   where active and company_id = any ((select kernel.companies())::uuid[])
   order by company_id, priority, warehouse_id
   limit 1000`,
)

export const listWarehouses = (tx: Tx): Promise<Warehouse[]> => tx.query(LIST_WAREHOUSES, [])
