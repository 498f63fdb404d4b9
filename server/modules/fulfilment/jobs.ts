import { type Database, lostARace } from '../../kernel/db.ts'
import type { Log } from '../../kernel/log.ts'
import type { Step } from '../../kernel/loops.ts'
import { completeLines } from '../orders/index.ts'

/** A buyer has a week to send goods back; then the purchase stands. */
const COMPLETED_AFTER_MS = 7 * 86_400_000
const LINES_MAX = 500
const LOOK_EVERY_MS = 30_000

type Deps = { db: Database; log: Log; companies: () => Promise<string[]> }

/** delivered → completed, a bounded batch a company and round; any number of workers may do it. */
export function fulfilmentSteps({ db, log, companies }: Deps): Step[] {
  return [
    {
      name: 'complete delivered',
      wakesOn: [],
      async step() {
        let isFull = false
        for (const company of await companies()) isFull = (await completeSome(company)) === LINES_MAX || isFull
        return isFull ? 0 : LOOK_EVERY_MS
      },
    },
  ]

  /** What fails for one company must not keep the others waiting; what another worker was at is done or comes again. */
  async function completeSome(company: string): Promise<number> {
    try {
      return await db.transaction([company], (tx) => completeLines(tx, company, COMPLETED_AFTER_MS, LINES_MAX))
    } catch (error) {
      if (!lostARace(error)) log.error({ err: error, company }, 'completing failed for one company')
      return 0
    }
  }
}
