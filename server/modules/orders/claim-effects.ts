import type { Tx } from '../../kernel/db.ts'
import * as sql from './claim-queries.ts'
import { settleReplacements } from './claim-replacements.ts'
import { comesTo, isVoid } from './claim-states.ts'
import { cancelLines, type LineAt } from './lines.ts'
import { takesOf } from './shipping.ts'

/** Units a marketplace may have put back on its shelf, newly known. `at`: the marketplace's time, epoch ms. */
export type TakenBack = { line: sql.LineUnderClaim; units: number; at: number }

/**
 * Makes stock, flags and what the marketplace took back follow what these lines and all claims on them say. Looks at
 * the rows, never at the news that came: called any number of times it does each thing once. `cancelled` is what the
 * line itself tells, in all; 0 where it tells nothing. Claims are written before; their lines are locked here.
 */
export async function settleLines(
  tx: Tx,
  actor: string,
  told: readonly { line: LineAt; cancelled: number; at: number }[],
): Promise<TakenBack[]> {
  if (told.length === 0) return []
  const news = new Map<string, { cancelled: number; at: number }>()
  for (const { line, cancelled, at } of told) {
    const known = news.get(placeOf(line))
    news.set(placeOf(line), { cancelled: Math.max(cancelled, known?.cancelled ?? 0), at: Math.max(at, known?.at ?? 0) })
  }
  const lines = await sql.lockLinesUnderClaim(
    tx,
    told.map(({ line }) => line),
  )
  const claims = Map.groupBy(await sql.claimsOnLines(tx, lines), placeOf)
  const takes = await takesOf(tx, lines)
  const after = lines.map((line) => {
    const toldCancelled = Math.max(line.toldCancelled, news.get(placeOf(line))!.cancelled)
    return { line, ...comesTo({ quantity: line.quantity, toldCancelled }, claims.get(placeOf(line)) ?? []) }
  })
  await cancelLines(
    tx,
    actor,
    after
      .filter(({ line, toldCancelled }) => toldCancelled > line.cancelled)
      .map(({ line, toldCancelled }) => ({ line, cancelled: toldCancelled, takes: takes(line) })),
  )
  sql.markLines(
    tx,
    after
      .filter(
        ({ line, toldCancelled, takenBack, claim }) =>
          toldCancelled !== line.toldCancelled || takenBack > line.takenBack || claim !== line.claim,
      )
      .map(({ line, toldCancelled, takenBack, claim }) => ({
        ...{ ...line, toldCancelled, claim },
        takenBack: Math.max(takenBack, line.takenBack),
      })),
  )
  return after
    .filter(({ line, takenBack }) => takenBack > line.takenBack)
    .map(({ line, takenBack }) => ({
      ...{ line, units: takenBack - line.takenBack, at: news.get(placeOf(line))!.at },
    }))
}

const placeOf = (line: { orderId: string; lineNo: number }): string => `${line.orderId}/${line.lineNo}`

/** The same for whole claims, and the other goods of exchanges. */
export async function settleClaims(tx: Tx, actor: string, claims: readonly sql.ReadClaim[]): Promise<TakenBack[]> {
  const lines = await sql.linesOfClaims(tx, claims)
  const byId = new Map(claims.map((claim) => [claim.claimId, claim]))
  const joined = lines.flatMap((line) =>
    line.orderId === null || line.lineNo === null ? [] : [{ ...line, orderId: line.orderId, lineNo: line.lineNo }],
  )
  const back = await settleLines(
    tx,
    actor,
    joined.map((line) => ({ line, cancelled: 0, at: byId.get(line.claimId)!.changedAt })),
  )
  const exchanged = joined.filter(({ claimId }) => byId.get(claimId)!.kind === 'exchange')
  await settleReplacements(
    tx,
    actor,
    exchanged.map((line) => {
      const { state, warehouses } = byId.get(line.claimId)!
      return {
        line,
        warehouses,
        isWanted: state !== 'requested' && !isVoid(state),
        isVoid: isVoid(state),
        isDone: state === 'done',
      }
    }),
  )
  return back
}
