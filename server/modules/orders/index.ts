/**
 * Orders: what was bought, on which channel, and how far along each line is.
 *
 * Start in take-orders.ts; the states are in states.ts. Tables: the `orders` schema.
 */
export { lookUpOrders, type OrderLaneOutcome, type OrderLaneRequest, orderLane } from './lane.ts'
export {
  acknowledgeLines,
  addLines,
  advanceLines,
  cancelLines,
  type KnownLine,
  type LineAt,
  linesToAcknowledge,
  mapLines,
  readLines,
  shipLines,
  waitingLines,
} from './lines.ts'
export { leaseNumbers, type OrderNumbers, openOrderNumbers } from './numbers.ts'
export { type ShippedOutcome, takeShippedOrders } from './shipped-at-once.ts'
export { isAhead, LINE_STATES, type LineState, type OrderState } from './states.ts'
export {
  type NewLine,
  type NewOrder,
  type OrderRequest,
  ordersTaken,
  type TakeOutcome,
  takeOrders,
} from './take-orders.ts'
