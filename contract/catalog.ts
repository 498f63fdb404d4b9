import { z } from 'zod'
import { won } from './numbers.ts'

/** A SKU as written on the shelf label: no blanks around it, no control characters. Letter case does not matter. */
export const sku = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u, 'no blanks around it and no control characters')

/** Text on one line. */
export const line = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, 'no control characters')

/** Highest price of one unit, in won: whatever is sold for more is a typing error. */
export const price = won.max(1_000_000_000_000)

/** POST /v1/products */
export const newProduct = z.strictObject({
  name: line(200).min(1),
  status: z.enum(['draft', 'active', 'archived']).optional(),
  description: z.string().max(20_000).optional(),
  category: line(200).optional(),
  tags: z.array(line(50).min(1)).max(50).optional(),
  basePrice: price,
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  variants: z
    .array(
      z.strictObject({
        sku,
        name: line(200).optional(),
        attributes: z.record(line(50).min(1), line(200)).optional(),
        /** The product's base price when it is not given. */
        price: price.optional(),
        weightGrams: z.int().min(0).max(10_000_000).optional(),
        /** How far orders at 0 are welcome (안전 마진). */
        margin: z.int().min(0).max(1_000_000).optional(),
        /** A set (세트) names its parts, which exist already. */
        components: z
          .array(z.strictObject({ sku, quantity: z.int().min(1).max(10_000) }))
          .max(50)
          .optional(),
      }),
    )
    .min(1)
    .max(100),
})

export const productAnswer = z.object({ variants: z.array(z.object({ id: z.uuid(), sku: z.string() })) })

/** GET /v1/variants/{sku} */
export const variantAnswer = z.object({
  id: z.uuid(),
  sku: z.string(),
  productName: z.string(),
  name: z.string(),
  price: z.int(),
  currency: z.string(),
  margin: z.int(),
  status: z.enum(['draft', 'active', 'archived']),
  components: z.array(z.object({ sku: z.string(), quantity: z.int() })),
})

export type NewProductBody = z.infer<typeof newProduct>
