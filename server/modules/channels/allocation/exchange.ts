/**
 * Stop, read, set, resume: a compare-and-swap for marketplaces that can take a listing off sale and still show its
 * number. While it is stopped the counter is still, so what is put or taken is exact, and no clock and no feed matters:
 * orders may come as late as they like.
 *
 * The account: units put, less units taken, less sales recorded, plus units given back. The promise is that of rights.ts:
 * `exchangeBound` is never less than what buyers can still take plus what they took and we have not recorded. It rests
 * on a counter that only we and cancels move while the listing is stopped [assumed: no open checkout takes stock then].
 *
 * Pure; every function returns a new value, and `Exchange` is plain JSON. Quantities in listing units, times epoch ms.
 */
export type Exchange = {
  /** What the account says; null = not known yet, which is without bound. */
  units: number | null
  /**
   * Of `units`, what looks found beyond the account, and when the last of them ended; absent: nothing. Most of it came back
   * to the shelf and is told later. Counted again then, it stays promised though nobody can buy it.
   */
  found?: { units: number; at: number }
  /** Counted on top while a greater number is on its way. */
  held: number
  step: Step
  /** Something was sent, and nobody knows yet that it is over: answered, or waited for so long that it can do nothing more. */
  adrift: boolean
  /** Latest stamp of units given back: a read begun before it may lack them. */
  backAt: number
  /** Sales stamped up to here are in `units` already, however late they are told. */
  groundedUpTo: number
  /** A second account from a later read, which takes the first one's place when no sale before it can still be told. */
  ground: { units: number; from: number; until: number } | null
}

/**
 * `stop`, `set` and `resume` are to be sent; the others wait for a read, or for a number to be chosen. What was sent
 * stands as sent before it leaves, so that after a crash it is asked for and not sent twice.
 */
export type Step =
  | { at: 'rest' | 'stop' | 'stopped?' | 'resume' | 'resumed?' }
  | { at: 'choose'; counter: number }
  | { at: 'set' | 'set?'; counter: number; value: number }

/** The bound as another account had it is where this one begins. */
export function beginExchanges(bound: number, completeUpTo: number): Exchange {
  const units = Number.isFinite(bound) ? bound : null
  const nothing = { held: 0, adrift: false, ground: null }
  return { units, step: { at: 'rest' }, ...nothing, groundedUpTo: completeUpTo, backAt: completeUpTo }
}

/** Most the listing can still sell beyond what is recorded. Infinity when nothing is known. */
export function exchangeBound({ units, held }: Exchange): number {
  return units === null ? Number.POSITIVE_INFINITY : Math.max(0, units + held)
}

/** Another number is wanted. Changes nothing while an exchange is under way. */
export function exchangeWanted(exchange: Exchange): Exchange {
  return exchange.step.at === 'rest' ? { ...exchange, step: { at: 'stop' } } : exchange
}

/** The counter is still: this number is to be set. The caller has made sure that value − counter can be paid. */
export function chosen(exchange: Exchange, value: number): Exchange {
  const { step } = exchange
  if (step.at !== 'choose') return exchange
  if (value === step.counter) return { ...exchange, held: 0, step: { at: 'resume' } }
  const held = Math.max(0, value - step.counter)
  return { ...exchange, held, step: { at: 'set', counter: step.counter, value } }
}

/** What the step asks for is about to be sent; store the answer durably first. From here on only a read tells. */
export function leaving(exchange: Exchange): Exchange {
  const { step } = exchange
  switch (step.at) {
    case 'stop':
      return { ...exchange, adrift: true, step: { at: 'stopped?' } }
    case 'set':
      return { ...exchange, adrift: true, step: { ...step, at: 'set?' } }
    case 'resume':
      return { ...exchange, adrift: true, step: { at: 'resumed?' } }
    default:
      return exchange
  }
}

/** What was sent is over, applied or not: answered, or Z has passed, or will have before anybody comes back to it. */
export function over(exchange: Exchange): Exchange {
  return { ...exchange, adrift: false }
}

/** What was sent was not and will not be applied: it is to be sent again. An answer that is no such certainty changes nothing. */
export function notApplied(exchange: Exchange): Exchange {
  const { step } = exchange
  switch (step.at) {
    case 'stopped?':
      return { ...over(exchange), step: { at: 'stop' } }
    case 'set?':
      return { ...over(exchange), step: { ...step, at: 'set' } }
    case 'resumed?':
      return { ...over(exchange), step: { at: 'resume' } }
    default:
      return exchange
  }
}

/** What is to be sent was refused for good: the number stays as it is, and what was stopped goes on sale again. */
export function givenUp(exchange: Exchange): Exchange {
  const { step } = exchange
  if (step.at === 'stop') return { ...exchange, step: { at: 'rest' } }
  if (step.at === 'set') return { ...exchange, held: 0, step: { at: 'resume' } }
  return exchange
}

/**
 * The marketplace shows this. No earlier than the answer of what was sent, or Z after it was sent without one.
 * Counts what was put or taken once, when the number set is seen. `at`: when the look was answered.
 */
export function looked(exchange: Exchange, seen: { counter: number; onSale: boolean; at: number }): Exchange {
  const { step } = exchange
  switch (step.at) {
    case 'stopped?':
      if (seen.onSale) return { ...over(exchange), step: { at: 'stop' } }
      return { ...showing(over(exchange), seen.counter, seen.at), step: { at: 'choose', counter: seen.counter } }
    case 'set?':
      return settled(over(exchange), step, seen.counter)
    case 'resumed?':
      return { ...over(exchange), step: { at: seen.onSale ? 'rest' : 'resume' } }
    default:
      return exchange
  }
}

/** It can sell what it shows, whoever put that there: an edit by hand, or units given back that nobody told of yet. */
export function showing(exchange: Exchange, counter: number, at: number): Exchange {
  const { units, found } = exchange
  if (units === null || counter <= units) return exchange
  return { ...exchange, units: counter, found: { units: (found?.units ?? 0) + counter - units, at } }
}

/**
 * Every cancel stamped up to `completeUpTo` is recorded: what a look found before that was somebody's edit, or a cancel
 * whose unit never went back, and no cancel told from now on was met by it. Taken for such a one each time, an edit of six
 * units kept the account below what is shown until it was begun anew. Forgetting only makes the account larger.
 */
export function allTold(exchange: Exchange, completeUpTo: number, clockErrorMs = 0): Exchange {
  const { found, ...rest } = exchange
  return found === undefined || found.at + clockErrorMs > completeUpTo ? exchange : rest
}

function settled(exchange: Exchange, step: { counter: number; value: number }, counter: number): Exchange {
  const { value } = step
  if (counter === step.counter) return { ...exchange, step: { ...step, at: 'set' } }
  if (counter === value) return { ...moved(exchange, value - step.counter), held: 0, step: { at: 'resume' } }
  // A cancel came back meanwhile, before or after our number. What was put counts as put, what was taken does not:
  // both errors make the account too large.
  const put = Math.max(0, value - step.counter)
  return { ...moved(exchange, put), held: 0, step: { at: 'choose', counter } }
}

/**
 * The ledger took a sale (quantity > 0), or units that went back on the marketplace's shelf or may have (< 0), stamped
 * `at` by the marketplace. A sale from before the account began is in it, and units given back are first taken for those
 * that were found: the account without these never falls short. Where an edit was found instead, the account is short
 * of it by as many until the next look, which the cancel itself asks for.
 */
export function recordedInExchange(exchange: Exchange, at: number, quantity: number, clockErrorMs = 0): Exchange {
  const counts = quantity < 0 || at > exchange.groundedUpTo + clockErrorMs
  const { ground, found } = exchange
  const foundBefore = quantity < 0 ? Math.min(found?.units ?? 0, -quantity) : 0
  const joins = ground !== null && (quantity < 0 ? at >= ground.from - clockErrorMs : at > ground.until + clockErrorMs)
  return {
    ...exchange,
    backAt: quantity < 0 ? Math.max(exchange.backAt, at) : exchange.backAt,
    units: exchange.units === null || !counts ? exchange.units : exchange.units - quantity - foundBefore,
    ...(found && foundBefore > 0 ? { found: { ...found, units: found.units - foundBefore } } : {}),
    ground: joins ? { ...ground, units: ground.units - quantity } : ground,
  }
}

/**
 * The account drifts with any edit nobody noticed: a read inside [sentAt, endedAt] begins a new one beside it. Units
 * given back and recorded while the read was under way may be missing from what it shows: then the next read serves.
 */
export function groundRead(
  exchange: Exchange,
  counter: number,
  sentAt: number,
  endedAt: number,
  clockErrorMs = 0,
): Exchange {
  if (exchange.step.at !== 'rest' || exchange.ground !== null) return exchange
  if (exchange.backAt >= sentAt - clockErrorMs) return exchange
  return { ...exchange, ground: { units: counter, from: sentAt, until: endedAt } }
}

/** Every sale and cancel stamped up to `completeUpTo` is recorded, the latest feed allowed for: the new account holds. */
export function grounded(exchange: Exchange, completeUpTo: number, clockErrorMs = 0): Exchange {
  const { ground, step } = exchange
  if (ground === null || step.at !== 'rest' || ground.until + clockErrorMs > completeUpTo) return exchange
  const { found: _, ...rest } = exchange
  return { ...rest, units: ground.units, groundedUpTo: ground.until, ground: null }
}

function moved(exchange: Exchange, units: number): Exchange {
  return {
    ...exchange,
    units: exchange.units === null ? null : exchange.units + units,
    ground: exchange.ground && { ...exchange.ground, units: exchange.ground.units + units },
  }
}
