import { type Clock, realClock } from '../server/kernel/clock.ts'

/** A holder of leases whose long sleeps, those between two renewals, end when `pass` is called: tests have no minutes. */
export function renewedByHand(): { clock: Clock; pass(): void } {
  const sleepers = new Set<() => void>()
  const sleep: Clock['sleep'] = (ms, signal) =>
    ms < 5_000
      ? realClock.sleep(ms, signal)
      : new Promise((wake) => {
          sleepers.add(wake)
          signal?.addEventListener('abort', () => wake(), { once: true })
        })
  const pass = () => {
    for (const wake of sleepers) wake()
    sleepers.clear()
  }
  return { clock: { ...realClock, sleep }, pass }
}
