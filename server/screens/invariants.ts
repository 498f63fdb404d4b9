import { type Statement, statement, type Tx } from '../kernel/db.ts'
import { CHANNELS } from './invariants/channels.ts'
import { CLAIMS } from './invariants/claims.ts'
import { FULFILMENT } from './invariants/fulfilment.ts'
import type { Invariant } from './invariants/invariant.ts'
import { ORDERS } from './invariants/orders.ts'
import { SHORTAGES, STOCK } from './invariants/stock.ts'
import { OWNERS, WALLS } from './invariants/walls.ts'

/** An invariant, ready to be asked. */
export type Asked = Pick<Invariant, 'name' | 'means'> & { statement: Statement<Found> }
/** `examples`: any five of the violating rows. */
export type Found = { violations: number; examples: Record<string, unknown>[] }

const EXAMPLES = 5

const asked = (list: readonly Invariant[], kind: string): Asked[] =>
  list.map(({ name, means, broken }, i) => ({
    name,
    means,
    statement: statement<Found>(
      `screens_${kind}_invariant_${i + 1}`,
      `with violating as materialized (${broken})
       select (select count(*) from violating) as violations,
         coalesce((select jsonb_agg(to_jsonb(e)) from (select * from violating limit ${EXAMPLES}) e), '[]') as examples`,
    ),
  }))

/** Of rows: asked for the companies a transaction states, or for all of them behind no wall. */
export const ROW_INVARIANTS: readonly Asked[] = asked(
  [...STOCK, ...SHORTAGES, ...ORDERS, ...CLAIMS, ...FULFILMENT, ...CHANNELS, ...OWNERS],
  'row',
)

/** Of the schema itself: asked once. */
export const WALL_INVARIANTS: readonly Asked[] = asked(WALLS, 'wall')

const PREPARE = statement<unknown>(
  'screens_prepare_check',
  `select set_config('transaction_read_only', 'on', true), set_config('enable_seqscan', 'on', true),
     set_config('work_mem', '256MB', true), set_config('statement_timeout', '600000', true)`,
)

const STEP_OUT = statement<unknown>('screens_step_out_of_the_wall', `select set_config('role', 'none', true)`)

const SEES_ALL = statement<{ all: boolean }>(
  'screens_sees_all',
  `select rolsuper or rolbypassrls as all from pg_roles where rolname = session_user`,
)

/** Whether whoever signed in may look over the wall: the server's own role may not. */
export const seesAllCompanies = async (tx: Tx): Promise<boolean> => (await tx.query(SEES_ALL, []))[0]?.all === true

/**
 * Counts what breaks one invariant, in a single statement and so in a single picture of the data. The session prefers
 * indexes, as orders need it; here whole tables are read. A sort of 1,000,000 movements needs 130 MB; with 64 MB it went
 * to disk and took twice as long. More spills, so memory stays bounded.
 */
export async function findViolations(tx: Tx, invariant: Asked, overTheWall: boolean): Promise<Found> {
  await tx.query(PREPARE, [])
  if (overTheWall) await tx.query(STEP_OUT, [])
  return (await tx.query(invariant.statement, []))[0]!
}
