import type { Tx } from '../../kernel/db.ts'
import * as sql from './queries.ts'

/** One thing that happened to a listing's numbers. `lagMs`: desired changed → accepted, or sale → told. */
export type JournalEntry = {
  company: string
  listingId: string
  kind: 'desired' | 'sent' | 'accepted' | 'observed' | 'failed' | 'sold' | 'restocked' | 'drift' | 'mapped'
  value: number | null
  detail?: string
  lagMs?: number
}

export const note = (tx: Tx, entries: readonly JournalEntry[]): void => {
  if (entries.length > 0) sql.insertJournal(tx, entries)
}
