import { jsons, plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { NewProduct, NewVariant } from './products.ts'
import { normaliseSku } from './skus.ts'
import type { Variant } from './variants.ts'

const INSERT_PRODUCTS = statement<never>(
  'catalog_insert_products',
  `insert into catalog.product (company_id, product_id, status, name, description, category, tags, base_price,
     currency, created_at)
   select k.company_id, k.product_id, k.status, k.name, k.description, k.category, k.tags::text[], k.base_price,
     k.currency, kernel.now()
   from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
     $9::text[]) as k (company_id, product_id, status, name, description, category, tags, base_price, currency)`,
)

export const insertProducts = (tx: Tx, products: readonly (NewProduct & { productId: string })[]): void =>
  tx.write(INSERT_PRODUCTS, [
    plain(products.map((product) => product.company)),
    plain(products.map((product) => product.productId)),
    plain(products.map((product) => product.status)),
    texts(products.map((product) => product.name)),
    texts(products.map((product) => product.description)),
    texts(products.map((product) => product.category)),
    texts(products.map((product) => texts(product.tags))),
    plain(products.map((product) => product.basePrice)),
    texts(products.map((product) => product.currency)),
  ])

const INSERT_VARIANTS = statement<never>(
  'catalog_insert_variants',
  `insert into catalog.variant (company_id, variant_id, product_id, sku, sku_key, name, attributes, price,
     weight_grams, margin, created_at)
   select *, kernel.now()
   from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::bigint[],
     $9::integer[], $10::integer[])`,
)

type VariantRow = NewVariant & { company: string; variantId: string; productId: string }

export const insertVariants = (tx: Tx, variants: readonly VariantRow[]): void =>
  tx.write(INSERT_VARIANTS, [
    plain(variants.map((variant) => variant.company)),
    plain(variants.map((variant) => variant.variantId)),
    plain(variants.map((variant) => variant.productId)),
    texts(variants.map((variant) => variant.sku)),
    texts(variants.map((variant) => normaliseSku(variant.sku))),
    texts(variants.map((variant) => variant.name)),
    jsons(variants.map((variant) => variant.attributes)),
    plain(variants.map((variant) => variant.price)),
    plain(variants.map((variant) => variant.weightGrams)),
    plain(variants.map((variant) => variant.margin)),
  ])

const INSERT_COMPONENTS = statement<never>(
  'catalog_insert_components',
  `insert into catalog.bundle_component (company_id, bundle_variant_id, component_variant_id, quantity)
   select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[])`,
)

export const insertComponents = (
  tx: Tx,
  components: readonly { company: string; bundleId: string; variantId: string; quantity: number }[],
): void =>
  tx.write(INSERT_COMPONENTS, [
    plain(components.map((component) => component.company)),
    plain(components.map((component) => component.bundleId)),
    plain(components.map((component) => component.variantId)),
    plain(components.map((component) => component.quantity)),
  ])

const variantColumns = `
   v.company_id as company, v.variant_id as "variantId", v.sku, p.name as "productName", v.name, v.price, p.currency,
   v.margin, p.status, coalesce(c.components, '[]'::jsonb) as components`
const withProduct = `
   cross join lateral (
     select * from catalog.product where company_id = v.company_id and product_id = v.product_id limit 1) p
   left join lateral (
     select jsonb_agg(jsonb_build_object('variantId', component_variant_id, 'quantity', quantity)
       order by component_variant_id) as components
     from catalog.bundle_component
     where company_id = v.company_id and bundle_variant_id = v.variant_id) c on true`

const FIND_VARIANTS = statement<Variant>(
  'catalog_find_variants',
  `select ${variantColumns}
   from unnest($2::text[]) as k (sku_key)
   cross join lateral (
     select * from catalog.variant where sku_key = k.sku_key and (company_id = $1) is true limit 1) v
   ${withProduct}`,
)

export const findVariants = (tx: Tx, company: string, skus: readonly string[]): Promise<Variant[]> =>
  tx.query(FIND_VARIANTS, [company, texts([...new Set(skus.map(normaliseSku))])])

const READ_VARIANTS = statement<Variant>(
  'catalog_read_variants',
  `select ${variantColumns}
   from unnest($1::uuid[], $2::uuid[]) as k (company_id, variant_id)
   cross join lateral (
     select * from catalog.variant where company_id = k.company_id and variant_id = k.variant_id limit 1) v
   ${withProduct}`,
)

const keysOf = (variants: readonly { company: string; variantId: string }[]) => [
  plain(variants.map((variant) => variant.company)),
  plain(variants.map((variant) => variant.variantId)),
]

export const readVariants = (tx: Tx, variants: readonly { company: string; variantId: string }[]) =>
  tx.query(READ_VARIANTS, keysOf(variants))

const SETS_THAT_CONTAIN = statement<{ company: string; variantId: string }>(
  'catalog_sets_that_contain',
  `select distinct b.company_id as company, b.bundle_variant_id as "variantId"
   from unnest($1::uuid[], $2::uuid[]) as k (company_id, variant_id)
   cross join lateral (
     select * from catalog.bundle_component
     where component_variant_id = k.variant_id and (company_id = k.company_id) is true
     offset 0) b
   order by 1, 2`,
)

export const setsThatContain = (tx: Tx, variants: readonly { company: string; variantId: string }[]) =>
  tx.query(SETS_THAT_CONTAIN, keysOf(variants))
