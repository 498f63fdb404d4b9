import { z } from 'zod'
import { instant } from './numbers.ts'

/** What holds a connection, a listing, a parcel or an answer back where we found it ourselves: a closed list, said in the reader's language. */
export const faultReason = z.enum([
  'renewal_unanswered',
  'renewal_lost',
  'renewal_refused',
  'renewals_too_many',
  'renewal_elsewhere',
  'tokens_not_stored',
  'tokens_of_others',
  'signing_in',
  'credentials_missing',
  'secret_malformed',
  'vendor_unknown',
  'id_malformed',
  'item_missing',
  'quantity_too_large',
  'not_offered',
  'resume_by_hand',
  'own_budget',
  'unanswered',
  'no_words',
  'bundle_waits',
  'carrier_unknown',
  'invoice_malformed',
  'two_invoices',
  'other_invoice',
  'sent_without_invoice',
  'line_missing',
  'cancel_requested',
  'order_cancelled',
  'order_claimed',
  'order_not_shown',
  'wrong_state',
  'order_on_hold',
  'order_came_later',
  'goods_missing',
  'claim_open',
  'line_unmapped',
  'line_not_paid',
  'line_not_open',
  'parcel_needed',
  'whole_order_only',
  'whole_line_only',
  'units_gone',
  'cancelled_fewer',
  'not_cancellable',
  'receive_first',
  'claim_missing',
  'claim_state',
  'claim_without_code',
  'no_open_exchange',
  'setting_missing',
])

export const faultWhy = z.object({
  reason: faultReason,
  /** Questions without an answer. */
  times: z.int().optional(),
  /** Of the first of them. */
  since: instant.optional(),
  /** The number, item, field, carrier, invoice, code or state it is about. */
  what: z.string().optional(),
})

/** `said` is what the marketplace, or the network, wrote: quoted, never translated; '' where it wrote nothing. */
export const fault = z.object({ code: z.string(), why: faultWhy.nullable(), said: z.string(), at: instant })

export type FaultWhy = z.infer<typeof faultWhy>
