import { companyIds } from '../modules/access/index.ts'
import {
  type Asked,
  type Found,
  findViolations,
  ROW_INVARIANTS,
  seesAllCompanies,
  WALL_INVARIANTS,
} from '../screens/invariants.ts'
import type { CommandContext } from './context.ts'

export type CheckOptions = {
  /** Only these companies' rows; by default everybody's. */
  companies?: readonly string[]
}

export type CheckResult = {
  invariants: { name: string; means: string; violations: number; examples: Record<string, unknown>[] }[]
  /** Σ over all of them; 0 means the books are true. */
  violations: number
}

/** Companies asked for in one transaction where the wall cannot be stepped over. */
const COMPANIES_AT_ONCE = 100
const MOST_EXAMPLES = 5

/** Asks every invariant of the database. Writes nothing and waits for nobody; may run beside a busy server. */
export async function check(context: CommandContext, options: CheckOptions = {}): Promise<CheckResult> {
  const scopes = await scopesOf(context, options)
  const all = [...ROW_INVARIANTS, ...WALL_INVARIANTS]
  const invariants = []
  for (const [i, invariant] of all.entries()) {
    context.progress(i, all.length, invariant.name)
    const found = await ask(context, invariant, WALL_INVARIANTS.includes(invariant) ? [NOBODY] : scopes)
    invariants.push({ name: invariant.name, means: invariant.means, ...found })
  }
  context.progress(all.length, all.length, 'checked')
  return { invariants, violations: invariants.reduce((sum, { violations }) => sum + violations, 0) }
}

type Scope = { companies: readonly string[]; overTheWall: boolean }
const NOBODY: Scope = { companies: [], overTheWall: false }

async function scopesOf(context: CommandContext, options: CheckOptions): Promise<Scope[]> {
  const behind = (companies: readonly string[]): Scope => ({ companies, overTheWall: false })
  if (options.companies) return [behind(options.companies)]
  if (await context.db.transaction([], seesAllCompanies)) return [{ companies: [], overTheWall: true }]
  const ids = await companyIds(context.db)
  const scopes: Scope[] = []
  for (let from = 0; from < ids.length; from += COMPANIES_AT_ONCE) {
    scopes.push(behind(ids.slice(from, from + COMPANIES_AT_ONCE)))
  }
  return scopes
}

async function ask(context: CommandContext, invariant: Asked, scopes: readonly Scope[]): Promise<Found> {
  const sum: Found = { violations: 0, examples: [] }
  for (const { companies, overTheWall } of scopes) {
    const found = await context.db.transaction(companies, (tx) => findViolations(tx, invariant, overTheWall))
    sum.violations += found.violations
    sum.examples.push(...found.examples.slice(0, MOST_EXAMPLES - sum.examples.length))
  }
  return sum
}
