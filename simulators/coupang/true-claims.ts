import type { TrueClaim } from '../marketplace.ts'
import type { Exchange } from './exchanges.ts'
import type { Receipt } from './returns.ts'
import type { World } from './world.ts'

/** Receipts, those taken back too, wherever they can still be read; and exchanges. */
export function trueClaims({ receipts, withdrawals, exchanges }: World): TrueClaim[] {
  const withdrawn = [...withdrawals.byId.values()].map(({ receipt }) => receipt)
  const others = [...receipts.byId.values()].filter(({ receiptId }) => !withdrawals.byId.has(receiptId))
  return [
    ...withdrawn.flatMap((receipt) => ofReceipt(receipt, 'void')),
    ...others.flatMap((receipt) => ofReceipt(receipt, receipt.status === 'RETURNS_COMPLETED' ? 'done' : 'open')),
    ...exchanges.listed.map(ofExchange),
  ]
}

/** A stop request that came too late is over, and goes on as a return under its number. */
function ofReceipt({ receiptId: claimId, releaseStatus, items }: Receipt, end: TrueClaim['end']): TrueClaim[] {
  const isBack = releaseStatus === 'Y' || releaseStatus === 'A'
  return items.flatMap(({ line: { key: lineKey }, units: quantity }): TrueClaim[] => [
    ...(isBack ? [{ claimId, lineKey, quantity, kind: 'return' as const, end }] : []),
    ...(releaseStatus === 'Y'
      ? []
      : [{ claimId, lineKey, quantity, kind: 'cancel' as const, end: isBack ? ('void' as const) : end }]),
  ])
}

const ofExchange = ({ exchangeId, line, units, status }: Exchange): TrueClaim => ({
  ...{ claimId: exchangeId, lineKey: line.key, quantity: units, kind: 'exchange' },
  end: status === 'SUCCESS' ? 'done' : status === 'REJECT' || status === 'CANCEL' ? 'void' : 'open',
})
