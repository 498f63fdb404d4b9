import { instants, jsons, plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { Demand } from './allocation/demand.ts'
import type { Exchange } from './allocation/exchange.ts'
import type { Rights } from './allocation/rights.ts'
import { isSettling, type Listing, storedBound } from './listing.ts'

type ListingRow = {
  company_id: string
  listing_id: string
  connection_id: string
  unit: string
  item: string
  seller_code: string | null
  variant_id: string | null
  multiplier: number
  desired: number | null
  desired_at: Date | null
  sent: number | null
  sent_at: Date | null
  accepted: number | null
  accepted_at: Date | null
  observed: number | null
  observed_at: Date | null
  shown: number | null
  shown_at: Date | null
  rights: Rights
  exchange: Exchange | null
  demand: Demand
  moved_at: Date | null
  lowering: boolean
  fault: string | null
  raced: number
  drifted: number
  unexplained: number
  raced_since: number
  pooled: boolean
}

const listingOf = (row: ListingRow): Listing => ({
  company: row.company_id,
  listingId: row.listing_id,
  connectionId: row.connection_id,
  unit: row.unit,
  item: row.item,
  sellerCode: row.seller_code,
  variantId: row.variant_id,
  multiplier: row.multiplier,
  desired: row.desired,
  desiredAt: ms(row.desired_at),
  sent: row.sent,
  sentAt: ms(row.sent_at),
  accepted: row.accepted,
  acceptedAt: ms(row.accepted_at),
  observed: row.observed,
  observedAt: ms(row.observed_at),
  shown: row.shown,
  shownAt: ms(row.shown_at),
  rights: row.rights,
  exchange: row.exchange,
  demand: row.demand,
  movedAt: ms(row.moved_at),
  lowering: row.lowering,
  fault: row.fault,
  raced: row.raced,
  drifted: row.drifted,
  unexplained: row.unexplained,
  racedSince: row.raced_since,
  pooled: row.pooled,
})

const ms = (at: Date | null): number | null => at?.getTime() ?? null

const columns = `l.company_id, l.listing_id, l.connection_id, l.unit, l.item, l.seller_code, l.variant_id, l.multiplier,
     l.desired, l.desired_at, l.sent, l.sent_at, l.accepted, l.accepted_at, l.observed, l.observed_at, l.shown,
     l.shown_at, l.rights, l.demand, l.moved_at, l.lowering, l.fault, l.raced, l.drifted,
     l.unexplained, l.raced_since, l.pooled, l.exchange`

type VariantAt = { company: string; variantId: string }

const LISTINGS_OF_VARIANTS = statement<{ company_id: string; listing_id: string }>(
  'channels_listings_of_variants',
  `select l.company_id, l.listing_id
   from unnest($1::uuid[], $2::uuid[]) as k (company_id, variant_id)
   cross join lateral (
     select * from channels.listing
     where variant_id = k.variant_id and (company_id = k.company_id) is true
     offset 0) l`,
)

const LOCK_LISTINGS = statement<ListingRow>(
  'channels_lock_listings',
  `select ${columns}
   from (select distinct * from unnest($1::uuid[], $2::uuid[]) as u (company_id, listing_id) order by 1, 2) k
   cross join lateral (
     select * from channels.listing where company_id = k.company_id and listing_id = k.listing_id
     limit 1 for no key update) l`,
)

/** Locked in id order, so that two transactions never wait for each other in a circle. */
export async function lockListings(tx: Tx, at: readonly { company: string; listingId: string }[]): Promise<Listing[]> {
  if (at.length === 0) return []
  const companies = plain(at.map((listing) => listing.company))
  const rows = await tx.query(LOCK_LISTINGS, [companies, plain(at.map((listing) => listing.listingId))])
  return rows.map(listingOf)
}

export async function lockListingsOfVariants(tx: Tx, variants: readonly VariantAt[]): Promise<Listing[]> {
  if (variants.length === 0) return []
  const companies = plain(variants.map((variant) => variant.company))
  const rows = await tx.query(LISTINGS_OF_VARIANTS, [companies, plain(variants.map((variant) => variant.variantId))])
  return lockListings(
    tx,
    rows.map((row) => ({ company: row.company_id, listingId: row.listing_id })),
  )
}

const READ_LISTINGS_OF_VARIANTS = statement<ListingRow>(
  'channels_read_listings_of_variants',
  `select ${columns}
   from unnest($1::uuid[], $2::uuid[]) as k (company_id, variant_id)
   cross join lateral (
     select * from channels.listing
     where variant_id = k.variant_id and (company_id = k.company_id) is true
     offset 0) l
   order by l.company_id, l.listing_id`,
)

/** As they stand, without a lock: for who only looks. */
export async function readListingsOfVariants(tx: Tx, variants: readonly VariantAt[]): Promise<Listing[]> {
  if (variants.length === 0) return []
  const companies = plain(variants.map((variant) => variant.company))
  const ids = plain(variants.map((variant) => variant.variantId))
  return (await tx.query(READ_LISTINGS_OF_VARIANTS, [companies, ids])).map(listingOf)
}

const FIND_LISTINGS = statement<ListingRow>(
  'channels_find_listings',
  `select ${columns}
   from unnest($3::text[], $4::text[]) as k (unit, item)
   cross join lateral (
     select * from channels.listing
     where connection_id = $2 and unit = k.unit and item = k.item and (company_id = $1) is true
     limit 1) l`,
)

export async function findListings(
  tx: Tx,
  company: string,
  connectionId: string,
  items: readonly { unit: string; item: string }[],
): Promise<Listing[]> {
  const units = texts(items.map(({ unit }) => unit))
  const rows = await tx.query(FIND_LISTINGS, [company, connectionId, units, texts(items.map(({ item }) => item))])
  return rows.map(listingOf)
}

const LISTINGS_BY_ID = statement<ListingRow>(
  'channels_listings_by_id',
  `select ${columns}
   from unnest($2::uuid[]) as k (listing_id)
   cross join lateral (select * from channels.listing where company_id = $1 and listing_id = k.listing_id limit 1) l`,
)

/** Those of the company's that there are, each once. */
export async function listingsById(tx: Tx, company: string, listingIds: readonly string[]): Promise<Listing[]> {
  if (listingIds.length === 0) return []
  return (await tx.query(LISTINGS_BY_ID, [company, plain([...new Set(listingIds)])])).map(listingOf)
}

export async function findListing(tx: Tx, company: string, listingId: string): Promise<Listing | null> {
  return (await listingsById(tx, company, [listingId]))[0] ?? null
}

const LISTING_ITEMS = statement<{ listing_id: string; item: string }>(
  'channels_listing_items',
  `select l.listing_id, l.item
   from unnest($2::uuid[]) as k (listing_id)
   cross join lateral (select * from channels.listing where company_id = $1 and listing_id = k.listing_id limit 1) l`,
)

/** The items as the marketplace knows them, by listing. */
export async function findListingItems(tx: Tx, company: string, listingIds: readonly string[]) {
  const rows = listingIds.length === 0 ? [] : await tx.query(LISTING_ITEMS, [company, plain(listingIds)])
  return new Map(rows.map((row) => [row.listing_id, row.item]))
}

const LISTINGS_OF_UNITS = statement<ListingRow>(
  'channels_listings_of_units',
  `select ${columns}
   from unnest($3::text[]) as k (unit)
   cross join lateral (
     select * from channels.listing
     where unit = k.unit and connection_id = $2 and (company_id = $1) is true
     offset 0) l
   order by l.unit, l.item`,
)

export async function listingsOfUnits(tx: Tx, company: string, connectionId: string, units: readonly string[]) {
  return (await tx.query(LISTINGS_OF_UNITS, [company, connectionId, texts(units)])).map(listingOf)
}

// Those that settle first, then their order: in the order asked for it read every listing of the company.
const SETTLING_LISTINGS = statement<ListingRow>(
  'channels_settling_listings',
  `select ${columns}
   from (
     select * from channels.listing
     where connection_id = $2 and (company_id = $1) is true and settling and ($3::uuid is null or listing_id > $3)
     offset 0) l
   order by l.company_id, l.listing_id
   limit $4`,
)

/** Those a further collection may change, by id, after `after`. */
export async function settlingListings(
  tx: Tx,
  company: string,
  connectionId: string,
  after: string | null,
  most: number,
): Promise<Listing[]> {
  return (await tx.query(SETTLING_LISTINGS, [company, connectionId, after, most])).map(listingOf)
}

const LISTINGS_OF_CONNECTION = statement<ListingRow>(
  'channels_listings_of_connection',
  `select ${columns}
   from channels.listing l
   where (l.company_id = $1) is true and l.connection_id = $2
   order by l.company_id, l.listing_id`,
)

export async function listingsOfConnection(tx: Tx, company: string, connectionId: string): Promise<Listing[]> {
  return (await tx.query(LISTINGS_OF_CONNECTION, [company, connectionId])).map(listingOf)
}

const INSERT_LISTINGS = statement<never>(
  'channels_insert_listings',
  `insert into channels.listing (company_id, listing_id, connection_id, unit, item, seller_code, variant_id, multiplier,
     mapped_by, desired, desired_at, observed, observed_at, shown, shown_at, rights, bound, settling, demand, lowering,
     exchange, created_at)
   select k.company_id, k.listing_id, k.connection_id, k.unit, k.item, k.seller_code, k.variant_id, k.multiplier,
     k.mapped_by, k.desired, k.desired_at, k.observed, k.observed_at, k.shown, k.shown_at, k.rights, k.bound, k.settling,
     k.demand, false, k.exchange, kernel.now()
   from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::integer[],
     $9::text[], $10::integer[], $11::timestamptz[], $12::integer[], $13::timestamptz[], $14::integer[],
     $15::timestamptz[], $16::jsonb[], $17::integer[], $18::boolean[], $19::jsonb[], $20::jsonb[])
     as k (company_id, listing_id, connection_id, unit, item, seller_code, variant_id, multiplier, mapped_by, desired,
       desired_at, observed, observed_at, shown, shown_at, rights, bound, settling, demand, exchange)
   on conflict (connection_id, unit, item, company_id) do nothing`,
)

export const insertListings = (tx: Tx, listings: readonly Listing[], mappedBy: string | null): void =>
  tx.write(INSERT_LISTINGS, [
    plain(listings.map((listing) => listing.company)),
    plain(listings.map((listing) => listing.listingId)),
    plain(listings.map((listing) => listing.connectionId)),
    texts(listings.map((listing) => listing.unit)),
    texts(listings.map((listing) => listing.item)),
    texts(listings.map((listing) => listing.sellerCode)),
    plain(listings.map((listing) => listing.variantId)),
    plain(listings.map((listing) => listing.multiplier)),
    texts(listings.map((listing) => (listing.variantId ? mappedBy : null))),
    plain(listings.map((listing) => listing.desired)),
    instants(listings.map((listing) => listing.desiredAt)),
    plain(listings.map((listing) => listing.observed)),
    instants(listings.map((listing) => listing.observedAt)),
    plain(listings.map((listing) => listing.shown)),
    instants(listings.map((listing) => listing.shownAt)),
    jsons(listings.map((listing) => listing.rights)),
    plain(listings.map(storedBound)),
    plain(listings.map(isSettling)),
    jsons(listings.map((listing) => listing.demand)),
    jsons(listings.map((listing) => listing.exchange)),
  ])

const UPDATE_LISTINGS = statement<never>(
  'channels_update_listings',
  `update channels.listing l
   set desired = k.desired, desired_at = k.desired_at, sent = k.sent, sent_at = k.sent_at, accepted = k.accepted,
       accepted_at = k.accepted_at, observed = k.observed, observed_at = k.observed_at, shown = k.shown,
       shown_at = k.shown_at, rights = k.rights, bound = k.bound, settling = k.settling, demand = k.demand,
       moved_at = k.moved_at, lowering = k.lowering, fault = k.fault, raced = k.raced, drifted = k.drifted,
       unexplained = k.unexplained, raced_since = k.raced_since, pooled = k.pooled, exchange = k.exchange
   from (
     select *
     from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::timestamptz[], $5::integer[], $6::timestamptz[],
       $7::integer[], $8::timestamptz[], $9::integer[], $10::timestamptz[], $11::integer[], $12::timestamptz[],
       $13::jsonb[], $14::integer[], $15::boolean[], $16::jsonb[], $17::timestamptz[], $18::boolean[], $19::text[],
       $20::integer[], $21::integer[], $22::integer[], $23::integer[], $24::boolean[], $25::jsonb[])
     limit cardinality($1)) as k (company_id, listing_id, desired, desired_at, sent, sent_at, accepted, accepted_at,
       observed, observed_at, shown, shown_at, rights, bound, settling, demand, moved_at, lowering, fault, raced,
       drifted, unexplained, raced_since, pooled, exchange)
   where l.company_id = k.company_id and l.listing_id = k.listing_id`,
)

/** Writes all of a listing but its identity and mapping. The caller holds its lock. */
export const updateListings = (tx: Tx, listings: readonly Listing[]): void => {
  if (listings.length === 0) return
  tx.write(UPDATE_LISTINGS, [
    plain(listings.map((listing) => listing.company)),
    plain(listings.map((listing) => listing.listingId)),
    plain(listings.map((listing) => listing.desired)),
    instants(listings.map((listing) => listing.desiredAt)),
    plain(listings.map((listing) => listing.sent)),
    instants(listings.map((listing) => listing.sentAt)),
    plain(listings.map((listing) => listing.accepted)),
    instants(listings.map((listing) => listing.acceptedAt)),
    plain(listings.map((listing) => listing.observed)),
    instants(listings.map((listing) => listing.observedAt)),
    plain(listings.map((listing) => listing.shown)),
    instants(listings.map((listing) => listing.shownAt)),
    jsons(listings.map((listing) => listing.rights)),
    plain(listings.map(storedBound)),
    plain(listings.map(isSettling)),
    jsons(listings.map((listing) => listing.demand)),
    instants(listings.map((listing) => listing.movedAt)),
    plain(listings.map((listing) => listing.lowering)),
    texts(listings.map((listing) => listing.fault)),
    plain(listings.map((listing) => listing.raced)),
    plain(listings.map((listing) => listing.drifted)),
    plain(listings.map((listing) => listing.unexplained)),
    plain(listings.map((listing) => listing.racedSince)),
    plain(listings.map((listing) => listing.pooled)),
    jsons(listings.map((listing) => listing.exchange)),
  ])
}

const MAP_LISTING = statement<never>(
  'channels_map_listing',
  `update channels.listing l
   set variant_id = $3, multiplier = $4, mapped_by = $5
   where l.company_id = $1 and l.listing_id = $2`,
)

/** The caller holds its lock. */
export const mapListing = (
  tx: Tx,
  { company, listingId, variantId, multiplier }: Pick<Listing, 'company' | 'listingId' | 'variantId' | 'multiplier'>,
  by: string,
): void => tx.write(MAP_LISTING, [company, listingId, variantId, multiplier, variantId === null ? null : by])
