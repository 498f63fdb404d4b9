import type { Tx } from '../../kernel/db.ts'
import * as sql from './queries.ts'

export type NewProduct = {
  company: string
  name: string
  status: 'draft' | 'active' | 'archived'
  description: string
  category: string
  tags: readonly string[]
  /** Integer minor units: won, or pence. */
  basePrice: number
  currency: string
  variants: readonly NewVariant[]
}

export type NewVariant = {
  /** As written: BRK-1234-RD-V2. */
  sku: string
  name: string
  attributes: Readonly<Record<string, string>>
  price: number
  weightGrams: number | null
  /** How far orders at 0 are welcome (안전 마진). */
  margin: number
  /** A set names its parts, which exist already. */
  components: readonly { variantId: string; quantity: number }[]
}

/** Variant ids per product, in the order given. A SKU that is taken fails with a unique violation; nothing is written. */
export function createProducts(tx: Tx, products: readonly NewProduct[]): string[][] {
  const rows = products.map((product) => ({
    ...product,
    productId: tx.newId(),
    variants: product.variants.map((variant) => ({ ...variant, variantId: tx.newId() })),
  }))
  sql.insertProducts(tx, rows)
  const variants = rows.flatMap((product) =>
    product.variants.map((variant) => ({ ...variant, company: product.company, productId: product.productId })),
  )
  sql.insertVariants(tx, variants)
  const components = variants.flatMap(({ company, variantId, components }) =>
    components.map((component) => ({ company, bundleId: variantId, ...component })),
  )
  if (components.length > 0) sql.insertComponents(tx, components)
  return rows.map((product) => product.variants.map((variant) => variant.variantId))
}
