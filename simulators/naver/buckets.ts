/** Call budgets as the gateway keeps them: one token bucket per API, and a quota over all APIs as a penalty. */
import type { CallCount, SimResponse } from '../marketplace.ts'
import { gatewayError, type Trace } from './envelopes.ts'
import { DAY_MS, kstMidnight } from './times.ts'

const HOUR_MS = 3_600_000

export type Limits = 'off' | { ratePerSecond: number }
export type PenaltyRule = 'never' | 'next_day' | 'at_once'

type Bucket = { tokens: number; filledAt: number; taken: number; refused: number }

export type Buckets = {
  limits: Limits
  penaltyRule: PenaltyRule
  byApi: Map<string, Bucket>
  penalty: { from: number; until: number }
  lastPenaltyHour: number
}

export function createBuckets(limits: Limits, penaltyRule: PenaltyRule): Buckets {
  return { limits, penaltyRule, byApi: new Map(), penalty: { from: 0, until: 0 }, lastPenaltyHour: -1 }
}

/**
 * Takes one call of this API out of its budget: the headers every answer carries, or the refusal.
 * `closedUntil`: a fault under which every call is refused until then.
 */
export function takeCall(
  buckets: Buckets,
  api: string,
  trace: Trace,
  closedUntil: number,
): { headers: Record<string, string> } | { refusal: SimResponse } {
  const bucket = bucketOf(buckets, api, trace.now)
  if (isPenalised(buckets, trace.now)) return takeUnderPenalty(buckets, bucket, trace)
  if (buckets.limits === 'off' && closedUntil <= trace.now) {
    bucket.taken += 1
    return { headers: {} }
  }
  refill(buckets, bucket, trace.now)
  if (bucket.tokens < 1 || closedUntil > trace.now) {
    bucket.refused += 1
    return {
      refusal: withHeaders(rateLimited(trace), rateHeaders(buckets, closedUntil > trace.now ? 0 : bucket.tokens)),
    }
  }
  bucket.tokens -= 1
  bucket.taken += 1
  return { headers: rateHeaders(buckets, bucket.tokens) }
}

/** The token call has no bucket and no rate headers, and the penalty leaves it alone; it is counted all the same. */
export function takeTokenCall(buckets: Buckets, api: string, trace: Trace, closedUntil: number): SimResponse | null {
  const bucket = bucketOf(buckets, api, trace.now)
  if (closedUntil <= trace.now) {
    bucket.taken += 1
    return null
  }
  bucket.refused += 1
  return rateLimited(trace)
}

/**
 * A malformed token call earns one call an hour for all APIs. The notice judges a day on the day after and
 * lifts the penalty on the morning after a clean day; `at_once` is for tests that cannot wait for midnight.
 */
export function punishMalformedToken(buckets: Buckets, now: number): void {
  if (buckets.penaltyRule === 'never') return
  const tomorrow = kstMidnight(now) + DAY_MS
  const isRunning = isPenalised(buckets, now)
  const from = buckets.penaltyRule === 'at_once' ? now : tomorrow
  buckets.penalty = { from: isRunning ? buckets.penalty.from : from, until: tomorrow + DAY_MS }
}

export function callCounts(buckets: Buckets): CallCount[] {
  return [...buckets.byApi].map(([bucket, { taken, refused }]) => ({ bucket, taken, refused }))
}

function takeUnderPenalty(buckets: Buckets, bucket: Bucket, trace: Trace): ReturnType<typeof takeCall> {
  const headers = { 'GNCP-GW-Quota-Period': 'HOURS', 'GNCP-GW-Quota-Limit': '1', 'GNCP-GW-Quota-Remaining': '0' }
  const hour = Math.floor(trace.now / HOUR_MS)
  if (hour === buckets.lastPenaltyHour) {
    bucket.refused += 1
    const refusal = gatewayError(trace, 429, 'GW.QUOTA_LIMIT', '호출 가능한 횟수를 초과했습니다.')
    return { refusal: withHeaders(refusal, headers) }
  }
  buckets.lastPenaltyHour = hour
  bucket.taken += 1
  return { headers }
}

function rateLimited(trace: Trace): SimResponse {
  return gatewayError(trace, 429, 'GW.RATE_LIMIT', '요청이 많아 처리할 수 없습니다.')
}

function isPenalised(buckets: Buckets, now: number): boolean {
  return buckets.penalty.from <= now && now < buckets.penalty.until
}

function bucketOf(buckets: Buckets, api: string, now: number): Bucket {
  const known = buckets.byApi.get(api)
  if (known) return known
  const full = { tokens: burst(buckets.limits), filledAt: now, taken: 0, refused: 0 }
  buckets.byApi.set(api, full)
  return full
}

function refill(buckets: Buckets, bucket: Bucket, now: number): void {
  if (buckets.limits === 'off') return
  const grown = (Math.max(0, now - bucket.filledAt) / 1000) * buckets.limits.ratePerSecond
  bucket.tokens = Math.min(burst(buckets.limits), bucket.tokens + grown)
  bucket.filledAt = now
}

/** Twice the rate: the next second's calls may be borrowed. */
function burst(limits: Limits): number {
  return limits === 'off' ? 0 : limits.ratePerSecond * 2
}

function rateHeaders(buckets: Buckets, tokens: number): Record<string, string> {
  if (buckets.limits === 'off') return {}
  return {
    'GNCP-GW-RateLimit-Replenish-Rate': String(buckets.limits.ratePerSecond),
    'GNCP-GW-RateLimit-Burst-Capacity': String(burst(buckets.limits)),
    'GNCP-GW-RateLimit-Remaining': String(Math.floor(tokens)),
  }
}

function withHeaders(response: SimResponse, headers: Record<string, string>): SimResponse {
  return { ...response, headers: { ...response.headers, ...headers } }
}
