import type { Tx } from '../../kernel/db.ts'
import { answersOf } from './claim-answer-queries.ts'
import { settleClaims } from './claim-effects.ts'
import { type ClaimRefusal, refused } from './claim-offers.ts'
import * as sql from './claim-queries.ts'
import { isOver } from './claim-states.ts'

export type CloseCancel = { company: string; actor: string; claimId: string }

/**
 * Lets cancels be that the seller asked a marketplace for and that it refused: the units are wanted as before, and may
 * be asked for anew. Closing one twice closes it once. What may still be heard cannot be closed.
 */
export async function closeCancels(
  tx: Tx,
  cancels: readonly CloseCancel[],
): Promise<({ kind: 'closed' } | ClaimRefusal)[]> {
  const outcomes = []
  for (const cancel of cancels) outcomes.push(await closeOne(tx, cancel))
  return outcomes
}

async function closeOne(tx: Tx, cancel: CloseCancel): Promise<{ kind: 'closed' } | ClaimRefusal> {
  const [claim] = await sql.lockClaims(tx, [cancel])
  if (!claim) return refused('not-found', 'There is no claim of this id.')
  const asked = (await answersOf(tx, [claim])).find(({ answer }) => answer === 'cancel')
  if (!asked) return refused('not-offered', 'Only a cancel that you asked a marketplace for can be closed.')
  if (claim.state === 'withdrawn') return { kind: 'closed' }
  if (isOver(claim.state)) return refused('wrong-state', `The claim is ${claim.state}.`)
  if (claim.claimKey !== null || asked.told !== 'refused') {
    return refused('wrong-state', 'The marketplace has not refused it.')
  }
  const closed = { ...claim, state: 'withdrawn' as const, changedAt: await tx.now() }
  sql.updateClaims(tx, [{ ...closed, raw: null }])
  await settleClaims(tx, cancel.actor, [closed])
  return { kind: 'closed' }
}
