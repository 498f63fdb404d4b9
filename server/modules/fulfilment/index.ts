/**
 * Fulfilment: which goods left the house in which parcel, and what the marketplace has been told of it.
 *
 * Start in ship-lines.ts; telling.ts says how a parcel becomes known at a marketplace (channels asks, we keep count).
 * Tables: the `fulfilment` schema.
 */
export { followDeliveries } from './deliver-lines.ts'
export type { ShippingRule, ShippingRules } from './rules.ts'
export { type NewShipment, type ShipOutcome, shipLines } from './ship-lines.ts'
export {
  claimTellings,
  heedSeenParcels,
  holdTellings,
  settleTellings,
  shipmentsToTell,
  type Telling,
  type TellingEnd,
  type TellingResult,
} from './telling.ts'
