/**
 * What is sold: products, their variants (one SKU each) and sets (세트) made of other variants.
 *
 * Start in products.ts. Tables: the `catalog` schema.
 */
export { createProducts, type NewProduct } from './products.ts'
export { normaliseSku } from './skus.ts'
export { openVariantCache, type VariantCache } from './variant-cache.ts'
export { componentsOf, findVariants, readVariants, setsThatContain, type Variant } from './variants.ts'
