import type { ChannelClaim } from '../../../modules/channels/adapter.ts'
import { receiptOfKey, type Withdrawal } from './claims.ts'

/**
 * Receipts that are not over yet, kept in the cursor: the lists go by the day of the request, so that what becomes of an
 * old one is told only to who asks for it by number; and a withdrawal names no quantities.
 */
export type OpenClaim = Pick<ChannelClaim, 'claimKey' | 'kind' | 'externalOrderId' | 'lines' | 'requestedAt'>

/** Some 90 characters each, in a row that is written every few seconds. The oldest fall out first. */
const MOST_OPEN = 100

export function readOpen(text: unknown): OpenClaim[] {
  if (typeof text !== 'string' || text === '') return []
  return text.split(' ').flatMap((entry) => {
    const [claimKey = '', letter = '', externalOrderId = '', at = '', ...rest] = entry.split('/')
    const lines = rest.flatMap((line) => {
      const [item = '', quantity = '', actionKey = ''] = line.split('*')
      return /^\d+$/.test(quantity)
        ? [{ lineKey: `${externalOrderId}:${item}`, actionKey, quantity: Number(quantity) }]
        : []
    })
    if (claimKey === '' || lines.length === 0 || !/^\d+$/.test(at)) return []
    return [{ claimKey, kind: letter === 'c' ? 'cancel' : 'return', externalOrderId, lines, requestedAt: Number(at) }]
  })
}

export function writeOpen(open: readonly OpenClaim[]): string {
  return open
    .slice(-MOST_OPEN)
    .map(({ claimKey, kind, externalOrderId, lines, requestedAt }) => {
      const of = lines.map(({ lineKey, actionKey, quantity }) => `${itemOf(lineKey)}*${quantity}*${actionKey}`)
      return [claimKey, kind === 'cancel' ? 'c' : 'r', externalOrderId, requestedAt, ...of].join('/')
    })
    .join(' ')
}

/** Open receipts after these claims were told. */
export function openAfter(open: readonly OpenClaim[], told: readonly ChannelClaim[]): OpenClaim[] {
  const known = new Map(open.map((claim) => [claim.claimKey, claim]))
  for (const claim of told) {
    const isOver = claim.state === 'done' || claim.state === 'refused' || claim.state === 'withdrawn'
    if (isOver || claim.kind === 'exchange') known.delete(claim.claimKey)
    else known.set(claim.claimKey, claim)
  }
  return [...known.values()]
}

/** The claims that a withdrawal ends; none when we never told of any. */
export function withdrawnOf(open: readonly OpenClaim[], row: Withdrawal): ChannelClaim[] {
  return open
    .filter(({ claimKey }) => receiptOfKey(claimKey) === row.cancelId)
    .map((claim) => ({
      ...claim,
      state: 'withdrawn',
      faultBy: 'buyer',
      reason: '',
      changedAt: Math.max(claim.requestedAt, row.createdAt),
      lapses: null,
      returnParcel: null,
      raw: row,
    }))
}

function itemOf(lineKey: string): string {
  return lineKey.slice(lineKey.indexOf(':') + 1)
}
