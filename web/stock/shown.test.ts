import { expect, test } from 'vitest'
import type { BoardListing, BoardVariant } from '../../contract/board.ts'
import { differs, listingsOf, passes, shown } from './shown.ts'

test('what was read back counts before what was accepted, and unknown is never 0', () => {
  expect(shown(listing({ accepted: 5, observed: 4 }))).toBe(4)
  expect(shown(listing({ accepted: 5, observed: null }))).toBe(5)
  expect(shown(listing({ accepted: null, observed: null }))).toBeNull()
  expect(shown(listing({ accepted: 5, observed: 0 }))).toBe(0)
})

test('an unknown number is no difference', () => {
  expect(differs(listing({ desired: 3, accepted: null, observed: null }))).toBe(false)
  expect(differs(listing({ desired: null, observed: 3 }))).toBe(false)
  expect(differs(listing({ desired: 3, observed: 4 }))).toBe(true)
  expect(differs(listing({ desired: 3, observed: 3 }))).toBe(false)
})

test('low is three or fewer available, below zero too; short is any unit missing', () => {
  expect(passes('low', variant({ available: 3 }))).toBe(true)
  expect(passes('low', variant({ available: -2 }))).toBe(true)
  expect(passes('low', variant({ available: 4 }))).toBe(false)
  expect(passes('short', variant({ short: 1 }))).toBe(true)
  expect(passes('short', variant({ short: 0 }))).toBe(false)
})

test('of several listings on one connection the one that needs a look comes first', () => {
  const item = variant({
    listings: [
      listing({ connectionId: 'a', state: 'true' }),
      listing({ connectionId: 'b', state: 'parked' }),
      listing({ connectionId: 'a', state: 'unknown' }),
    ],
  })
  expect(listingsOf(item, 'a').map(({ state }) => state)).toEqual(['unknown', 'true'])
})

function listing(change: Partial<BoardListing>): BoardListing {
  return {
    connectionId: 'a',
    desired: 1,
    sent: 1,
    accepted: 1,
    observed: 1,
    rights: 1,
    observedAt: null,
    state: 'true',
    fault: null,
    ...change,
  }
}

function variant(change: Partial<BoardVariant>): BoardVariant {
  return {
    id: 'v',
    sku: 'A',
    name: 'A',
    components: [],
    onHand: 10,
    reserved: 0,
    available: 10,
    short: 0,
    exposure: 0,
    listings: [],
    changedAt: '2026-11-20T00:00:00.000Z',
    ...change,
  }
}
