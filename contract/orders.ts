import { z } from 'zod'
import { line, price, sku } from './catalog.ts'
import { instant, won } from './numbers.ts'

const orderState = z.enum([
  'pending',
  'paid',
  'acknowledged',
  'shipped',
  'delivered',
  'completed',
  'cancelled',
  'expired',
])

const address = z.strictObject({
  name: line(100),
  phone: line(50).optional(),
  postalCode: line(20).optional(),
  line1: line(200),
  line2: line(200).optional(),
  memo: line(500).optional(),
})

/** POST /v1/orders */
export const newOrder = z.strictObject({
  /** Your own name for the order. Asking twice under one name takes it once. */
  externalId: line(100).min(1),
  lines: z
    .array(
      z.strictObject({
        sku,
        quantity: z.int().min(1).max(1_000_000),
        /** Won a unit; the catalog's price when it is not given. */
        unitPrice: price.optional(),
      }),
    )
    .min(1)
    .max(200),
  buyerName: line(100).optional(),
  shippingAddress: address.optional(),
  /** Now, when it is not given. */
  orderedAt: z.iso.datetime({ offset: true }).max(40).optional(),
  /** refuse: every line or nothing. record: it is paid already; what is missing is recorded as a shortage. */
  whenShort: z.enum(['refuse', 'record']).optional(),
  /** true: stock is held for 15 minutes, until settled. false: the order is paid. */
  checkout: z.boolean().optional(),
  shippingFee: price.optional(),
  discount: price.optional(),
})

/** What a line asked for and did not find, in sold units. */
export const missingLine = z.object({ pointer: z.string(), sku: z.string(), missing: z.int() })

export const orderTaken = z.object({
  id: z.uuid(),
  number: z.string(),
  /** As it was taken: pending (checkout) or paid. */
  state: orderState,
  short: z.array(missingLine),
  /** Only with checkout: when the hold ends. */
  expiresAt: instant.optional(),
})

export const orderLine = z.object({
  lineNo: z.int(),
  sku: z.string().nullable(),
  productName: z.string(),
  variantName: z.string(),
  unitPrice: won,
  quantity: z.int(),
  multiplier: z.int(),
  cancelled: z.int(),
  shipped: z.int(),
  /** Came back after it had been shipped: sellable, damaged or lost. */
  returned: z.int(),
  /** The kind of its newest open claim. */
  claim: z.enum(['cancel', 'return', 'exchange']).nullable(),
  state: orderState,
})

const orderHead = z.object({
  id: z.uuid(),
  number: z.string(),
  channel: z.string(),
  connectionId: z.uuid().nullable(),
  externalId: z.string(),
  state: orderState,
  currency: z.string(),
  subtotal: z.int(),
  shippingFee: z.int(),
  discount: z.int(),
  tax: z.int(),
  total: z.int(),
  buyerName: z.string(),
  orderedAt: instant,
  paidAt: instant.nullable(),
  takenAt: instant,
  /** Goods are missing; false once they are there. */
  short: z.boolean(),
  unmapped: z.boolean(),
})

/** GET /v1/orders/{id}, and what cancel, settle and ship answer. */
export const orderAnswer = z.object({
  ...orderHead.shape,
  shippingAddress: address.nullable(),
  lines: z.array(orderLine),
})

/** GET /v1/orders?state=&cursor=&limit= : newest first. */
export const orderListQuery = z.strictObject({
  state: orderState.optional(),
  /** `next` of the page before. */
  cursor: z.uuid().optional(),
  limit: z
    .string()
    .regex(/^(?:[1-9]\d?|1\d\d|200)$/, 'a whole number from 1 to 200')
    .optional(),
})
export const orderList = z.object({ orders: z.array(orderHead), next: z.uuid().nullable() })

export type NewOrderBody = z.infer<typeof newOrder>
export type OrderTaken = z.infer<typeof orderTaken>
export type OrderHead = z.infer<typeof orderHead>
export type OrderAnswer = z.infer<typeof orderAnswer>
