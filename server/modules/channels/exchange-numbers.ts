import { isExact } from './account.ts'
import { chosen } from './allocation/exchange.ts'
import type { Connection } from './connection.ts'
import type { Listing } from './listing.ts'
import type { LockedWithStock } from './locked.ts'
import { counted } from './promises.ts'
import { needsOf } from './scope.ts'

type Standing = Omit<LockedWithStock, 'listings'> & { connection: Connection; before: readonly Listing[] }

/**
 * The numbers of listings that stand still, chosen under the locks of the stock behind them: what is desired, as far as
 * the free part pays what is added. Where more may be sold than there is, what is missing goes.
 *
 * `listings` are those of `before`, in its order.
 */
export function chooseNumbers(standing: Standing, listings: readonly Listing[]): Listing[] {
  const { connection, variants, stock, before } = standing
  const free = new Map([...stock].map(([variantId, row]) => [variantId, row.available - row.promised]))
  const spend = (from: Listing, to: Listing) => {
    for (const { variantId, quantity } of needsOf(to, variants)) {
      free.set(variantId, (free.get(variantId) ?? 0) - (counted(to) - counted(from)) * quantity)
    }
  }
  for (const [i, listing] of listings.entries()) spend(before[i]!, listing)
  return listings.map((listing) => {
    const { exchange } = listing
    if (exchange?.step.at !== 'choose') return listing
    const fitting = needsOf(listing, variants).map((need) =>
      Math.floor((free.get(need.variantId) ?? 0) / need.quantity),
    )
    const value = numberFor(listing, connection, exchange.step.counter, fitting)
    const after = { ...listing, exchange: chosen(exchange, value) }
    spend(listing, after)
    return after
  })
}

/** Whoever wants nothing any more, or may not be written to, keeps the number there is and is only sold again. */
export function numberFor(
  { desired, fault }: Pick<Listing, 'desired' | 'fault'>,
  connection: Pick<Connection, 'mode' | 'policy' | 'policySettings'>,
  counter: number,
  fitting: readonly number[],
): number {
  if (desired === null || fault !== null || fitting.length === 0) return counter
  if (connection.mode === 'observe' || !isExact(connection)) return counter
  return Math.min(desired, Math.max(0, counter + Math.min(...fitting)))
}
