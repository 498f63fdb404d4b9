import { expect, test } from 'vitest'
import { noDemand } from './allocation/demand.ts'
import { neverSeen, type Rights } from './allocation/rights.ts'
import { type Listing, soldOnChannel } from './listing.ts'
import { valueToSend } from './push.ts'

const seen = (counterMax: number): Rights => ({ counterMax, completeUpTo: 0, writes: [], reads: [], seen: [] })

const listing = (more: Partial<Listing>): Listing => ({
  ...{ company: 'c', listingId: 'l', connectionId: 'n', unit: 'u', item: 'i', sellerCode: null, variantId: 'v' },
  ...{ multiplier: 1, desired: 5, desiredAt: null, sent: null, sentAt: null, accepted: null, acceptedAt: null },
  ...{ observed: 2, observedAt: 100, shown: 2, shownAt: 100, rights: seen(2), exchange: null },
  ...{ demand: noDemand(0), movedAt: null },
  ...{ lowering: false, pooled: false, fault: null, raced: 0, drifted: 0, unexplained: 0, racedSince: 0 },
  ...more,
})

const free = (units: number) => new Map([['v', units]])
const ONE = [{ variantId: 'v', quantity: 1 }]
const rights = { policy: 'rights' as const }

test('a raise sends what the free part can pay, and nothing when that raises nothing', () => {
  expect(valueToSend(listing({}), rights, ONE, free(9))).toBe(5)
  expect(valueToSend(listing({}), rights, ONE, free(3))).toBe(3)
  expect(valueToSend(listing({}), rights, ONE, free(2))).toBeNull()
  expect(valueToSend(listing({}), rights, [{ variantId: 'v', quantity: 2 }], free(7))).toBe(3)
})

test('a lowering that the free part cannot pay goes to zero, which costs nothing', () => {
  const high = listing({ shown: 8, rights: seen(8) })
  expect(valueToSend(high, rights, ONE, free(5))).toBe(5)
  expect(valueToSend(high, rights, ONE, free(4))).toBe(0)
  expect(valueToSend(listing({ desired: 0 }), rights, ONE, free(-9))).toBe(0)
})

test('what is not known is read before it is raised', () => {
  expect(valueToSend(listing({ shown: null }), rights, ONE, free(9))).toBeNull()
  expect(valueToSend(listing({ rights: neverSeen() }), rights, ONE, free(9))).toBeNull()
})

test('a listing that stands for nothing, or cannot be written to, is sent nothing', () => {
  for (const policy of ['rights', 'pool'] as const) {
    expect(valueToSend(listing({}), { policy }, [], free(9))).toBeNull()
    expect(valueToSend(listing({ fault: 'refused' }), { policy }, ONE, free(9))).toBeNull()
    expect(valueToSend(listing({ desired: null }), { policy }, ONE, free(9))).toBeNull()
  }
})

test('a pool sends what is desired, known or not', () => {
  expect(valueToSend(listing({ shown: null }), { policy: 'pool' }, ONE, free(0))).toBe(5)
})

test('a sale after the number was set or read lowers it, and what we want with it where it rested', () => {
  const resting = listing({ desired: 2 })
  expect(soldOnChannel(resting, 1, 150, 0)).toMatchObject({ shown: 1, desired: 1, observed: 1 })
  expect(soldOnChannel(listing({}), 1, 150, 0)).toMatchObject({ shown: 1, desired: 5 })
  expect(soldOnChannel(resting, 1, 50, 0)).toMatchObject({ shown: 2, desired: 2, observed: 2 })
})

test('a sale before the read explains what was read too low, unit by unit', () => {
  const low = listing({ unexplained: 2 })
  expect(soldOnChannel(low, 1, 50, 0).unexplained).toBe(1)
  expect(soldOnChannel(soldOnChannel(low, 1, 50, 0), 1, 60, 0).unexplained).toBe(0)
  expect(soldOnChannel(low, 1, 150, 0).unexplained).toBe(2)
})

test('a sale explains no more than what is missing', () => {
  expect(soldOnChannel(listing({ unexplained: 1 }), 3, 50, 0)).toMatchObject({ unexplained: 0, shown: 2 })
  expect(soldOnChannel(listing({ unexplained: -1 }), -3, 50, 0)).toMatchObject({ unexplained: 0, shown: 2 })
})

test('a sale inside a write is raced: it may have come before or after', () => {
  const written = listing({ sentAt: 100, acceptedAt: 200, shownAt: 200 })
  expect(soldOnChannel(written, 2, 150, 0)).toMatchObject({ raced: 2, racedSince: 2, unexplained: 0 })
})

test('a sale stamped while a read was under way may be in it or not: the higher number is believed', () => {
  const read = listing({ desired: 2, shownAt: 100, observedAt: 200 })
  const unsure = { shown: 2, observed: 2, desired: 2, racedSince: 1, raced: 0, unexplained: 0 }
  expect(soldOnChannel(read, 1, 150, 0)).toMatchObject(unsure)
  expect(soldOnChannel(read, 1, 201, 0)).toMatchObject({ shown: 1, observed: 1, desired: 1, racedSince: 0 })
  expect(soldOnChannel(read, 1, 99, 0)).toMatchObject({ shown: 2, racedSince: 0 })
  expect(soldOnChannel(read, -1, 150, 0)).toMatchObject({ shown: 3, racedSince: 1 })
})

test('a stamp of whole seconds may be of a sale after the read or the write of that second', () => {
  const read = listing({ desired: 2, shownAt: 1_500, observedAt: 1_600 })
  expect(soldOnChannel(read, 1, 1_000, 1_000)).toMatchObject({ shown: 2, racedSince: 1 })
  const written = listing({ sentAt: 1_500, acceptedAt: 1_600, shownAt: 1_600 })
  expect(soldOnChannel(written, 1, 1_000, 1_000)).toMatchObject({ shown: 2, raced: 0, racedSince: 1 })
  expect(soldOnChannel(written, 1, 400, 1_000)).toMatchObject({ shown: 2, racedSince: 0 })
})

test('units that come back may be on the shelf again or not: they are believed to be, and their absence is no surprise', () => {
  expect(soldOnChannel(listing({ desired: 2 }), -1, 150, 0)).toMatchObject({ shown: 3, racedSince: 1 })
  expect(soldOnChannel(listing({ unexplained: -1 }), -1, 50, 0)).toMatchObject({ shown: 2, unexplained: 0 })
})
