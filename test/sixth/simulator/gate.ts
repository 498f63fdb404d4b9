import type { CallCount, Faults, SimRequest, SimResponse } from '../../../simulators/marketplace.ts'
import { json } from './world.ts'

const CALLS_PER_SECOND = 10

/** Key and pace, before every call. Bucket `all` is the one budget; `forced` was refused because a test said so. */
export function openGate(
  apiKey: string,
  limits: 'on' | 'off',
  faults: Faults,
): { refusal(request: SimRequest, now: number): SimResponse | null; calls(): CallCount[] } {
  const all: CallCount = { bucket: 'all', taken: 0, refused: 0 }
  const forced: CallCount = { bucket: 'forced', taken: 0, refused: 0 }
  let recent: number[] = []

  const refuse = (count: CallCount) => {
    count.refused += 1
    return json(429, { error: 'too many calls' }, { 'retry-after': '1' })
  }
  return {
    calls: () => [{ ...all }, { ...forced }],
    refusal(request, now) {
      if (request.headers.get('authorization') !== `Bearer ${apiKey}`) return json(401, { error: 'who are you' })
      if (now < faults.rateLimitedUntil) return refuse(forced)
      recent = recent.filter((at) => at > now - 1_000)
      if (limits === 'on' && recent.length >= CALLS_PER_SECOND) return refuse(all)
      recent.push(now)
      all.taken += 1
      return null
    },
  }
}
