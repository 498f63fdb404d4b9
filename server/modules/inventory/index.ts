/**
 * Stock: what lies where, what is spoken for, and what may still be sold. The heart of jaego.
 *
 * Every verb is plural, takes the transaction first and is one decision: start in apply.ts, then decide.ts. Movements
 * are the only writers of levels. Tables: the `inventory` schema.
 */
export { applyStock, levelsChanged, shortagesChanged } from './apply.ts'
export { type Availability, lockAvailability, movePromised, readAvailability } from './availability.ts'
export { expireDueHolds } from './expiry.ts'
export { stillMissing } from './missing.ts'
export {
  fingerprintOf,
  type LinePart,
  type Missing,
  type ReserveRequest,
  type StockOutcome,
  type StockRequest,
} from './requests.ts'
export { readReserved } from './reserved.ts'
export { type OwnWarehouses, openOwnWarehouses } from './warehouse-cache.ts'
export { createWarehouses, listWarehouses } from './warehouses.ts'
