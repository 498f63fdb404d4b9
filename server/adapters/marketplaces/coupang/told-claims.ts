import type { ChannelClaim } from '../../../modules/channels/adapter.ts'
import { claimOfExchange, claimsOfReceipt, receiptOfKey } from './claims.ts'
import type { Listed } from './lists.ts'
import { type OpenClaim, openAfter, withdrawnOf } from './open-claims.ts'

/** What the lists said of claims, against what was told before. */
export type ClaimNews = {
  claims: ChannelClaim[]
  open: OpenClaim[]
  /** Receipts taken back, newest last: a list may go on showing them as they were. */
  withdrawn: string[]
  /** Orders of which a line is wanted again. */
  wantedAgain: string[]
  /** Under keys of their own in the memory of what was told. */
  versions: Map<string, string>
}

/** Lists repeat a receipt for a week after its request, and with it the withdrawal for a week. */
const MOST_WITHDRAWN = 50

const CLAIM = 'claim '

/** `before`: versions told, of claims under `CLAIM`. */
export function claimNewsOf(
  listed: Listed,
  open: readonly OpenClaim[],
  withdrawnBefore: readonly string[],
  before: ReadonlyMap<string, string>,
): ClaimNews {
  const withdrawals = listed.withdrawals.filter(({ cancelId }) => !withdrawnBefore.includes(cancelId))
  // A wish asked for and taken back between two looks: the receipt may be known from this very collection only.
  const told = [
    ...listed.receipts
      .filter(({ receiptId }) => !withdrawnBefore.includes(receiptId))
      .flatMap((row) => claimsOfReceipt(row) ?? []),
    ...listed.exchanges.map(claimOfExchange),
  ]
  const known = openAfter(open, told)
  const ended = withdrawals.flatMap((row) => withdrawnOf(known, row))
  const newest = new Map([...told, ...ended].map((claim) => [claim.claimKey, claim]))
  const isNews = (claim: ChannelClaim) => before.get(CLAIM + claim.claimKey) !== versionOf(claim)
  return {
    claims: [...newest.values()].filter(isNews),
    open: openAfter(known, ended),
    withdrawn: [...withdrawnBefore, ...new Set(ended.map(({ claimKey }) => receiptOfKey(claimKey)))].slice(
      -MOST_WITHDRAWN,
    ),
    wantedAgain: [...new Set(ended.filter(({ kind }) => kind === 'cancel').map((claim) => claim.externalOrderId))],
    versions: new Map([...newest.values()].map((claim) => [CLAIM + claim.claimKey, versionOf(claim)])),
  }
}

function versionOf({ state, changedAt, lines }: ChannelClaim): string {
  return `${state} ${changedAt} ${lines.reduce((sum, { quantity }) => sum + quantity, 0)}`
}
