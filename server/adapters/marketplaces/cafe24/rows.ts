import { z } from 'zod'
import { anId, anInstant, maybeInstant, someText, units } from '../answers.ts'

/** What the API tells of an order, as far as we use it. */

/** "9000.00"; won have no parts. */
const money = z
  .union([z.string().regex(/^-?\d{1,12}(\.0{1,4})?$/), z.int()])
  .transform(Number)
  .refine(Number.isSafeInteger)

const maybeMoney = money.nullish().transform((won) => won ?? null)

const itemNo = z.union([z.int().positive(), z.string().regex(/^[\w-]{1,40}$/)]).transform(String)

/** Documented as a list, empty for most rows; one alone is taken too. */
const itemNos = z
  .union([z.array(itemNo), itemNo.transform((no) => [no])])
  .nullish()
  .transform((nos) => nos ?? [])

/** What the API tells as an item of an order; units of one line may stand in several. */
const itemRow = z.object({
  item_no: itemNo.nullish(),
  order_item_code: z.string().regex(/^\d{8}-\d{1,12}-\d{1,6}$/),
  product_no: anId.refine((no) => /^[1-9]\d{0,18}$/.test(no)),
  variant_code: z.string().regex(/^[A-Z0-9]{12}$/),
  custom_product_code: someText(100),
  custom_variant_code: someText(100),
  product_name: someText(),
  option_value: someText(),
  product_price: money,
  option_price: maybeMoney,
  quantity: units,
  order_status: z.string().regex(/^[A-Z]\d{2}$/),
  claim_code: someText(64),
  claim_quantity: units.nullish(),
  claim_reason_type: someText(10),
  claim_reason: someText(2_000),
  original_item_no: itemNos,
  shipping_code: someText(64),
  tracking_no: someText(64),
  market_cancel_request: someText(5),
  shipped_date: maybeInstant,
  delivered_date: maybeInstant,
  cancel_request_date: maybeInstant,
  return_request_date: maybeInstant,
  exchange_request_date: maybeInstant,
})

export type ItemRow = z.infer<typeof itemRow>

const receiver = z.object({
  name: someText(100),
  cellphone: someText(50),
  phone: someText(50),
  zipcode: someText(20),
  address1: someText(),
  address2: someText(),
  shipping_message: someText(1_000),
})

/**
 * One row of an order's `cancellation`, `return` or `exchange`. A status and times of its own are assumed; as documented it
 * tells `undone`, and its items are rows like those of the order, with an order_status each.
 */
const claimRow = z.object({
  claim_code: z.string().regex(/^[\w-]{1,64}$/),
  claim_status: z
    .string()
    .regex(/^[CRE]\d{2}$/)
    .nullish(),
  undone: someText(5),
  claim_reason_type: someText(10),
  claim_reason: someText(2_000),
  claim_request_date: maybeInstant,
  claim_accept_date: maybeInstant,
  claim_complete_date: maybeInstant,
  order_item_code: z.array(z.string()).nullish(),
  items: z
    .array(z.object({ order_item_code: z.string(), quantity: units.nullish(), order_status: someText(5) }))
    .nullish(),
})

export type ClaimRow = z.infer<typeof claimRow>

export const orderRow = z
  .object({
    order_id: z.string().regex(/^\d{8}-\d{1,12}$/),
    order_place_id: someText(64),
    order_date: anInstant,
    payment_date: maybeInstant,
    actual_order_amount: z.object({ shipping_fee: maybeMoney }).nullish(),
    buyer: z.object({ name: someText(100) }).nullish(),
    receivers: z.array(receiver).nullish(),
    items: z.array(itemRow).min(1),
    cancellation: z.array(claimRow).nullish(),
    return: z.array(claimRow).nullish(),
    exchange: z.array(claimRow).nullish(),
  })
  // A row that names another order is no row of this one, and a line lost would be units sold twice.
  .refine((order) => order.items.every((item) => item.order_item_code.startsWith(`${order.order_id}-`)), 'items')

export type OrderRow = z.infer<typeof orderRow>

export const receiversAnswer = z.object({ receivers: z.array(receiver).min(1) })

export type Receiver = z.infer<typeof receiver>
