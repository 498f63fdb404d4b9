/** Ranks of a line, least advanced first. A line only moves forward, except into `cancelled` or `expired`. */
export const LINE_STATES = ['pending', 'paid', 'acknowledged', 'shipped', 'delivered', 'completed'] as const

export type LineState = (typeof LINE_STATES)[number] | 'cancelled' | 'expired'
export type OrderState = LineState

export const isAhead = (next: LineState, now: LineState): boolean =>
  LINE_STATES.indexOf(next as (typeof LINE_STATES)[number]) > LINE_STATES.indexOf(now as (typeof LINE_STATES)[number])

/** An order's state is its least advanced open line; with none open, cancelled, or expired when no line was cancelled. */
export function stateOfOrder(lines: readonly LineState[]): OrderState {
  const open = lines.filter((state) => state !== 'cancelled' && state !== 'expired')
  if (open.length > 0) return open.reduce((least, state) => (isAhead(least, state) ? state : least))
  return lines.includes('cancelled') ? 'cancelled' : 'expired'
}
