import { joinClaims, recordClaims, type ToldClaim } from '../orders/index.ts'
import type { ChannelClaim, ChannelOrder } from './adapter.ts'
import { transaction } from './again.ts'
import { sendAnsweredParcels } from './answered-parcels.ts'
import type { Connection } from './connection.ts'
import type { ChannelDeps } from './deps.ts'
import { backOnShelf } from './shelf.ts'

/** Claims recorded in one transaction. */
const CHUNK = 50
const REASON_MAX = 2_000

/**
 * Hands orders the claims a collection brought: each once, by the marketplace's key, oldest first. What they give back
 * to the marketplace's shelf joins the listings' rights in the same transaction, and the parcels of answers that they
 * show to have been heard leave our books.
 */
export async function recordToldClaims(
  deps: ChannelDeps,
  connection: Connection,
  claims: readonly ChannelClaim[],
): Promise<void> {
  const oldestFirst = claims
    .filter(({ lines }) => lines.length > 0)
    .toSorted(
      (a, b) => a.requestedAt - b.requestedAt || a.changedAt - b.changedAt || (a.claimKey < b.claimKey ? -1 : 1),
    )
    .map((claim) => toldClaim(connection, claim))
  for (let from = 0; from < oldestFirst.length; from += CHUNK) {
    const chunk = oldestFirst.slice(from, from + CHUNK)
    await transaction(deps.db, connection.company, async (tx) => {
      const { back, heard } = await recordClaims(tx, actorOf(connection), chunk)
      await backOnShelf(deps, tx, connection, back)
      await sendAnsweredParcels(deps, tx, connection, heard)
    })
  }
}

/** Claims that were told before their orders find them, once those have been recorded. */
export async function joinToldClaims(
  deps: ChannelDeps,
  connection: Connection,
  orders: readonly ChannelOrder[],
): Promise<void> {
  const { company, connectionId } = connection
  const keys = orders.flatMap(({ lines }) => lines.map(({ lineKey }) => lineKey))
  await transaction(deps.db, company, async (tx) => {
    const back = await joinClaims(tx, actorOf(connection), company, connectionId, keys)
    await backOnShelf(deps, tx, connection, back)
  })
}

const actorOf = ({ channel }: Connection): string => `channel:${channel}`

function toldClaim(connection: Connection, claim: ChannelClaim): ToldClaim {
  const { company, connectionId, channel, warehouses } = connection
  const { kind, state, claimKey, externalOrderId, faultBy, requestedAt, changedAt, lapses, returnParcel, raw } = claim
  return {
    ...{ company, connectionId, channel, warehouses },
    ...{ kind, state, claimKey, externalOrderId, faultBy, requestedAt, changedAt, lapses, returnParcel, raw },
    reason: claim.reason.slice(0, REASON_MAX),
    lines: onceEach(claim.lines),
  }
}

/** A line named twice is claimed for the sum. */
function onceEach(lines: ChannelClaim['lines']): ChannelClaim['lines'] {
  const byKey = new Map<string, ChannelClaim['lines'][number]>()
  for (const line of lines) {
    const other = byKey.get(line.lineKey)
    byKey.set(line.lineKey, other ? { ...other, quantity: other.quantity + line.quantity } : line)
  }
  return [...byKey.values()].filter(({ quantity }) => quantity > 0)
}
