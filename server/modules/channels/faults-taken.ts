import { CHANNEL_FAULTS, ChannelFault } from './adapter.ts'
import { transaction } from './again.ts'
import { learnBudget, noteFault } from './connection-queries.ts'
import { listingsOfUnits, lockListings, updateListings } from './listing-queries.ts'
import { markVariants } from './markers.ts'
import type { Claim, PushContext } from './push.ts'
import { LONGEST_RETRY_MS, type UnitEnd } from './unit-queries.ts'
import { askedAs, URGENCY } from './urgency.ts'

const FIRST_RETRY_MS = 500
/** Of a unit that fails by itself: twenty such take a call in five seconds. Its numbers are wrong for so long afterwards. */
const LONGEST_OWN_RETRY_MS = 120_000
/** The whole application is to be silent: at least this long when the marketplace does not say. */
const QUOTA_PAUSE_MS = 60_000

/**
 * What a fault asks for, from the closed list: wait, ask, pause the connection, park the unit or the connection. An
 * error that is no ChannelFault is a mistake of ours and treated as unknown: nothing is believed.
 */
export async function takeFault(context: PushContext, claim: Claim, error: unknown): Promise<UnitEnd> {
  const { deps, connection, adapter } = context
  const fault = error instanceof ChannelFault ? error : new ChannelFault('unknown', '', { cause: error })
  if (!(error instanceof ChannelFault)) deps.log.error({ err: error, unit: claim.unit }, 'a push failed inside')
  const { asks } = CHANNEL_FAULTS[fault.code]
  const isOwn = isOfUnit(error)
  await transaction(deps.db, connection.company, async (tx) => {
    const { company, connectionId } = connection
    // Our own budget pausing a call is no news about the marketplace, nor is one product that cannot be read.
    noteFault(tx, connection, {
      code: fault.code,
      said: fault.said,
      why: fault.why,
      counts: !isOwn && (asks === 'retry' || asks === 'ask' || asks === 'park_connection'),
      parks: asks === 'park_connection',
    })
    if (asks === 'pause_connection') {
      learnBudget(tx, company, connectionId, null, { pauseMs: fault.pauseMs ?? QUOTA_PAUSE_MS })
    }
  })
  deps.log.warn(
    {
      channel: connection.channel,
      connection: connection.connectionId,
      unit: claim.unit,
      code: fault.code,
      said: fault.said,
      why: fault.why,
    },
    CHANNEL_FAULTS[fault.code].means,
  )
  const waitMs =
    fault.pauseMs ?? backoff(claim.attempt, isOwn ? LONGEST_OWN_RETRY_MS : LONGEST_RETRY_MS, deps.random.next())
  switch (asks) {
    case 'ask': {
      if (!claim.write) return { writeInMs: null, readInMs: waitMs, succeeded: false }
      const unknownForMs = adapter.capabilities.unknownSettlesMs
      const readUrgency = askedAs(claim.urgency)
      return { writeInMs: null, readInMs: unknownForMs, readUrgency, unknownForMs, succeeded: false }
    }
    case 'park': {
      await markUnwritable(context, claim, fault.code)
      // Asking again what was refused for good gets a seller blocked: a person lets it go, or a setting says when.
      const againMs = connection.settings.parkedAgainMs
      const readInMs = againMs === undefined ? null : Number(againMs)
      return { writeInMs: null, readInMs, readUrgency: URGENCY.drop, succeeded: false, parkedFault: fault.code }
    }
    case 'retry':
    case 'pause':
    case 'pause_connection':
    case 'park_connection':
      return {
        writeInMs: claim.write ? waitMs : null,
        readInMs: claim.read ? waitMs : null,
        succeeded: false,
      }
  }
}

/** The planner counts what the unit's listings may sell, and gives them no more, until a read works again. */
const markUnwritable = ({ deps }: PushContext, { company, connectionId, unit }: Claim, fault: string): Promise<void> =>
  transaction(deps.db, company, async (tx) => {
    const rows = await lockListings(tx, await listingsOfUnits(tx, company, connectionId, [unit]))
    updateListings(
      tx,
      rows.map((listing) => ({ ...listing, fault })),
    )
    markVariants(
      tx,
      rows.flatMap(({ variantId }) => (variantId ? [{ company, variantId }] : [])),
    )
  })

/**
 * The marketplace answered, or it was we who failed: the unit's affair. Where everything is garbled the collection is, too,
 * and that closes the connection.
 */
const isOfUnit = (error: unknown): boolean => !(error instanceof ChannelFault) || error.code === 'garbled'

/** With jitter, so that units that failed together do not come back together. */
const backoff = (attempt: number, longestMs: number, chance: number): number =>
  Math.min(longestMs, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10)) * (0.5 + chance / 2)
