import type { BuyAnswer } from '../api.ts'

export type Verdict = 'once' | 'kept' | 'none' | 'unanswered' | 'twice'

/** What buying at once has shown. Sold twice comes first: no other news may hide it. */
export function verdict({ attempts, soldUnits, availableBefore }: BuyAnswer): Verdict {
  if (soldUnits > Math.max(0, availableBefore)) return 'twice'
  if (attempts.some(({ outcome }) => outcome === 'no_answer')) return 'unanswered'
  if (soldUnits === 0) return 'none'
  return soldUnits === 1 && attempts.some(({ outcome }) => outcome === 'sold_out') ? 'once' : 'kept'
}
