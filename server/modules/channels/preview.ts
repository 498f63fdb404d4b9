import type { Tx } from '../../kernel/db.ts'
import { readVariants } from '../catalog/index.ts'
import { readAvailability } from '../inventory/index.ts'
import { capabilitiesOf, type Opening } from './capabilities.ts'
import type { Connection } from './connection.ts'
import { readConnections } from './connections.ts'
import { type Listing, upToDate } from './listing.ts'
import { listingsOfConnection, readListingsOfVariants } from './listing-queries.ts'
import { lookOf } from './looked.ts'
import { planStanding, type Wish } from './planning.ts'
import { scopeOf } from './scope.ts'
import { strictVariants } from './strict-queries.ts'

/** Listings looked at: more than anybody reads before switching, and some tens of milliseconds of planning. */
const LOOKED_MOST = 1_000
/** Listings shown. */
const SHOWN_MOST = 200

export type Preview = {
  connectionId: string
  /** To be repeated by who starts pushing, until `seenUntil`. */
  seen: string
  seenUntil: string
  looked: number
  unread: number
  differing: number
  listings: {
    listingId: string
    item: string
    sku: string
    name: string
    shown: number | null
    shownAt: string | null
    wouldSend: number
  }[]
}

/** Null where there is no such connection, or nobody talks to it. */
export type PreviewPush = (tx: Tx, company: string, connectionId: string) => Promise<Preview | null>

/**
 * What would be sent first if a connection were switched to push now: the plan, made once more as if it could be written
 * to. What is stored as desired does not tell: under rights a connection that cannot be written to keeps what it shows.
 * Reads only, and sends nothing.
 */
export const openPreview =
  (deps: Opening): PreviewPush =>
  async (tx, company, connectionId) => {
    const connections = await readConnections(tx)
    const connection = connections.find((one) => one.connectionId === connectionId)
    if (!connection?.apiSupported || deps.marketplaces[connection.channel] === undefined) return null
    const own = await listingsOfConnection(tx, company, connectionId)
    const looked = own.filter(({ variantId }) => variantId !== null).slice(0, LOOKED_MOST)
    const wishes = await wishesIfPushed(deps, tx, connections, connection, looked)
    const differing = wishes.filter(({ listing, desired }) => desired !== listing.shown).sort(worstFirst)
    const names = await namesOf(tx, differing.slice(0, SHOWN_MOST))
    return {
      connectionId,
      ...lookOf(deps.secrets, connection, await tx.now()),
      looked: looked.length,
      unread: looked.filter(({ shown }) => shown === null).length,
      differing: differing.length,
      listings: differing.slice(0, SHOWN_MOST).map(({ listing, desired }) => ({
        listingId: listing.listingId,
        item: listing.item,
        ...names.get(listing.variantId!)!,
        shown: listing.shown,
        shownAt: listing.shownAt === null ? null : new Date(listing.shownAt).toISOString(),
        wouldSend: desired,
      })),
    }
  }

async function wishesIfPushed(
  deps: Opening,
  tx: Tx,
  connections: readonly Connection[],
  connection: Connection,
  looked: readonly Listing[],
): Promise<Wish[]> {
  const { connectionId } = connection
  const pushed: Connection = { ...connection, mode: 'push', paused: false, parked: false, failures: 0 }
  const byId = new Map(connections.map((one) => [one.connectionId, one.connectionId === connectionId ? pushed : one]))
  const { variants, components } = await scopeOf(tx, variantsOf(looked))
  const listings = await readListingsOfVariants(tx, [...variants.values()])
  const stock = new Map((await readAvailability(tx, components)).map((row) => [row.variantId, row]))
  const largest = new Map<string, number>()
  const { wishes } = planStanding({
    ...{ now: await tx.now(), variants, stock, connections: byId },
    // Whoever switches a connection on lets go what was parked.
    listings: listings.map((listing) => ({
      ...upToDate(listing, byId.get(listing.connectionId)!),
      ...(listing.connectionId === connectionId ? { fault: null } : {}),
    })),
    strict: await strictVariants(tx, [...variants.values()]),
    largest: (one) => {
      const known = largest.get(one.connectionId) ?? largestOf(deps, one)
      largest.set(one.connectionId, known)
      return known
    },
  })
  const asked = new Set(looked.map(({ listingId }) => listingId))
  return wishes.filter(({ listing }) => asked.has(listing.listingId))
}

const largestOf = (deps: Opening, connection: Connection): number =>
  capabilitiesOf(deps, connection)?.largestQuantity ?? 0

const variantsOf = (listings: readonly Listing[]) => [
  ...new Map(listings.map(({ company, variantId }) => [variantId!, { company, variantId: variantId! }])).values(),
]

async function namesOf(tx: Tx, wishes: readonly Wish[]): Promise<Map<string, { sku: string; name: string }>> {
  const variants = await readVariants(tx, variantsOf(wishes.map(({ listing }) => listing)))
  return new Map(
    variants.map(({ variantId, sku, productName, name }) => [
      variantId,
      { sku, name: name === '' ? productName : `${productName} ${name}` },
    ]),
  )
}

/** To zero, then the largest falls, then rises. What was never seen counts as the largest there is. */
function worstFirst(a: Wish, b: Wish): number {
  const fall = ({ listing, desired }: Wish) => (listing.shown ?? Number.MAX_SAFE_INTEGER) - desired
  const toZero = (wish: Wish) => (wish.desired === 0 ? 0 : 1)
  return toZero(a) - toZero(b) || fall(b) - fall(a)
}
