import type { Tx } from '../../kernel/db.ts'

/** What a marketplace allows of parcels. */
export type ShippingRule = {
  /** Some lines of what it packs together may go before others. */
  partial: boolean
  /** What is packed together is told in one call; jaego may send it piece by piece, and the telling waits for the last. */
  bundled: boolean
  /** Carrier and invoice may be changed after it was told. */
  corrects: boolean
}

/** Rules by connection; given by compose, since what a marketplace can do is known to channels only. */
export type ShippingRules = (
  tx: Tx,
  company: string,
  connectionIds: readonly string[],
) => Promise<ReadonlyMap<string, ShippingRule>>

/** Of a connection nobody knows the rules of: everything at once, and as it was said the first time. */
export const STRICTEST: ShippingRule = { partial: false, bundled: false, corrects: false }
