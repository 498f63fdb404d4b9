import { allTold, beginExchanges, type Exchange, exchangeBound, grounded } from './allocation/exchange.ts'
import { bound, neverSeen, type Rights } from './allocation/rights.ts'
import type { Connection } from './connection.ts'

/**
 * What a listing may still sell is kept in one of two ways: as rights (set, and collect past it), or, where `exchange` is
 * there, by exchanges (stop, read, set, resume). `rights` says nothing then.
 */
export type Account = { rights: Rights; exchange: Exchange | null; lowering: boolean }

/** Listing units; Infinity when nothing is known. */
export const boundOf = ({ rights, exchange }: Pick<Account, 'rights' | 'exchange'>): number =>
  exchange === null ? bound(rights) : exchangeBound(exchange)

/** Whether the connection's numbers are changed by stop, read, set, resume. */
export const isExact = ({ policy, policySettings }: Pick<Connection, 'policy' | 'policySettings'>): boolean =>
  policy === 'rights' && policySettings.protocol === 'B'

/** Something of an exchange is still to be done: the listing is, or may be, off sale by us. */
export const isExchanging = ({ exchange }: Pick<Account, 'exchange'>): boolean =>
  exchange !== null && exchange.step.at !== 'rest'

/** An account begun anew by a read waits so long for orders that come late. */
const GROUND_LATENESS_MS = 10 * 60_000

/**
 * The account as the connection's collections and its protocol have it now. It changes hands only with nothing in flight:
 * to exchanges when all that was written was collected past, back when the exchange under way is over.
 */
export function inProtocol<A extends Account>(
  account: A,
  connection: Pick<Connection, 'policy' | 'policySettings' | 'collectedUpTo'>,
  clockErrorMs: number,
): A {
  const { rights, exchange } = account
  if (exchange === null) {
    const isKnown = rights.counterMax !== null && rights.writes.length === 0
    if (!isExact(connection) || !isKnown) return account
    const begun = beginExchanges(bound(rights), rights.completeUpTo)
    const back = rights.seen.flatMap(({ at, quantity }) => (quantity < 0 ? [at] : []))
    const exchange = { ...begun, backAt: Math.max(begun.backAt, ...back) }
    return { ...account, exchange, rights: neverSeen(rights.completeUpTo), lowering: false }
  }
  if (isExact(connection) && exchange.units !== null) {
    const told = allTold(exchange, connection.collectedUpTo, clockErrorMs)
    const current = grounded(told, connection.collectedUpTo - GROUND_LATENESS_MS, clockErrorMs)
    return current === exchange ? account : { ...account, exchange: current }
  }
  return isExchanging(account) ? account : { ...account, rights: rightsAfter(exchange, clockErrorMs), exchange: null }
}

/** A sale that is still to be told lowers the account as before; one that may be in it already does not. */
function rightsAfter(exchange: Exchange, clockErrorMs: number): Rights {
  const completeUpTo = exchange.groundedUpTo + clockErrorMs
  if (exchange.units === null) return neverSeen(completeUpTo)
  return { counterMax: exchangeBound(exchange), completeUpTo, writes: [], reads: [], seen: [] }
}

/** Nothing is known of it any more; what is under way goes on, so that what was stopped is sold again. */
export const unknownExchange = (account: Pick<Account, 'exchange'>): Exchange | null =>
  account.exchange !== null && isExchanging(account)
    ? { ...account.exchange, units: null, held: 0, ground: null }
    : null
