import type { TrueClaim } from '../marketplace.ts'
import type { Claim, Shop } from './shop.ts'

/** Open claims, and those that are over. */
export const trueClaims = (shop: Shop): TrueClaim[] =>
  [...shop.lines.values()].flatMap(({ productOrderId: lineKey, claim, completedClaims }) =>
    [...completedClaims, ...(claim ? [claim] : [])].map((each) => ({
      ...{ claimId: each.claimId, lineKey, quantity: each.quantity },
      ...{ kind: KINDS[each.kind], end: endOf(each) },
    })),
  )

const KINDS = { CANCEL: 'cancel', RETURN: 'return', EXCHANGE: 'exchange' } as const

const endOf = ({ status, completedAt }: Claim): TrueClaim['end'] =>
  completedAt === null ? 'open' : status.endsWith('_REJECT') ? 'void' : 'done'
