/**
 * What one listing may still sell, as far as we can know. Only observations lower it: a recorded sale, or a
 * read together with a completed collection past it. Everything we send can only raise it.
 *
 * The promise: while the assumptions hold, `bound` is never less than what the listing's buyers can still take
 * plus what they took and we have not recorded. So while all bounds of a variant stay within what is available,
 * no unit is sold twice. Why it holds is written in rights.test.ts, beside the model that tries to break it.
 *
 * Times are epoch ms, quantities whole listing units. Every function returns a new value; `Rights` is plain JSON.
 */
export type Rights = {
  /** Most the marketplace's counter could have been at `completeUpTo`; null = never seen, nothing is known. */
  counterMax: number | null
  /** Every order and cancel the marketplace stamped at or before this is recorded. */
  completeUpTo: number
  /** Writes that may have been applied after `completeUpTo`, in send order. endedAt null = no answer yet. */
  writes: readonly RightsWrite[]
  /** Reads not yet collected past, in send order. */
  reads: readonly RightsRead[]
  /**
   * Recorded sales (> 0) and units given back to the marketplace's shelf (< 0). Entries at or before
   * `completeUpTo` no longer count by themselves: they are kept while an open write or read began before them.
   */
  seen: readonly { at: number; quantity: number }[]
}

export type RightsWrite = { value: number; sentAt: number; endedAt: number | null }
export type RightsRead = { counter: number; sentAt: number; endedAt: number }

/** A listing met for the first time: nothing may be promised beside it until it was read and collected past. */
export function neverSeen(completeUpTo = 0): Rights {
  return { counterMax: null, completeUpTo, writes: [], reads: [], seen: [] }
}

/** Most the listing can still sell beyond what is recorded, in listing units. Infinity when nothing is known. */
export function bound(rights: Rights): number {
  if (rights.counterMax === null) return Number.POSITIVE_INFINITY
  let units = rights.counterMax
  for (const write of rights.writes) units += write.value
  for (const entry of rights.seen) if (entry.at > rights.completeUpTo) units -= entry.quantity
  return Math.max(0, units)
}

/**
 * A write is about to be sent. Store the answer durably before sending. It costs its whole value, not the
 * difference to what is shown: the counter it overwrites may have been sold unseen, and goes back on the shelf.
 */
export function sending(rights: Rights, value: number, sentAt: number): Rights {
  return { ...rights, writes: [...rights.writes, { value, sentAt, endedAt: null }] }
}

/**
 * The write sent at `sentAt` can no longer be applied after `endedAt`: the time of the answer, or `sentAt` plus the
 * channel's longest delay when the outcome is unknown (no other write or read may start before then).
 */
export function answered(rights: Rights, sentAt: number, endedAt: number): Rights {
  const writes = rights.writes.map((write) =>
    write.sentAt === sentAt && write.endedAt === null ? { ...write, endedAt } : write,
  )
  return { ...rights, writes }
}

/** The contract says the write sent at `sentAt` was not and will not be applied. */
export function neverApplied(rights: Rights, sentAt: number): Rights {
  return { ...rights, writes: rights.writes.filter((write) => write.sentAt !== sentAt || write.endedAt !== null) }
}

/** Reads kept while no collection gets past them; one more is worth nothing until the older ones are used. */
const READS_KEPT = 16

/**
 * The marketplace showed `counter` at some instant inside [sentAt, endedAt]. Lowers nothing until collected past.
 * A read so slow that its begin was collected past meanwhile is dropped: what came back since is no longer known apart.
 */
export function readBack(rights: Rights, counter: number, sentAt: number, endedAt: number, clockErrorMs = 0): Rights {
  if (sentAt - clockErrorMs <= rights.completeUpTo || rights.reads.length >= READS_KEPT) return rights
  return { ...rights, reads: [...rights.reads, { counter, sentAt, endedAt }] }
}

/**
 * The ledger took a sale (quantity > 0), or a cancel whose units went back on the marketplace's shelf or may have
 * (quantity < 0); call it in the ledger's transaction, once an entry. An order met already cancelled is both.
 *
 * `at` is the marketplace's time. Where it is not exact, give the earliest possible for a sale and the latest
 * possible for units given back: those errors only make the bound larger.
 */
export function recorded(rights: Rights, at: number, quantity: number): Rights {
  if (at > rights.completeUpTo) return { ...rights, seen: [...rights.seen, { at, quantity }] }
  if (quantity >= 0) return rights
  const counterMax = rights.counterMax === null ? null : rights.counterMax - quantity
  return { ...rights, counterMax, seen: [...rights.seen, { at, quantity }] }
}

/**
 * A collection finished, every page of it, and all it brought is recorded: nothing stamped at or before
 * `completeUpTo` (its begin less the feed's lateness) is missing.
 *
 * `clockErrorMs` is how far a stamp may be from our clock, 1,000 where the marketplace stamps whole seconds.
 */
export function collected(rights: Rights, completeUpTo: number, clockErrorMs = 0): Rights {
  if (completeUpTo <= rights.completeUpTo) return rights

  const isOver = (span: { endedAt: number | null }) =>
    span.endedAt !== null && span.endedAt + clockErrorMs <= completeUpTo
  const writes = rights.writes.filter((write) => !isOver(write))
  // A read begun before a write that is folded in now was over may have come before it: it can replace nothing later.
  const foldedUntil = Math.max(...rights.writes.filter(isOver).map((write) => write.endedAt ?? 0))
  const reads = rights.reads.filter((read) => !isOver(read) && read.sentAt > foldedUntil)

  // A write or read still open may have happened before units that came back by now: those are needed again
  // when it is over. Dropping them with the rest lost one restock whenever a collection ended inside a write.
  const openSince = Math.min(...writes.map((write) => write.sentAt), ...reads.map((read) => read.sentAt))
  // Sales stay as long, since what was set meanwhile may not hold them; of themselves they lower nothing any more.
  const seen = rights.seen.filter((entry) => entry.at > completeUpTo || entry.at >= openSince - clockErrorMs)
  return { counterMax: counterMaxAt(rights, completeUpTo, clockErrorMs), completeUpTo, writes, reads, seen }
}

/**
 * Most the counter can have been at `completeUpTo`, over every order of events the spans allow.
 *
 * The newest read replaces all that was before it, unless what was known says less: a sale within the clock error of a
 * read may have come before or after it, and taken for neither it raised the bound by what had been paid for already.
 * Only a read that shows more than was possible, however its sales fell, is believed alone: somebody edited the number.
 */
function counterMaxAt(rights: Rights, completeUpTo: number, clockErrorMs: number): number | null {
  const over = <Span extends { endedAt: number | null }>(span: Span): span is Span & { endedAt: number } =>
    span.endedAt !== null && span.endedAt + clockErrorMs <= completeUpTo

  /** A number that stood at some instant of the span: what was surely sold later is off, what may have come back is on. */
  const carried = (units: number, span: { sentAt: number; endedAt: number }) => {
    let left = units
    for (const entry of rights.seen) {
      if (entry.at > completeUpTo) continue
      if (entry.quantity > 0 && entry.at > span.endedAt + clockErrorMs) left -= entry.quantity
      if (entry.quantity < 0 && entry.at >= span.sentAt - clockErrorMs) left -= entry.quantity
    }
    return left
  }
  /** The same at least: whatever may have been sold later is off. */
  const leastOf = (read: RightsRead) => {
    let left = read.counter
    for (const entry of rights.seen) {
      if (entry.quantity > 0 && entry.at <= completeUpTo && entry.at >= read.sentAt - clockErrorMs)
        left -= entry.quantity
    }
    return left
  }
  // A write that may have been applied since stands beside whatever else is known.
  const beside = (units: number, since: number) =>
    Math.max(
      units,
      ...rights.writes
        .filter(over)
        .filter((write) => write.endedAt >= since)
        .map((write) => carried(write.value, write)),
    )

  const known = beside(unreadCounter(rights, completeUpTo), Number.NEGATIVE_INFINITY)
  const lastRead = rights.reads.filter(over).at(-1)
  const read = lastRead ? beside(carried(lastRead.counter, lastRead), lastRead.sentAt) : Number.POSITIVE_INFINITY
  const most = lastRead && leastOf(lastRead) > known ? read : Math.min(known, read)
  return Number.isFinite(most) ? Math.max(0, most) : null
}

function unreadCounter(rights: Rights, completeUpTo: number): number {
  if (rights.counterMax === null) return Number.POSITIVE_INFINITY
  let units = rights.counterMax
  for (const entry of rights.seen) {
    if (entry.at > rights.completeUpTo && entry.at <= completeUpTo) units -= entry.quantity
  }
  return units
}
