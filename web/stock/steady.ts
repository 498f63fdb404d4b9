import { useState } from 'react'
import type { BoardVariant } from '../../contract/board.ts'

type Steady = { key: string; ids: readonly string[] }

/**
 * The rows to draw. While somebody points at them none comes, goes or moves, though every number in them stays live;
 * `waiting` says that the list would now be another. A new search or view (`key`) is always followed at once.
 */
export function useSteady(
  matching: readonly BoardVariant[],
  all: readonly BoardVariant[],
  key: string,
  pointed: boolean,
): { rows: readonly BoardVariant[]; waiting: boolean; release(): void } {
  const [held, setHeld] = useState<Steady | null>(null)
  if (pointed && (held === null || held.key !== key)) setHeld({ key, ids: matching.map(({ id }) => id) })
  if (!pointed && held !== null) setHeld(null)
  if (!pointed || held === null || held.key !== key) return { rows: matching, waiting: false, release: () => undefined }

  const rows = heldRows(held.ids, all)
  return {
    rows,
    waiting: !sameIds(rows, matching),
    release: () => setHeld({ key, ids: matching.map(({ id }) => id) }),
  }
}

/** The held rows with their newest numbers; one that is gone altogether is left out. */
export function heldRows(ids: readonly string[], all: readonly BoardVariant[]): BoardVariant[] {
  const byId = new Map(all.map((variant) => [variant.id, variant]))
  return ids.map((id) => byId.get(id)).filter((variant) => variant !== undefined)
}

function sameIds(a: readonly BoardVariant[], b: readonly BoardVariant[]): boolean {
  return a.length === b.length && a.every((variant, i) => variant.id === b[i]?.id)
}
