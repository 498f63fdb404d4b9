/**
 * Orders: what was bought, on which channel, and how far along each line is.
 *
 * Start in take-orders.ts; the states are in states.ts. Claims (cancel, return, exchange): claims.ts, then
 * claim-effects.ts for what they do to stock. Tables: the `orders` schema.
 */
export { readdressOrders } from './address-queries.ts'
export { answersGiven } from './claim-answers.ts'
export { settleLines, type TakenBack } from './claim-effects.ts'
export type { ClaimOffers, OffersOf } from './claim-offers.ts'
export {
  type AnswerHeard,
  type AnswerToTell,
  answersTold,
  holdAnswersToTell,
  leaseAnswersToTell,
  type TellingResult,
} from './claim-telling.ts'
export { joinClaims, recordClaims, type ToldClaim } from './claims.ts'
export { completeLines } from './completion.ts'
export { inspectReturns } from './inspect-returns.ts'
export { type OrderLaneOutcome, type OrderLaneRequest, orderLane } from './lane.ts'
export {
  acknowledgeLines,
  addLines,
  advanceLines,
  cancelLines,
  type KnownLine,
  type LineAt,
  linesDelivered,
  linesToAcknowledge,
  listingsWaitedFor,
  mapLines,
  readLines,
  shipLines,
  waitingLines,
} from './lines.ts'
export { type OrderNumbers, openOrderNumbers } from './numbers.ts'
export { takeShippedOrders } from './shipped-at-once.ts'
export {
  findOrderId,
  lockOrdersToShip,
  type OrderToShip,
  readLinesOfOrders,
  readyToShip,
  shipUnits,
} from './shipping.ts'
export { followShortages } from './shortages.ts'
export { isAhead } from './states.ts'
export { noteStayingParcels } from './staying-queries.ts'
export { type NewLine, type NewOrder, takeOrders } from './take-orders.ts'
