import type { Cursor } from '../../modules/channels/adapter.ts'

/**
 * What the last collection told, so that an overlapping window does not fetch every row's detail again.
 *
 * It counts only when the cursor comes back exactly as it was handed out: whoever comes with another cursor
 * may not have kept what we told, and gets everything again. So forgetting can cost calls, never an order.
 */
export type Told = {
  /** Row key → the version that was told; empty when this cursor is not the one handed out. */
  since(cursor: Cursor | null): Map<string, string>
  handOut(cursor: Cursor, versions: Map<string, string>): void
}

export function openTold(): Told {
  let handedOut: string | null = null
  let versions = new Map<string, string>()
  return {
    since: (cursor) => (cursor && handedOut === spelled(cursor) ? new Map(versions) : new Map()),
    handOut: (cursor, next) => {
      handedOut = spelled(cursor)
      versions = next
    },
  }
}

/** The database keeps a cursor's entries in an order of its own. */
function spelled(cursor: Cursor): string {
  return JSON.stringify(Object.entries(cursor).sort(([a], [b]) => (a < b ? -1 : 1)))
}
