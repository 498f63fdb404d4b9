import type { Cursor } from '../../../modules/channels/adapter.ts'
import { readKey } from './sites.ts'

/**
 * Orders that were told, and the units of their lines. Once a claim takes an order out of the lists nothing at the
 * marketplace tells any more how many units it was of, so the cursor does: some 12 characters an order.
 */
export type Known = Map<string, readonly number[]>

/** The newest. A claim about an older one is not told: some weeks of a shop with a hundred orders a day. */
const MOST = 3_000

export function readKnown(text: Cursor[string] | undefined): Known {
  const known: Known = new Map()
  if (typeof text !== 'string' || text === '') return known
  for (const entry of text.split(' ')) {
    const [key = '', units = '1'] = entry.split('*')
    if (readKey(key) && /^\d{1,10}(\+\d{1,10})*$/.test(units)) known.set(key, units.split('+').map(Number))
  }
  return known
}

export function writeKnown(known: Known): string {
  return [...known]
    .slice(-MOST)
    .map(([key, units]) => (units.length === 1 && units[0] === 1 ? key : `${key}*${units.join('+')}`))
    .join(' ')
}
