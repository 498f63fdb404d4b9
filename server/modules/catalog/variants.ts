import type { Tx } from '../../kernel/db.ts'
import * as sql from './queries.ts'

export type Variant = {
  company: string
  variantId: string
  sku: string
  /** The product's name and, where it has one, the variant's own. */
  productName: string
  name: string
  price: number
  currency: string
  margin: number
  status: 'draft' | 'active' | 'archived'
  /** What selling one takes; empty for a variant with stock of its own. */
  components: { variantId: string; quantity: number }[]
}

/** By SKU in any letter case; what is unknown is missing from the answer. */
export const findVariants = (tx: Tx, company: string, skus: readonly string[]): Promise<Variant[]> =>
  skus.length === 0 ? Promise.resolve([]) : sql.findVariants(tx, company, skus)

export const readVariants = (
  tx: Tx,
  variants: readonly { company: string; variantId: string }[],
): Promise<Variant[]> => (variants.length === 0 ? Promise.resolve([]) : sql.readVariants(tx, variants))

/** The sets a change of these variants' stock changes too. */
export const setsThatContain = (tx: Tx, variants: readonly { company: string; variantId: string }[]) =>
  variants.length === 0 ? Promise.resolve([]) : sql.setsThatContain(tx, variants)

/** What selling one unit takes: the components of a set, or the variant itself. */
export const componentsOf = (variant: Pick<Variant, 'variantId' | 'components'>) =>
  variant.components.length > 0 ? variant.components : [{ variantId: variant.variantId, quantity: 1 }]
