import type { Tx } from '../../kernel/db.ts'
import { settleClaims, type TakenBack } from './claim-effects.ts'
import * as sql from './claim-queries.ts'
import { furtherState, isNewer } from './claim-states.ts'
import { type AnswerHeard, confirmAnswers } from './claim-telling.ts'

/** A claim as a marketplace tells it. Times are epoch ms, quantities sold units. */
export type ToldClaim = Omit<sql.Claim, 'claimId' | 'claimKey' | 'orderId' | 'openedBy' | 'connectionId'> & {
  connectionId: string
  claimKey: string
  /** Never empty; one entry a line. */
  lines: readonly { lineKey: string; actionKey: string; quantity: number }[]
}

const BY_MARKETPLACE = 'marketplace'

/**
 * Records claims of one connection: each once, under the marketplace's key, however often and in whatever order it is
 * told. Stock, flags and other goods follow in the same transaction. A claim about an order nobody has told yet is
 * kept, and joined by joinClaims. Answers what the marketplace may have put back on its shelf, and which of our answers
 * these news show to have been heard.
 */
export async function recordClaims(
  tx: Tx,
  actor: string,
  told: readonly ToldClaim[],
): Promise<{ back: TakenBack[]; heard: AnswerHeard[] }> {
  if (told.length === 0) return { back: [], heard: [] }
  const { company, connectionId } = told[0]!
  const latest = newestOfEach(told)
  const known = await knownClaims(tx, latest)
  const inserted: sql.Claim[] = []
  const updated: sql.Claim[] = []
  const written: { claim: sql.Claim; lines: ToldClaim['lines'] }[] = []
  for (const claim of latest) {
    const before = known.get(claim.claimKey)
    const after = before ? afterNews(before, claim) : firstHeard(tx, claim)
    if (!after) continue
    if (before) updated.push(after)
    else inserted.push(after)
    if (!before || before.claimKey === null || isNewer(before, claim))
      written.push({ claim: after, lines: claim.lines })
  }
  const changed = [...inserted, ...updated]
  sql.insertClaims(tx, inserted)
  sql.updateClaims(tx, updated)
  sql.writeClaimLines(tx, written.flatMap(linesOf))
  const keys = latest.flatMap(({ lines }) => lines.map(({ lineKey }) => lineKey))
  const joined = await sql.joinClaimLines(tx, company, connectionId, keys)
  const confirmed = await confirmAnswers(tx, updated)
  const back = await settleClaims(tx, actor, await withJoined(tx, changed, joined))
  const lines = await sql.linesOfClaims(
    tx,
    confirmed.map(({ claim }) => claim),
  )
  const heard = confirmed.map((one) => ({
    ...one,
    lines: lines.filter(({ claimId }) => claimId === one.claim.claimId),
  }))
  return { back, heard }
}

/** Claims that came before their orders are joined to the lines of these keys, and do what they would have done. */
export async function joinClaims(
  tx: Tx,
  actor: string,
  company: string,
  connectionId: string,
  lineKeys: readonly string[],
): Promise<TakenBack[]> {
  if (lineKeys.length === 0) return []
  const joined = await sql.joinClaimLines(tx, company, connectionId, lineKeys)
  return joined.length === 0 ? [] : settleClaims(tx, actor, await sql.lockClaims(tx, joined))
}

/** A claim told twice in one answer is one claim; the later entry of two equally new ones may be the further one. */
function newestOfEach(told: readonly ToldClaim[]): ToldClaim[] {
  const byKey = new Map<string, ToldClaim>()
  for (const claim of told) {
    const other = byKey.get(claim.claimKey)
    if (!other) byKey.set(claim.claimKey, claim)
    else {
      const details = isNewer(other, claim) ? claim : other
      byKey.set(claim.claimKey, { ...details, state: furtherState(other.state, claim.state) })
    }
  }
  return [...byKey.values()]
}

/** By key; and cancels the seller asked for, which the marketplace now tells under a key of its own. */
async function knownClaims(tx: Tx, told: readonly ToldClaim[]): Promise<Map<string, sql.ReadClaim>> {
  const { company, connectionId } = told[0]!
  const keys = told.map(({ claimKey }) => claimKey)
  const known = new Map((await sql.lockClaimsByKey(tx, company, connectionId, keys)).map((row) => [row.claimKey!, row]))
  const unknown = told.filter(({ claimKey, kind }) => kind === 'cancel' && !known.has(claimKey))
  if (unknown.length === 0) return known
  const orders = unknown.map(({ externalOrderId }) => externalOrderId)
  const ours = await sql.claimsNobodyToldBack(tx, company, connectionId, orders)
  for (const { claimKey, lines } of unknown) {
    const place = ours.findIndex((own) => lines.length === 1 && isSameLine(own, lines[0]!))
    if (place >= 0) known.set(claimKey, ours.splice(place, 1)[0]!.claim)
  }
  return known
}

const isSameLine = (a: { lineKey: string; quantity: number }, b: { lineKey: string; quantity: number }): boolean =>
  a.lineKey === b.lineKey && a.quantity === b.quantity

const firstHeard = (tx: Tx, { lines: _, ...claim }: ToldClaim): sql.Claim => ({
  ...{ ...claim, claimId: tx.newId(), orderId: null, openedBy: BY_MARKETPLACE },
})

/** Null: nothing new. */
function afterNews(before: sql.ReadClaim, told: ToldClaim): sql.Claim | null {
  const state = furtherState(before.state, told.state)
  const isFirstKey = before.claimKey === null
  const newer = isNewer(before, told)
  if (!newer && !isFirstKey && state === before.state) return null
  const { faultBy, reason, lapses, returnParcel, raw } = told
  const details = newer || isFirstKey ? { faultBy, reason, lapses, returnParcel, raw } : { raw: null }
  const changedAt = Math.max(before.changedAt, told.changedAt)
  return { ...before, ...details, claimKey: told.claimKey, state, changedAt }
}

const linesOf = ({ claim, lines }: { claim: sql.Claim; lines: ToldClaim['lines'] }): sql.ToldLine[] =>
  lines.map((line) => ({
    ...{ company: claim.company, claimId: claim.claimId, connectionId: claim.connectionId },
    ...{ ...line, orderId: null, lineNo: null },
  }))

async function withJoined(tx: Tx, changed: readonly sql.ReadClaim[], joined: readonly sql.ClaimAt[]) {
  const ids = new Set(changed.map(({ claimId }) => claimId))
  const others = joined.filter(({ claimId }) => !ids.has(claimId))
  return others.length === 0 ? changed : [...changed, ...(await sql.lockClaims(tx, others))]
}
