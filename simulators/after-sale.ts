/**
 * What becomes of a purchase: its parcel arrives, its buyer wants it undone, exchanged, or keeps it after all. Decided
 * by a seed; what cannot be done at a marketplace is left.
 */
import { chance } from './chance.ts'
import type { Afterwards } from './marketplace.ts'

export type AfterSalePlan = {
  seed: number
  /** Shares of the parcels that their buyers send back, or want others for. Default 0. */
  returnShare?: number
  exchangeShare?: number
  /** Share of what was asked for, cancels too, that the buyer then lets be. Default 0. */
  takeBackShare?: number
  /** A parcel is under way for so many ms of the marketplace's clock. Default null: carriers bring nothing. */
  parcelMs?: number | null
}

export type AfterSaleTally = { delivered: number; returns: number; exchanges: number; takenBack: number }

/** The marketplace's doors with its clock filled in. `sendBack` asks for a return of units, or, with null, of all. */
export type AfterSaleDoors = {
  [Door in Exclude<keyof Afterwards, 'claims'>]: Door extends 'exchange'
    ? (lineKey: string, quantity: number | null) => boolean
    : (lineKey: string) => boolean
} & { sendBack(lineKey: string, quantity: number | null): boolean }

type Step = 'packed' | 'under_way' | 'arrived' | 'regretted' | 'on_its_way_back' | 'exchanged'

type Purchase = {
  lineKey: string
  wish: 'return' | 'exchange' | null
  quantity: 1 | null
  takesBack: boolean
  thinksForMs: number
  step: Step
  dueMs: number
  untilMs: number
}

const LOOK_EVERY_MS = 500
/** Nobody waits longer for a parcel, or for other goods. */
const PATIENCE_MS = 600_000
const LONGEST_THOUGHT_MS = 8_000
/** The oldest purchases are forgotten: a demo may run for days. */
const WATCHED_MAX = 5_000

/** Times are ms after the beginning, of the marketplace's clock. */
export function afterSale(plan: AfterSalePlan, doors: AfterSaleDoors) {
  const { returnShare = 0, exchangeShare = 0, takeBackShare = 0, parcelMs = null } = plan
  const isOn = returnShare > 0 || exchangeShare > 0 || takeBackShare > 0 || parcelMs !== null
  const random = chance(plan.seed, 'after sale')
  const tally: AfterSaleTally = { delivered: 0, returns: 0, exchanges: 0, takenBack: 0 }
  const watched = new Map<string, Purchase>()
  const carrierMs = parcelMs ?? 0

  const steps: Record<Step, (one: Purchase, nowMs: number) => Step | null> = {
    packed: ({ lineKey }) => (doors.isSent(lineKey) ? 'under_way' : 'packed'),
    under_way({ lineKey, wish }) {
      if (parcelMs !== null && doors.deliver(lineKey)) tally.delivered += 1
      return wish === null ? null : 'arrived'
    },
    arrived({ lineKey, wish, quantity, takesBack }) {
      const ask = wish === 'exchange' ? doors.exchange : doors.sendBack
      if (!ask(lineKey, quantity)) return null
      tally[wish === 'exchange' ? 'exchanges' : 'returns'] += 1
      return takesBack ? 'regretted' : 'on_its_way_back'
    },
    regretted({ lineKey }) {
      if (doors.takeBack(lineKey)) tally.takenBack += 1
      return null
    },
    on_its_way_back({ lineKey, wish }) {
      doors.bringBack(lineKey)
      return wish === 'exchange' ? 'exchanged' : null
    },
    exchanged: ({ lineKey }) => (doors.deliver(lineKey) ? null : 'exchanged'),
  }
  const waits: Record<Step, (one: Purchase) => number> = {
    packed: () => LOOK_EVERY_MS,
    under_way: () => carrierMs,
    arrived: ({ thinksForMs }) => thinksForMs,
    regretted: ({ thinksForMs }) => thinksForMs,
    on_its_way_back: () => carrierMs,
    exchanged: () => Math.max(LOOK_EVERY_MS, carrierMs),
  }

  function watch(one: Purchase): void {
    watched.set(one.lineKey, one)
    if (watched.size > WATCHED_MAX) watched.delete(watched.keys().next().value!)
  }

  return {
    tally,
    bought(lineKey: string, nowMs: number): void {
      if (!isOn) return
      // Every purchase draws the same number of times, so that one share changes nothing for the other buyers.
      const [wishes, many, takesBack, thinks] = [random(), random(), random(), random()]
      const wish = wishes < returnShare ? 'return' : wishes < returnShare + exchangeShare ? 'exchange' : null
      watch({
        ...{ lineKey, wish, quantity: many < 0.5 ? 1 : null, takesBack: takesBack < takeBackShare },
        ...{ thinksForMs: thinks * LONGEST_THOUGHT_MS, step: 'packed', dueMs: nowMs, untilMs: nowMs + PATIENCE_MS },
      })
    },
    /** A buyer has asked to cancel, and the seller must answer. Of a parcel that left, to send it back. */
    asked(lineKey: string, nowMs: number): void {
      const one = watched.get(lineKey)
      if (!one) return
      const step = one.takesBack ? 'regretted' : 'on_its_way_back'
      watch({ ...one, wish: 'return', step, dueMs: nowMs + waits[step](one) })
    },
    /** Does what is due. Answers when something next is. */
    turn(nowMs: number): number {
      let soonest = Number.POSITIVE_INFINITY
      for (const one of watched.values()) {
        if (one.dueMs <= nowMs) {
          const next = steps[one.step](one, nowMs)
          if (next === null || nowMs > one.untilMs) {
            watched.delete(one.lineKey)
            continue
          }
          Object.assign(one, { step: next, dueMs: nowMs + waits[next](one) })
        }
        soonest = Math.min(soonest, one.dueMs)
      }
      return soonest
    },
  }
}
