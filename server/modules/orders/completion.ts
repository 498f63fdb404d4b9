import type { Tx } from '../../kernel/db.ts'
import { advanceLines } from './lines.ts'
import { deliveredBefore } from './shipping-queries.ts'

/** delivered → completed for lines delivered at least so long ago, oldest first. Answers how many. */
export async function completeLines(tx: Tx, company: string, agoMs: number, most: number): Promise<number> {
  const due = await deliveredBefore(tx, company, agoMs, most)
  await advanceLines(
    tx,
    due.map((line) => ({ line, state: 'completed' as const })),
  )
  return due.length
}
