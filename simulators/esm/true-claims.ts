import type { TrueClaim } from '../marketplace.ts'
import type { Claim } from './claims.ts'
import type { World } from './world.ts'

/** A claim is about all of an order, and so about each of its lines. */
export const trueClaims = ({ orders }: World): TrueClaim[] =>
  [...orders.orders.values()].flatMap(({ claims, parts }) =>
    claims.flatMap((claim) =>
      parts.map(({ lineKey, quantity }) => ({
        ...{ claimId: String(claim.seq), lineKey, quantity, kind: claim.kind, end: endOf(claim) },
      })),
    ),
  )

function endOf({ kind, status }: Claim): TrueClaim['end'] {
  if (kind === 'cancel') return status <= 2 ? 'open' : status === 4 ? 'void' : 'done'
  return status <= 3 ? 'open' : status === 5 ? 'void' : 'done'
}
