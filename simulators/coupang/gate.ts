import type { CallCount, SimRequest, SimResponse } from '../marketplace.ts'
import { accessDenied, json, tooManyRequests } from './envelopes.ts'
import { createLimiter } from './limiter.ts'
import { type ApiKey, signatureFault } from './signature.ts'
import type { World } from './world.ts'

/** What stands before every endpoint: the content network, the signature, the vendor's one limit over all APIs. */
export type Gate = {
  admit(world: World, request: SimRequest, bucket: string, now: number): Admission
  /** Tells how an admitted call ended: too many errors close the door. */
  noteAnswer(world: World, status: number, now: number): void
  /**
   * Bucket `vendor` is the one budget there is: refused there = calls over it. The rest tell where calls went
   * (`api:…`) and what was refused through no fault of the client's pace (`forced`, `denied`, `unsigned`).
   */
  calls(): CallCount[]
}

export type Admission =
  | { kind: 'admitted'; headers: Record<string, string> }
  | { kind: 'refused'; response: SimResponse }

const ERROR_WINDOW_MS = 60_000
const WARN_FROM = 0.9

export function createGate(key: ApiKey): Gate {
  const pace = createLimiter()
  const errors = createLimiter()
  const counts = new Map<string, CallCount>([['vendor', { bucket: 'vendor', taken: 0, refused: 0 }]])
  let unsigned = 0

  function count(bucket: string, outcome: 'taken' | 'refused'): void {
    const row = counts.get(bucket) ?? { bucket, taken: 0, refused: 0 }
    row[outcome]++
    counts.set(bucket, row)
  }

  function refuse(bucket: string, response: SimResponse): Admission {
    count(bucket, 'refused')
    return { kind: 'refused', response }
  }

  function noteAnswer(world: World, status: number, now: number): void {
    const { deniedAfterErrors: limit, blockMs } = world.switches
    if (status < 400 || limit <= 0) return
    errors.exceeds(now, { limit, windowMs: ERROR_WINDOW_MS, blockMs })
  }

  return {
    noteAnswer,
    calls: () => [...counts.values()].map((row) => ({ ...row })),
    admit(world, request, bucket, now) {
      const { switches, faults } = world
      if (switches.deniedAfterErrors > 0 && errors.isBlocked(now)) return refuse('denied', accessDenied())

      // The signature comes first: a call nobody signed belongs to no vendor and cannot use up its limit.
      const fault = signatureFault(request, key, now, switches.signatureValidityMs)
      if (fault !== null) {
        noteAnswer(world, 401, now)
        const transactionId = `pretend-${++unsigned}`
        return refuse('unsigned', json(401, { code: 'ERROR', message: fault, transactionId }))
      }
      if (now < faults.rateLimitedUntil) return refuse('forced', tooManyRequests())

      const rules = { limit: switches.callsPerSecond, windowMs: 1_000, blockMs: switches.blockMs }
      if (switches.limits === 'on') {
        const wasBlocked = pace.isBlocked(now)
        if (pace.exceeds(now, rules) || wasBlocked) return refuse('vendor', tooManyRequests())
      }
      count('vendor', 'taken')
      count(`api:${bucket}`, 'taken')
      const isNear = switches.limits === 'on' && pace.filled(rules) >= WARN_FROM
      return { kind: 'admitted', headers: isNear ? { 'x-cag-warnings': 'rate limit nearly reached' } : {} }
    },
  }
}
