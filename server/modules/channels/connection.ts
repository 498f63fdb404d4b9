import type { Learned } from './allocation/lateness.ts'

/** One account at one marketplace, as its row stands. Times are epoch ms. */
export type Connection = {
  company: string
  connectionId: string
  channel: string
  name: string
  baseUrl: string
  sealedCredentials: Buffer
  settings: Readonly<Record<string, string | number | boolean>>
  mode: 'observe' | 'push'
  policy: Policy
  policySettings: PolicySettings
  /** Where its orders are taken from, best first. */
  warehouses: readonly string[]
  paused: boolean
  /** False: nobody talks to it (any more). */
  apiSupported: boolean
  /** A person must look: key refused, seller blocked. */
  parked: boolean
  cursor: Readonly<Record<string, string | number | null>> | null
  /** Every order and cancel the marketplace stamped up to here is recorded: W of the allocation rules. */
  collectedUpTo: number
  /** How late its orders may come and still be counted on: m of the allocation rules, learned from `learned`. */
  feedLatenessMs: number
  /** Null: nothing yet. */
  learned: Learned | null
  /** Faults in a row; while there are any, nothing is written until a collection has succeeded: collect first, then write. */
  failures: number
  lastSuccessAt: number | null
}

export type Policy = 'rights' | 'fixed' | 'pool' | 'buffered'

/**
 * fixed: percent or units of this channel. buffered: percent or units kept back. rights: `tail` pooled shows the last
 * units everywhere where that sells one twice with a chance of no more than `tailRisk` each time they run out; without it
 * the last units are strict. `protocol` B changes numbers by stop, read, set, resume, whose last units are always strict;
 * A, or nothing said, by setting them and collecting orders past it.
 */
export type PolicySettings = {
  percent?: number
  units?: number
  tail?: 'strict' | 'pooled'
  tailRisk?: number
  protocol?: 'A' | 'B'
}

export type NewConnection = {
  company: string
  channel: string
  name: string
  baseUrl: string
  credentials: Readonly<Record<string, string>>
  settings: Readonly<Record<string, string | number | boolean>>
  /** A real marketplace starts in `observe`: nothing is pushed until a person switches it on. */
  mode: 'observe' | 'push'
  policy: Policy
  policySettings: PolicySettings
  warehouses: readonly string[]
  feedLatenessMs: number
  budgets: readonly { bucket: string; ratePerSecond: number; burst: number }[]
}

/** Where a connection's credentials are sealed to. */
export const sealPlace = (company: string, connectionId: string): string =>
  `channels.connection/${company}/${connectionId}`

/** What the planner may count on: it answers, and nobody has stopped it. */
export const isReachable = (connection: Connection): boolean =>
  connection.apiSupported &&
  connection.mode === 'push' &&
  !connection.paused &&
  !connection.parked &&
  connection.failures === 0
