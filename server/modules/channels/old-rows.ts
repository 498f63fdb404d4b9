import type { Step } from '../../kernel/loops.ts'
import { companyIds } from '../access/index.ts'
import { transaction } from './again.ts'
import type { ChannelDeps } from './deps.ts'
import * as sql from './old-rows-queries.ts'

const DAY_MS = 24 * 3_600_000
/** Between two batches, so that a worker with three months to clear away leaves the database to the orders. */
const BETWEEN_MS = 50
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

/** How far a pass over a company has come: the last listing whose journal is done. */
type Pass = { company: string; listing: string }

/**
 * Once a day, and when a worker starts, what is older than KEPT_DAYS goes, batch by batch: several workers at it take
 * nothing from each other. What fails for one company is left until the next day.
 */
export function oldRowsStep(deps: Pick<ChannelDeps, 'db' | 'clock' | 'log'>): Step {
  let begunAt = Number.NEGATIVE_INFINITY
  let passes: Pass[] = []
  return {
    name: 'old rows go',
    wakesOn: [],
    async step() {
      if (passes.length === 0) {
        const restMs = begunAt + DAY_MS - deps.clock.monotonic()
        if (restMs > 0) return restMs
        begunAt = deps.clock.monotonic()
        passes = (await companyIds(deps.db)).map((company) => ({ company, listing: BEFORE_ALL }))
      }
      const [pass, ...others] = passes
      if (!pass) return DAY_MS
      passes = others
      try {
        const further = await dropOldRows(deps, pass)
        if (further) passes = [further, ...others]
      } catch (error) {
        deps.log.error({ err: error, company: pass.company }, 'old rows of a company stay until tomorrow')
      }
      return BETWEEN_MS
    },
  }
}

/** One batch; null when the company has nothing old left. */
async function dropOldRows({ db }: Pick<ChannelDeps, 'db'>, { company, listing }: Pass): Promise<Pass | null> {
  return transaction(db, company, async (tx) => {
    const { last, dropped } = await sql.dropJournal(tx, company, listing)
    if (last !== null) return { company, listing: dropped > 0 ? listing : last }
    const alarms = await sql.dropSeenAlarms(tx, company)
    const drifts = await sql.dropDrifts(tx, company)
    const comparisons = await sql.dropReconciliations(tx, company)
    return alarms + drifts + comparisons > 0 ? { company, listing } : null
  })
}
