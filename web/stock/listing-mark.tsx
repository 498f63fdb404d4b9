import { IconArrowUp, IconCheck, IconClock, IconEye, IconHandStop, IconQuestionMark } from '@tabler/icons-react'
import type { BoardListing } from '../../contract/board.ts'

export const MARKS: readonly BoardListing['state'][] = ['true', 'waiting', 'sending', 'unknown', 'parked', 'observing']

const SIGN = {
  true: IconCheck,
  waiting: IconClock,
  sending: IconArrowUp,
  unknown: IconQuestionMark,
  parked: IconHandStop,
  observing: IconEye,
} as const

/** A shape for each state, beside its colour; the words are in the legend and in each cell's label. */
export function ListingMark({ state }: { state: BoardListing['state'] }) {
  const Sign = SIGN[state]
  return <Sign className={`mark mark-${state}`} size={14} stroke={2.4} aria-hidden />
}
