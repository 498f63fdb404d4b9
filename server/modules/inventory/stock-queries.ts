import { plain } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'

export type LevelOfVariant = {
  variantId: string
  warehouseId: string
  warehouse: string
  name: string
  sellable: boolean
  onHand: number
  reserved: number
  version: number
}

const LEVELS_OF_VARIANTS = statement<LevelOfVariant>(
  'inventory_levels_of_variants',
  `select l.variant_id as "variantId", w.warehouse_id as "warehouseId", w.code as warehouse, w.name, w.sellable,
     l.on_hand as "onHand", l.reserved, l.version
   from unnest($2::uuid[]) as k (variant_id)
   cross join lateral (
     select * from inventory.level where variant_id = k.variant_id and (company_id = $1) is true offset 0) l
   join inventory.warehouse w on w.company_id = l.company_id and w.warehouse_id = l.warehouse_id
   order by l.variant_id, w.priority, w.warehouse_id`,
)

/** Every level of these variants, by the warehouses' priority. */
export const levelsOfVariants = (tx: Tx, company: string, variantIds: readonly string[]): Promise<LevelOfVariant[]> =>
  tx.query(LEVELS_OF_VARIANTS, [company, plain([...new Set(variantIds)])])
