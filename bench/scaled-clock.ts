import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Clock } from '../server/kernel/clock.ts'

/** A clock that read `now` when the machine's own read `at` (epoch ms), and runs `scale` times as fast. */
export type Scaled = { now: number; at: number; scale: number }

/** Our clock, on the marketplaces' time: waits are as much shorter as the clock is faster. */
export function scaledClock({ now, at, scale }: Scaled): Clock {
  const begun = performance.now()
  return {
    now: () => Math.floor(now + (Date.now() - at) * scale),
    monotonic: () => (performance.now() - begun) * scale,
    async sleep(ms, signal) {
      await sleep(ms / scale, undefined, signal ? { signal } : {}).catch(() => {})
    },
  }
}

/** The database's time, on the same: leases, budgets and lag then count as the marketplaces do. */
export async function scaleDatabase(url: string, { now, at, scale }: Scaled): Promise<void> {
  const owner = new pg.Client({ connectionString: url })
  await owner.connect()
  await owner.query(`create or replace function kernel.now() returns timestamptz language sql stable parallel safe
    return to_timestamp(${now / 1_000}::float8) + (statement_timestamp() - to_timestamp(${at / 1_000}::float8)) * ${scale}`)
  await owner.end()
}
