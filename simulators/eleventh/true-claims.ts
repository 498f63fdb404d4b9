import type { TrueClaim } from '../marketplace.ts'
import { type Claim, isOpen } from './claims.ts'
import type { World } from './world.ts'

export const trueClaims = ({ claims }: World): TrueClaim[] =>
  [...claims.claims.values()].map((claim) => ({
    ...{ claimId: claim.seq, lineKey: claim.line.key, kind: claim.status.kind, quantity: claim.units },
    end: isOpen(claim) ? 'open' : DONE.includes(claim.status.code) ? 'done' : 'void',
  }))

const DONE: readonly string[] = ['02', '106', '221']

/** The newest of a line that nobody has answered. */
export const openClaimOf = ({ claims }: World, lineKey: string): Claim | undefined =>
  [...claims.claims.values()].findLast((claim) => claim.line.key === lineKey && isOpen(claim))
