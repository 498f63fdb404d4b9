import type { FastifyPluginAsync } from 'fastify'
import type { Clock } from '../kernel/clock.ts'
import type { Database } from '../kernel/db.ts'
import type { GroupCommit } from '../kernel/group-commit.ts'
import type { NewId } from '../kernel/ids.ts'
import type { Secrets } from '../kernel/secrets.ts'
import { catalogRoutes } from '../modules/catalog/http.ts'
import { openVariantCache } from '../modules/catalog/index.ts'
import { CARRIERS } from '../modules/channels/adapter.ts'
import { type ChannelRouteDeps, channelRoutes } from '../modules/channels/http.ts'
import { fulfilmentRoutes } from '../modules/fulfilment/http.ts'
import type { ShippingRules } from '../modules/fulfilment/index.ts'
import { inventoryRoutes } from '../modules/inventory/http.ts'
import { openOwnWarehouses } from '../modules/inventory/index.ts'
import { orderRoutes } from '../modules/orders/http.ts'
import type { OffersOf, OrderLaneOutcome, OrderLaneRequest, OrderNumbers } from '../modules/orders/index.ts'
import { unmappedListings } from '../screens/unmapped.ts'

export type RouteDeps = {
  db: Database
  lane: GroupCommit<OrderLaneRequest, OrderLaneOutcome>
  numbers: OrderNumbers
  newId: NewId
  clock: Clock
  /** Opens what connections sign in with; without, nobody can sign in again and no webhook is taken. */
  secrets?: Secrets
  /** What marketplaces allow of parcels; without, the strictest of every one. */
  shippingRules?: ShippingRules
  /** What sellers may say to claims at marketplaces; without, nothing. */
  claimOffers?: OffersOf
  /** What connections' marketplaces want and can; without, nobody knows of any. */
  offered?: ChannelRouteDeps['offered']
}

/** The routes of every module, on shared memories of the catalog and the warehouses. */
export function moduleRoutes(deps: RouteDeps): FastifyPluginAsync[] {
  const { db, lane, numbers, newId, clock, secrets, shippingRules, claimOffers = async () => null, offered } = deps
  const variants = openVariantCache(db, clock)
  const warehouses = openOwnWarehouses(db, clock)
  return [
    catalogRoutes({ db }),
    inventoryRoutes({ db, newId, warehouses }),
    channelRoutes({
      db,
      unmapped: unmappedListings,
      ...(secrets ? { secrets } : {}),
      ...(offered ? { offered } : {}),
    }),
    fulfilmentRoutes({ db, clock, carriers: CARRIERS, rules: shippingRules ?? (async () => new Map()) }),
    orderRoutes({ db, lane, numbers, newId, clock, variants, warehouses, claimOffers }),
  ]
}
