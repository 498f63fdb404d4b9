import type { TrueClaim } from '../marketplace.ts'
import { type Claim, stepOf } from './claims.ts'
import type { World } from './world.ts'

/** One row a claim and line, however many rows the line has become. */
export const trueClaims = ({ book }: World): TrueClaim[] =>
  [...book.claims.values()].flatMap((claim) =>
    [...Map.groupBy(claim.parts, ({ row }) => row.line)].map(([line, parts]) => ({
      ...{ claimId: claim.code, lineKey: line.key, kind: claim.kind, end: endOf(claim) },
      quantity: parts.reduce((sum, { units }) => sum + units, 0),
    })),
  )

const endOf = ({ isOpen, status }: Claim): TrueClaim['end'] =>
  isOpen ? 'open' : stepOf(status) >= 40 ? 'done' : 'void'
