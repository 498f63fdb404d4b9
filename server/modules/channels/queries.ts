import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import { each, mostlyOne, rowsInto } from '../../kernel/rows-into.ts'
import type { JournalEntry } from './journal.ts'

const MARKERS = rowsInto<{ company: string; variantId: string }>(
  'channels_insert_markers',
  'channels.marker',
  {
    company_id: mostlyOne('uuid', ({ company }) => company),
    variant_id: each('uuid', ({ variantId }) => variantId),
  },
  { marked_at: 'kernel.now()' },
)

export const insertMarkers = (tx: Tx, variants: readonly { company: string; variantId: string }[]): void =>
  MARKERS.write(tx, variants)

const MARK_CONNECTION = statement<never>(
  'channels_mark_connection',
  `insert into channels.marker (company_id, variant_id, marked_at)
   select company_id, variant_id, kernel.now() from channels.listing
   where (company_id = $1) is true and connection_id = $2 and variant_id is not null
   group by 1, 2`,
)

export const markConnection = (tx: Tx, company: string, connectionId: string): void =>
  tx.write(MARK_CONNECTION, [company, connectionId])

const CLAIM_MARKERS = statement<{ variant_id: string; marked_at: Date }>(
  'channels_claim_markers',
  `with gone as (
     delete from channels.marker m
     using (
       select company_id, marker_id from channels.marker
       where company_id = $1
       order by company_id, marker_id
       limit $2 for update skip locked) due
     where m.company_id = due.company_id and m.marker_id = due.marker_id
     returning m.variant_id, m.marked_at)
   select variant_id, min(marked_at) as marked_at from gone group by 1 order by 1`,
)

/** Claims by state, never by "id greater than the last": a marker that commits late is still there next time. */
export async function claimMarkers(tx: Tx, company: string, most: number) {
  const rows = await tx.query(CLAIM_MARKERS, [company, most])
  return rows.map((row) => ({ company, variantId: row.variant_id, markedAt: row.marked_at.getTime() }))
}

const INSERT_JOURNAL = statement<never>(
  'channels_insert_journal',
  `insert into channels.journal (company_id, listing_id, entry_id, kind, value, detail, lag_ms, at)
   select *, kernel.now()
   from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::integer[], $6::text[], $7::integer[])`,
)

export const insertJournal = (tx: Tx, entries: readonly JournalEntry[]): void =>
  tx.write(INSERT_JOURNAL, [
    plain(entries.map((entry) => entry.company)),
    plain(entries.map((entry) => entry.listingId)),
    plain(entries.map(() => tx.newId())),
    plain(entries.map((entry) => entry.kind)),
    plain(entries.map((entry) => entry.value)),
    texts(entries.map((entry) => entry.detail ?? null)),
    plain(entries.map((entry) => (entry.lagMs === undefined ? null : Math.round(entry.lagMs)))),
  ])
