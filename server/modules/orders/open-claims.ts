import type { Tx } from '../../kernel/db.ts'
import { type CancelCause, writeAnswer } from './claim-answer-queries.ts'
import { answersGiven } from './claim-answers.ts'
import { settleClaims } from './claim-effects.ts'
import { type ClaimRefusal, type OffersOf, refused } from './claim-offers.ts'
import * as sql from './claim-queries.ts'
import { type ClaimKind, isOver, isVoid } from './claim-states.ts'
import { type OrderRow, readOrder } from './list-queries.ts'

export type NewClaim = {
  company: string
  actor: string
  orderId: string
  kind: ClaimKind
  lines: readonly { lineNo: number; quantity: number }[]
  reason: string
  faultBy: sql.Claim['faultBy']
  /** Of a cancel at a marketplace, which asks for it. */
  cause: CancelCause | null
  /** Where other goods are taken from, best first. */
  warehouses: readonly string[]
}

type Checked = { claim: NewClaim; order: OrderRow; lines: readonly sql.LineUnderClaim[] }

/**
 * Opens claims by the seller. A cancel of an own order is done at once and gives its stock back; a return or exchange
 * waits for the goods. At a marketplace the seller can only cancel, as far as it offers that: the units stay reserved
 * until the marketplace has heard of it. Answers the claim's id, or why not.
 */
export async function openClaims(
  tx: Tx,
  claims: readonly NewClaim[],
  offersOf: OffersOf,
): Promise<({ kind: 'opened'; claimId: string } | ClaimRefusal)[]> {
  const outcomes = []
  for (const claim of claims) {
    const order = await readOrder(tx, claim.company, claim.orderId)
    if (!order) {
      outcomes.push(refused('not-found', 'There is no order of this id.', '/orderId'))
      continue
    }
    const at = claim.lines.map(({ lineNo }) => ({ company: claim.company, orderId: claim.orderId, lineNo }))
    const lines = await sql.lockLinesUnderClaim(tx, at)
    const checked = { claim, order, lines }
    const refusal = (await faultOfLines(tx, checked)) ?? (await faultAtMarketplace(tx, checked, offersOf))
    outcomes.push(refusal ?? { kind: 'opened' as const, claimId: await open(tx, checked) })
  }
  return outcomes
}

async function faultOfLines(tx: Tx, { claim, lines }: Checked): Promise<ClaimRefusal | null> {
  const others = Map.groupBy(await sql.claimsOnLines(tx, lines), ({ lineNo }) => lineNo)
  const seen = new Set<number>()
  for (const [i, { lineNo, quantity }] of claim.lines.entries()) {
    const line = lines.find((one) => one.lineNo === lineNo)
    if (!line) return refused('invalid-request', 'The order has no such line.', `/lines/${i}/lineNo`)
    if (seen.has(lineNo)) return refused('invalid-request', 'A line is named once.', `/lines/${i}/lineNo`)
    seen.add(lineNo)
    const left = claim.kind === 'cancel' ? toCancel(line, others.get(lineNo)) : toReturn(line, others.get(lineNo))
    if (quantity > left) {
      const what = claim.kind === 'cancel' ? 'not shipped and not cancelled' : 'shipped and not claimed back'
      return refused('more-than-claimed', `Only ${left} of line ${lineNo} are ${what}.`, `/lines/${i}/quantity`)
    }
  }
  return null
}

type Others = Awaited<ReturnType<typeof sql.claimsOnLines>> | undefined

function toCancel(line: sql.LineUnderClaim, others: Others): number {
  if (line.state === 'cancelled' || line.state === 'expired') return 0
  const asked = (others ?? []).filter(({ kind, state }) => kind === 'cancel' && !isOver(state))
  const left = line.quantity - line.cancelled - line.shipped
  return Math.max(0, left - asked.reduce((sum, { quantity }) => sum + quantity, 0))
}

function toReturn(line: sql.LineUnderClaim, others: Others): number {
  const asked = (others ?? []).filter(({ kind, state }) => kind !== 'cancel' && !isVoid(state))
  const waiting = asked.reduce((sum, { quantity, inspected }) => sum + quantity - inspected, 0)
  return Math.max(0, line.shipped - line.returned - waiting)
}

async function faultAtMarketplace(
  tx: Tx,
  { claim, order, lines }: Checked,
  offersOf: OffersOf,
): Promise<ClaimRefusal | null> {
  if (order.connectionId === null) return null
  const offers = await offersOf(tx, claim.company, order.connectionId)
  if (claim.kind !== 'cancel')
    return refused('not-offered', 'A marketplace opens returns and exchanges itself.', '/kind')
  if (!offers?.sellerCancel) return refused('not-offered', 'The marketplace lets no seller cancel.', '/kind')
  if (claim.cause === null) return refused('invalid-request', 'The marketplace asks why.', '/cause')
  if (claim.lines.length > 1) return refused('invalid-request', 'One line at a time at a marketplace.', '/lines/1')
  const [line] = lines
  if (line?.connectionId == null || line.externalLineKey === null) {
    return refused('wrong-state', 'The marketplace knows no such line: it is an exchange of ours.', '/lines/0/lineNo')
  }
  if (!offers.sellerCancel.byQuantity && claim.lines[0]!.quantity < line.quantity) {
    return refused('not-offered', 'The marketplace cancels whole lines only.', '/lines/0/quantity')
  }
  return null
}

async function open(tx: Tx, { claim, order, lines }: Checked): Promise<string> {
  const { company, kind, actor, reason, faultBy, warehouses } = claim
  const { connectionId } = order
  const now = await tx.now()
  const opened: sql.Claim = {
    ...{ company, claimId: tx.newId(), connectionId, channel: order.channel, claimKey: null },
    ...{ externalOrderId: order.externalId, orderId: order.id, kind, reason, faultBy, warehouses },
    state: connectionId !== null ? 'requested' : kind === 'cancel' ? 'done' : 'approved',
    openedBy: actor,
    ...{ requestedAt: now, changedAt: now, lapses: null, returnParcel: null, raw: null },
  }
  sql.insertClaims(tx, [opened])
  sql.writeClaimLines(
    tx,
    claim.lines.map(({ lineNo, quantity }) => {
      const line = lines.find((one) => one.lineNo === lineNo)!
      return {
        ...{ company, claimId: opened.claimId, connectionId, orderId: order.id, lineNo, quantity },
        lineKey: connectionId === null ? `${lineNo}` : line.externalLineKey!,
        actionKey: line.actionKey ?? '',
      }
    }),
  )
  if (connectionId !== null) {
    const saw = lines[0]!.toldCancelled
    writeAnswer(tx, {
      ...{ company, claimId: opened.claimId, answer: 'cancel', connectionId, reason, cause: claim.cause },
      ...{ sawCancelled: saw, parcel: null, answeredBy: actor, givenIn: opened.state, told: 'waiting' },
    })
    tx.announce(answersGiven, connectionId, { company })
  }
  await settleClaims(tx, actor, [opened])
  return opened.claimId
}
