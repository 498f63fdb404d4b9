import type { Tx } from '../../kernel/db.ts'
import { applyStock, type StockRequest } from '../inventory/index.ts'
import * as sql from './claim-queries.ts'
import { insertReplacements } from './claim-replacement-queries.ts'
import { cancelLines, refreshStates } from './lines.ts'
import { takesOf } from './shipping.ts'
import { linesToReserve } from './take-orders.ts'

/** A line of an exchange, joined to its order, and what its claim's state asks for. */
export type Exchanged = {
  line: sql.ClaimLine & { orderId: string; lineNo: number }
  warehouses: readonly string[]
  /** Agreed: the other goods are to go out. */
  isWanted: boolean
  isVoid: boolean
  isDone: boolean
}

/**
 * One out for one in: the other goods of an agreed exchange are a line of the same order, for nothing, with a
 * reservation of its own, firm or short as any paid line. It belongs to no connection, since the marketplace knows no
 * such line. An exchange that is refused or withdrawn gives back what has not left.
 */
export async function settleReplacements(tx: Tx, actor: string, exchanged: readonly Exchanged[]): Promise<void> {
  await addReplacements(
    tx,
    actor,
    exchanged.filter(({ line, isWanted }) => isWanted && line.replacementLineNo === null),
  )
  await dropReplacements(
    tx,
    actor,
    exchanged.filter(({ line, isVoid }) => isVoid && line.replacementLineNo !== null),
  )
}

async function addReplacements(tx: Tx, actor: string, exchanged: readonly Exchanged[]): Promise<void> {
  if (exchanged.length === 0) return
  const originals = await sql.lockLinesUnderClaim(
    tx,
    exchanged.map(({ line }) => line),
  )
  const takes = await takesOf(tx, originals)
  const added = exchanged.flatMap(({ line, warehouses, isDone }) => {
    const original = originals.find(({ orderId, lineNo }) => orderId === line.orderId && lineNo === line.lineNo)!
    // Over before we heard of it, of goods that never left our books: nothing of it is ours to send.
    const isHistory = isDone && original.shipped === 0
    if (isHistory || original.variantId === null || warehouses.length === 0) return []
    return [{ line, original, warehouses, lineNo: replacementLineNo(line), reservationId: tx.newId() }]
  })
  const requests = added.map(({ line, original, warehouses, lineNo, reservationId }): StockRequest => {
    const parts = takes(original).map((part) => ({ ...part, margin: 0 }))
    const { company, channel, externalId } = original
    return {
      ...{ verb: 'reserve', company, source: channel, ref: `${externalId}/${replacementKey(line)}`, actor },
      ...{ reservationId, whenShort: 'await', holdForMs: null, drawsOn: 'free', replaces: null, shipBy: null },
      lines: linesToReserve(
        [{ takes: parts, quantity: line.quantity, multiplier: original.multiplier }],
        warehouses,
        lineNo,
      ),
    }
  })
  for (const outcome of await applyStock(tx, requests)) {
    if (outcome.kind !== 'firm') throw new Error(`other goods of an exchange were answered ${outcome.kind}`)
  }
  insertReplacements(
    tx,
    added.map(({ line, lineNo, reservationId }) => ({
      ...{ claimed: line, lineNo, reservationId, lineKey: replacementKey(line) },
    })),
  )
  if (added.length > 0) {
    await refreshStates(
      tx,
      added.map(({ line }) => line),
    )
  }
}

const replacementKey = ({ claimId, lineKey }: sql.ClaimLine): string => `exchange/${claimId}/${lineKey}`

/** Above all numbers of lines that were bought (see lateLineNo), and the same whoever writes it. */
function replacementLineNo(line: sql.ClaimLine): number {
  let hash = 7
  for (const sign of replacementKey(line)) hash = (Math.imul(hash, 31) + sign.codePointAt(0)!) >>> 0
  return 1_100_000_000 + (hash % 1_000_000_000)
}

async function dropReplacements(tx: Tx, actor: string, exchanged: readonly Exchanged[]): Promise<void> {
  if (exchanged.length === 0) return
  const lines = await sql.lockLinesUnderClaim(
    tx,
    exchanged.map(({ line }) => ({ ...line, lineNo: line.replacementLineNo! })),
  )
  const takes = await takesOf(tx, lines)
  await cancelLines(
    tx,
    actor,
    lines.map((line) => ({ line, cancelled: line.quantity, takes: takes(line) })),
  )
}
