import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'

/** A number that was read and was not ours. Quantities in listing units; `readAt` epoch ms. */
type MetDrift = {
  company: string
  connectionId: string
  listingId: string
  believed: number
  showed: number
  cause: 'edited' | 'not_applied'
  action: 'repair' | 'report'
  readAt: number
  /** Another read has met it before, and no collection has gone past that one yet. */
  goesOn: boolean
}

const MEET_DRIFTS = statement<never>(
  'channels_meet_drifts',
  `insert into channels.drift as d
     (company_id, drift_id, connection_id, listing_id, believed, showed, cause, action, read_at)
   select k.company_id, k.drift_id, k.connection_id, k.listing_id, k.believed, k.showed, k.cause, k.action, k.read_at
   from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::integer[], $6::integer[], $7::text[], $8::text[],
     $9::timestamptz[])
     as k (company_id, drift_id, connection_id, listing_id, believed, showed, cause, action, read_at)
   on conflict (listing_id, company_id) where confirmed_at is null do update
   set believed = case when d.listing_id = any ($10::uuid[]) then d.believed else excluded.believed end,
       cause = case when d.listing_id = any ($10::uuid[]) then d.cause else excluded.cause end,
       action = case when d.listing_id = any ($10::uuid[]) then d.action else excluded.action end,
       showed = excluded.showed, read_at = excluded.read_at, repaired_at = null`,
)

/** One open row a listing. What an earlier read had opened and orders explained since is written over. */
export const meetDrifts = (tx: Tx, drifts: readonly MetDrift[]): void => {
  if (drifts.length === 0) return
  tx.write(MEET_DRIFTS, [
    plain(drifts.map(({ company }) => company)),
    plain(drifts.map(() => tx.newId())),
    plain(drifts.map(({ connectionId }) => connectionId)),
    plain(drifts.map(({ listingId }) => listingId)),
    plain(drifts.map(({ believed }) => believed)),
    plain(drifts.map(({ showed }) => showed)),
    texts(drifts.map(({ cause }) => cause)),
    texts(drifts.map(({ action }) => action)),
    texts(drifts.map(({ readAt }) => new Date(readAt).toISOString())),
    plain(drifts.filter(({ goesOn }) => goesOn).map(({ listingId }) => listingId)),
  ])
}

// The newest, not whether there is any: until it met the first, that read all of the company's.
const DRIFTED_SINCE = statement<{ has: boolean }>(
  'channels_drifted_since',
  `select coalesce(max(confirmed_at) > $3, false) as has
   from channels.drift
   where connection_id = $2 and (company_id = $1) is true and confirmed_at is not null`,
)

/** Whether any was confirmed after `since` (epoch ms). */
export async function hasDriftedSince(tx: Tx, company: string, connectionId: string, since: number): Promise<boolean> {
  return (await tx.query(DRIFTED_SINCE, [company, connectionId, new Date(since)]))[0]!.has
}

// Open drifts are few, so that on tables nobody has analysed reading all of the company's looked cheaper than each one.
const CONFIRM_DRIFTS = statement<{ listing_id: string } & Pick<MetDrift, 'action' | 'cause'>>(
  'channels_confirm_drifts',
  `update channels.drift d
   set confirmed_at = kernel.now(), units = k.units
   from (
     select o.drift_id, k.units
     from unnest($2::uuid[], $3::integer[]) as k (listing_id, units)
     cross join lateral (
       select drift_id from channels.drift
       where listing_id = k.listing_id and (company_id = $1) is true and confirmed_at is null
       limit 1) o
     limit cardinality($2)) k
   where d.drift_id = k.drift_id and (d.company_id = $1) is true and (d.confirmed_at is null) is true
   returning d.listing_id, d.action, d.cause`,
)

/** A collection has gone past the read and no order explains so many units. */
export const confirmDrifts = (tx: Tx, company: string, drifts: readonly { listingId: string; units: number }[]) =>
  tx.query(CONFIRM_DRIFTS, [
    company,
    plain(drifts.map(({ listingId }) => listingId)),
    plain(drifts.map(({ units }) => units)),
  ])

const REPAIRED_DRIFTS = statement<never>(
  'channels_repaired_drifts',
  `update channels.drift set repaired_at = kernel.now()
   where listing_id = any ($2::uuid[]) and (company_id = $1) is true and repaired_at is null`,
)

/** The marketplace has accepted our number again. */
export const repairedDrifts = (tx: Tx, company: string, listingIds: readonly string[]): void => {
  if (listingIds.length > 0) tx.write(REPAIRED_DRIFTS, [company, plain(listingIds)])
}

const RELEASE_EDITED = statement<{ company: string; variantId: string }>(
  'channels_release_edited',
  `update channels.listing set fault = null
   where company_id = $1 and connection_id = $2 and fault = 'edited' and ($3::uuid is null or listing_id = $3)
   returning company_id as company, variant_id as "variantId"`,
)

/** Lets jaego write to listings again that were left as somebody had edited them; answers their variants. */
export const releaseEdited = (tx: Tx, company: string, connectionId: string, listingId: string | null) =>
  tx.query(RELEASE_EDITED, [company, connectionId, listingId])

export type DriftRow = {
  id: string
  listingId: string
  unit: string
  item: string
  sellerCode: string | null
  believed: number
  showed: number
  units: number
  cause: MetDrift['cause']
  readAt: Date
  confirmedAt: Date
  repairedAt: Date | null
  done: 'repaired' | 'reported' | 'kept' | 'repairing'
}

const LIST_DRIFTS = statement<DriftRow>(
  'channels_list_drifts',
  `select d.drift_id as id, d.listing_id as "listingId", l.unit, l.item, l.seller_code as "sellerCode", d.believed,
     d.showed, d.units, d.cause, d.read_at as "readAt", d.confirmed_at as "confirmedAt",
     d.repaired_at as "repairedAt",
     case when d.repaired_at is not null then 'repaired'
       when d.action = 'report' then 'reported'
       when l.desired = l.shown then 'kept'
       else 'repairing' end as done
   from (
     select * from channels.drift
     where connection_id = $2 and company_id = $1 and drift_id < $3 and confirmed_at is not null
     order by drift_id desc
     limit $4) d
   cross join lateral (
     select * from channels.listing where company_id = d.company_id and listing_id = d.listing_id limit 1) l
   order by d.drift_id desc`,
)

const AFTER_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Confirmed ones, newest first, those before `cursor`. */
export const listDrifts = (
  tx: Tx,
  company: string,
  connectionId: string,
  { cursor, limit }: { cursor: string | null; limit: number },
): Promise<DriftRow[]> => tx.query(LIST_DRIFTS, [company, connectionId, cursor ?? AFTER_ALL, limit])
