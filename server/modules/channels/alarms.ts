import type { Tx } from '../../kernel/db.ts'
import type { Log } from '../../kernel/log.ts'
import { readAvailability } from '../inventory/index.ts'
import * as sql from './alarm-queries.ts'
import { partsOf } from './scope.ts'

/**
 * What the promise of the rights rests on, and was found not to be so: a closed list. Each names the assumption of the
 * allocation rules it breaks.
 */
export const ALARMS = {
  late_order: { breaks: 'A4', means: 'orders came later than the feed was trusted to bring them' },
  hand_edit: { breaks: 'A1', means: 'a number at the marketplace was changed by neither buyers nor us' },
  unpaid_hold: { breaks: 'A1', means: 'a number at the marketplace fell for orders nobody has paid yet' },
  rights_above_stock: {
    breaks: 'A6',
    means: 'channels may sell more than there is: stock was corrected, or a claim took or gave back units',
  },
  clock_skew: { breaks: 'A5', means: 'the marketplace’s clock is further from ours than was allowed for' },
} as const

/** What was found, in numbers: each kind has its own. Units are of the listing, or of the variant where no listing is named. */
export type AlarmFacts =
  /** So many units sold, told so long after the trusted lateness was over. */
  | { kind: 'late_order'; units: number; lateMs: number; trustedMs: number }
  /** So many more than believed (fewer: below 0) that no order explains. */
  | { kind: 'hand_edit'; units: number }
  /** So many fewer than believed, while an order waits for its payment. */
  | { kind: 'unpaid_hold'; units: number }
  | { kind: 'rights_above_stock'; units: number }
  /** An order's stamp lay so far ahead of our clock; as much was allowed for. */
  | { kind: 'clock_skew'; aheadMs: number; allowedMs: number }

export type Alarm = {
  company: string
  facts: AlarmFacts
  connectionId: string | null
  listingId: string | null
  /** What may be sold twice; its exposure is looked up. */
  variantId: string | null
}

/** An alarm as it was kept, with the units that could be sold twice. */
export type Raised = Alarm & { units: number }

/**
 * Keeps alarms with the units exposed, Σ rights − available, as this transaction leaves them. One that was raised for
 * the same thing in the last ten minutes says nothing new: it is left out. Answers those kept, to be told once the
 * transaction has committed.
 */
export async function raiseAlarms(tx: Tx, alarms: readonly Alarm[]): Promise<Raised[]> {
  if (alarms.length === 0) return []
  const { variants, components } = await partsOf(tx, alarms)
  const stock = new Map((await readAvailability(tx, components)).map((row) => [row.variantId, row]))
  const exposed = (variantId: string | null): number => {
    const variant = variantId === null ? undefined : variants.get(variantId)
    const parts = variant
      ? variant.components.length > 0
        ? variant.components
        : [{ variantId: variant.variantId }]
      : []
    return Math.max(
      0,
      ...parts.map((part) => (stock.get(part.variantId)?.promised ?? 0) - (stock.get(part.variantId)?.available ?? 0)),
    )
  }
  return sql.insertAlarms(
    tx,
    alarms.map((alarm) => ({ ...alarm, units: exposed(alarm.variantId) })),
  )
}

/** One line each. */
export function tellAlarms(log: Log, raised: readonly Raised[]): void {
  for (const { company, facts, connectionId, listingId, variantId, units } of raised) {
    log.error(
      { alarm: facts.kind, company, connection: connectionId, listing: listingId, variant: variantId, units, facts },
      ALARMS[facts.kind].means,
    )
  }
}
