import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { Raised } from './alarms.ts'

// "is true" keeps the company out of the choice of an index: the wall names it as well, and the two together made the
// primary key, which begins with it, look cheaper than kind and time.
const INSERT_ALARMS = statement<{ alarm_id: string }>(
  'channels_insert_alarms',
  `insert into channels.alarm (company_id, alarm_id, kind, connection_id, listing_id, variant_id, units, facts, at)
   select k.company_id, k.alarm_id, k.kind, k.connection_id, k.listing_id, k.variant_id, k.units,
     k.facts, kernel.now()
   from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::integer[], $8::jsonb[])
     as k (company_id, alarm_id, kind, connection_id, listing_id, variant_id, units, facts)
   left join lateral (
     select true as is_known
     from (select k.kind union all select 'unpaid_hold' where k.kind = 'hand_edit') w (kind)
     cross join lateral (
       select from channels.alarm a
       where a.kind = w.kind and a.at > kernel.now() - interval '10 minutes'
         and (a.company_id = k.company_id) is true
         and a.connection_id is not distinct from k.connection_id and a.listing_id is not distinct from k.listing_id
         and a.variant_id is not distinct from k.variant_id
       limit 1) a
     limit 1) lately on true
   where lately.is_known is null
   returning alarm_id`,
)

/** Answers those that were kept. */
export async function insertAlarms(tx: Tx, alarms: readonly Raised[]): Promise<Raised[]> {
  const ids = alarms.map(() => tx.newId())
  const kept = await tx.query(INSERT_ALARMS, [
    plain(alarms.map((alarm) => alarm.company)),
    plain(ids),
    texts(alarms.map((alarm) => alarm.facts.kind)),
    plain(alarms.map((alarm) => alarm.connectionId)),
    plain(alarms.map((alarm) => alarm.listingId)),
    plain(alarms.map((alarm) => alarm.variantId)),
    plain(alarms.map((alarm) => alarm.units)),
    texts(alarms.map((alarm) => JSON.stringify(alarm.facts))),
  ])
  const keptIds = new Set(kept.map((row) => row.alarm_id))
  return alarms.filter((_, index) => keptIds.has(ids[index]!))
}
