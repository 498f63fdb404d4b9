/**
 * Brings a marketplace's webhooks to whoever wants them: bounded in calls at once, in time and in tries, and with the
 * faults of a network, by seed. What failed is the marketplace's to know: its log tells it.
 */
import { wholeBetween } from './chance.ts'
import type { Delivery, Faults, Webhooks } from './marketplace.ts'

export type WebhookPlan = {
  /** An http or https URL. */
  to: string
  /**
   * When a webhook that was not answered with 2xx is sent again, ms of the marketplace's clock after each try; [] =
   * never. That it is repeated is known of real ones and the times are not.
   */
  retriesMs?: readonly number[]
}

/** Webhooks, except `calls`; those lost by a fault were never called. */
export type WebhookTally = { calls: number; arrived: number; failed: number; lost: number; waiting: number }

export type WebhookSender = {
  tally(): WebhookTally
  /** Cuts what is under way; it and what never left count as unanswered. Safe to call twice. */
  stop(): void
}

const RETRIES_MS = [1_000, 5_000, 25_000]
const LOOK_EVERY_MS = 20
const CALL_WITHIN_MS = 5_000
const CALLS_AT_ONCE = 8
/** What is taken from the machine and not arrived yet; the rest stays with it. */
const MOST_WAITING = 1_000
/** One that is to be overtaken leaves by itself where nobody comes after it. */
const OVERTAKEN_WITHIN_MS = 1_000
const BEHIND_MS = 100

type Waiting = { delivery: Delivery; at: number; tries: number }

/** Sends what is told from now on. */
export function startSending(
  webhooks: Webhooks,
  { to, retriesMs = RETRIES_MS }: WebhookPlan,
  { faults, random, timeScale }: { faults: Faults; random: () => number; timeScale: number },
): WebhookSender {
  const tally = { calls: 0, arrived: 0, failed: 0, lost: 0 }
  const over = new AbortController()
  const underWay = new Set<Waiting>()
  let after = webhooks.newest()
  const waiting: Waiting[] = []
  let overtaken: Waiting | null = null

  const timer = setInterval(look, LOOK_EVERY_MS)
  timer.unref()

  function look(): void {
    for (const delivery of webhooks.due(after, Math.max(0, MOST_WAITING - waiting.length))) {
      after = delivery.seq
      take(delivery)
    }
    const now = performance.now()
    while (underWay.size < CALLS_AT_ONCE) {
      const next = waiting.findIndex(({ at }) => at <= now)
      if (next < 0) return
      void send(waiting.splice(next, 1)[0]!)
    }
  }

  /** Each draws the same number of times, so that switching one fault on leaves the others' luck alone. */
  function take(delivery: Delivery): void {
    const isLost = random() < faults.webhookLost
    const isTwice = random() < faults.webhookTwice
    const isLate = random() < faults.webhookLate
    const lateMs = wholeBetween(random, 0, faults.webhookLateMs)
    const isOvertaken = random() < faults.webhookOvertaken
    if (isLost) {
      tally.lost += 1
      webhooks.answered(delivery.seq, 503)
      return
    }
    webhooks.answered(delivery.seq, null)
    const at = performance.now() + (isLate ? lateMs : 0)
    const one = { delivery, at, tries: 0 }
    waiting.push(...(isTwice ? [one, { ...one }] : [one]))
    if (overtaken) {
      overtaken.at = at + BEHIND_MS
      overtaken = null
    } else if (isOvertaken && !isTwice) {
      one.at += OVERTAKEN_WITHIN_MS
      overtaken = one
    }
  }

  async function send(one: Waiting): Promise<void> {
    if (one === overtaken) overtaken = null
    underWay.add(one)
    tally.calls += 1
    const status = await call(to, one.delivery, over.signal)
    underWay.delete(one)
    if (over.signal.aborted) return
    webhooks.answered(one.delivery.seq, status)
    const pauseMs = retriesMs[one.tries]
    if (status >= 200 && status < 300) tally.arrived += 1
    else if (pauseMs === undefined) tally.failed += 1
    else waiting.push({ ...one, at: performance.now() + pauseMs / timeScale, tries: one.tries + 1 })
    look()
  }

  return {
    tally: () => ({ ...tally, waiting: webhooks.newest() - after + waiting.length + underWay.size }),
    stop() {
      clearInterval(timer)
      over.abort()
      for (const { delivery, tries } of [...waiting.splice(0), ...underWay]) {
        if (tries === 0) webhooks.answered(delivery.seq, 0)
      }
    },
  }
}

/** The receiver's status; 0 = none in time. A redirect is an answer, and not followed. */
async function call(to: string, { headers, body }: Delivery, over: AbortSignal): Promise<number> {
  const signal = AbortSignal.any([over, AbortSignal.timeout(CALL_WITHIN_MS)])
  try {
    const answer = await fetch(to, { method: 'POST', headers, body, redirect: 'manual', signal })
    await answer.body?.cancel()
    return answer.status
  } catch {
    return 0
  }
}
