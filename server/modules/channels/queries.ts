import { plain } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'

const INSERT_MARKERS = statement<never>(
  'channels_insert_markers',
  `insert into channels.marker (company_id, variant_id, marked_at)
   select *, kernel.now() from unnest($1::uuid[], $2::uuid[])`,
)

export const insertMarkers = (tx: Tx, variants: readonly { company: string; variantId: string }[]): void =>
  tx.write(INSERT_MARKERS, [
    plain(variants.map((variant) => variant.company)),
    plain(variants.map((variant) => variant.variantId)),
  ])
