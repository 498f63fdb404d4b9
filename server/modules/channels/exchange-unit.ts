import { CHANNEL_FAULTS, type ChannelAdapter, ChannelFault } from './adapter.ts'
import { transaction } from './again.ts'
import { type Call, goOn, letBe, takeUp } from './exchange-steps.ts'
import { takeFault } from './faults-taken.ts'
import { failedDetail } from './journal-details.ts'
import type { Claim, PushContext } from './push.ts'
import { settleUnit, type UnitEnd } from './unit-queries.ts'
import { URGENCY } from './urgency.ts'

/** Calls that are followed by a look: four when all goes well. What is left by then goes on with the next claim. */
const ROUNDS_MOST = 12
/** A marketplace that does not show yet what it was told is given this long before it is told again. */
const TELL_AGAIN_MS = 300
const GO_ON_MS = 1_000
/** What failed is tried again after as many at most, half a second doubled each time: buyers wait. */
const OFF_SALE_ATTEMPTS = 4
/** It will not be sold again by asking more often; and off sale for good it must not be left. */
const RESUME_REFUSED_MS = 60_000

/**
 * Stop, read, set, resume, for one write unit whose listings move in lockstep, since its stop stops them all. Each step
 * is stored before it is sent; after an answer, or once it can do nothing more, only what is read counts. Ends the claim,
 * or answers 'read' where there was nothing to write but something to look at.
 */
export async function exchangeUnit(context: PushContext, claim: Claim): Promise<'done' | 'read'> {
  const { deps, adapter } = context
  const { company, unit } = claim
  let isAdrift = false
  try {
    let call = await transaction(deps.db, company, (tx) => takeUp(tx, context, claim))
    for (let round = 0; round < ROUNDS_MOST; round++) {
      if (call.kind === 'over') return 'done'
      if (call.kind === 'read') return 'read'
      isAdrift = true
      await send(adapter, unit, call)
      isAdrift = false
      const sentAt = await deps.db.transaction([company], (tx) => tx.now())
      const reading = await adapter.readStock(unit)
      await context.flush()
      const next: Call = await transaction(deps.db, company, (tx) => goOn(tx, context, claim, { reading, sentAt }))
      if (next.kind === call.kind) await deps.clock.sleep(TELL_AGAIN_MS)
      call = next
    }
    await endClaim(context, claim, { ...SOON, writeInMs: GO_ON_MS })
  } catch (error) {
    await context.flush()
    await endClaim(context, claim, await failed(context, claim, error, isAdrift))
  }
  return 'done'
}

async function send(adapter: ChannelAdapter, unit: string, call: Call): Promise<void> {
  if (call.kind === 'set') await adapter.setStock(unit, call.items)
  else if (call.kind === 'stop' || call.kind === 'resume') await adapter.setOnSale(unit, call.kind === 'resume')
}

const endClaim = ({ deps }: PushContext, claim: Claim, end: UnitEnd): Promise<void> =>
  transaction(deps.db, claim.company, async (tx) => settleUnit(tx, claim, end, deps.restMs))

/** Off sale means waiting buyers: it goes before whatever only should move. */
const SOON = { readInMs: null, urgency: URGENCY.drop, succeeded: false } as const

/** What may still be applied is waited for and then looked at; what was refused for good is let be, and sold again. */
async function failed(context: PushContext, claim: Claim, error: unknown, isAdrift: boolean): Promise<UnitEnd> {
  const { deps, adapter } = context
  const { asks, applied } = CHANNEL_FAULTS[error instanceof ChannelFault ? error.code : 'unknown']
  const isUnknown = isAdrift && applied === 'maybe'
  const outcome = isUnknown || !isAdrift ? 'unknown' : asks === 'park' ? 'refused' : 'not applied'
  const left = await transaction(deps.db, claim.company, (tx) => letBe(tx, claim, outcome, failedDetail(error)))
  const attempt = left === 'rest' ? claim.attempt : Math.min(claim.attempt, OFF_SALE_ATTEMPTS)
  const end = await takeFault(context, { ...claim, write: false, read: true, attempt }, error)
  if (left === 'rest') return { ...end, readUrgency: URGENCY.drop }
  if (isUnknown) {
    const unknownForMs = adapter.capabilities.unknownSettlesMs
    return { ...SOON, writeInMs: unknownForMs, unknownForMs }
  }
  if (asks !== 'park') return { ...SOON, writeInMs: end.readInMs ?? GO_ON_MS }
  // An item the marketplace no longer knows is nobody's to sell; any other unit must not be left off sale.
  if (!isAdrift) return end
  return { ...SOON, writeInMs: left === 'resume' && outcome === 'refused' ? RESUME_REFUSED_MS : GO_ON_MS }
}
