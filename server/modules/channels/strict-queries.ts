import { plain } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'

const STRICT_VARIANTS = statement<{ variant_id: string }>(
  'channels_strict_variants',
  `select s.variant_id
   from (
     select * from unnest($1::uuid[], $2::uuid[])
     limit cardinality($1)) as k (company_id, variant_id)
   join channels.strict_variant s on s.company_id = k.company_id and s.variant_id = k.variant_id`,
)

/** Which of these never show their last units in two places. */
export async function strictVariants(
  tx: Tx,
  variants: readonly { company: string; variantId: string }[],
): Promise<ReadonlySet<string>> {
  if (variants.length === 0) return new Set()
  const companies = plain(variants.map((variant) => variant.company))
  const rows = await tx.query(STRICT_VARIANTS, [companies, plain(variants.map((variant) => variant.variantId))])
  return new Set(rows.map((row) => row.variant_id))
}

const SET_STRICT = statement<never>(
  'channels_set_strict',
  `insert into channels.strict_variant (company_id, variant_id) values ($1, $2)
   on conflict (company_id, variant_id) do nothing`,
)

const UNSET_STRICT = statement<never>(
  'channels_unset_strict',
  'delete from channels.strict_variant where company_id = $1 and variant_id = $2',
)

export const setStrict = (tx: Tx, company: string, variantId: string, strict: boolean): void =>
  tx.write(strict ? SET_STRICT : UNSET_STRICT, [company, variantId])
