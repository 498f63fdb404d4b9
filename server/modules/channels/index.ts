/**
 * Channels: every marketplace a view of one pool of stock.
 *
 * Start in reconcile.ts (what each listing should show), push.ts (making it so) and intake.ts (orders in). The port
 * for marketplaces is adapter.ts, the policies are in allocation/. Tables: the `channels` schema.
 */
export { setAlarmsSeen } from './alarm-seen-queries.ts'
export { type JointListing, planJointly } from './allocation/plan.ts'
export { type OfferedOf, openOffered } from './capabilities.ts'
export { openClaimOffers } from './claim-offers.ts'
export type { Connection, NewConnection, Policy } from './connection.ts'
export { createConnection, disconnect, readConnections, setMode, setPaused } from './connections.ts'
export type { ChannelDeps } from './deps.ts'
export { toldOf } from './journal-details.ts'
export { adoptListings, mapListingTo, type NewListing } from './listings.ts'
export { type PushStart, startPushing } from './looked.ts'
export { markVariants } from './markers.ts'
export { KEPT_DAYS } from './old-rows-queries.ts'
export { setPolicy } from './policy.ts'
export { openPreview, type PreviewPush } from './preview.ts'
export { openShippingRules } from './shipping-rules.ts'
