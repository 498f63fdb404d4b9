import type { Board } from '../../contract/board.ts'
import type { Tx } from '../kernel/db.ts'
import { companyName } from '../modules/access/index.ts'
import { boardConnections, boardErrors, boardOrders, boardTotals, boardVariants } from './board-queries.ts'

/** One company's board, whole, as of one transaction. */
export async function readBoard(tx: Tx, company: string, demo: boolean): Promise<Board> {
  const parts = [
    boardTotals(tx, company),
    boardConnections(tx, company),
    boardVariants(tx, company),
    boardOrders(tx, company),
    boardErrors(tx, company),
    companyName(tx, company),
    tx.now(),
  ] as const
  const [totals, connections, variants, orders, errors, name, now] = await Promise.all(parts)
  return {
    ...{ totals, connections, variants, orders, errors, demo },
    at: new Date(now).toISOString(),
    company: { id: company, name: name ?? '' },
  }
}
