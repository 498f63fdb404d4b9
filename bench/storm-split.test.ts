import { expect, test } from 'vitest'
import { ALL_CHANNELS, listingsOf, splitOf } from './storm-split.ts'

test('two channels of one pace have half of the listings each', () => {
  expect(splitOf(10_000, ['naver', 'coupang'])).toMatchObject({
    naver: { skus: 5_000, listings: 5_000 },
    coupang: { skus: 5_000, listings: 5_000 },
  })
})

test('however few they are, every channel has a listing, and a product at two sites has two', () => {
  for (const listings of [1, 100, 9_999]) {
    const split = splitOf(listings, ALL_CHANNELS)
    for (const share of Object.values(split)) expect(share.skus).toBeGreaterThan(0)
    expect(split.esm!.listings).toBe(2 * split.esm!.skus)
    const all = Object.values(split).reduce((sum, share) => sum + share.listings, 0)
    expect(all).toBeGreaterThanOrEqual(listings)
    expect(all).toBeLessThan(listings + 2 * ALL_CHANNELS.length)
  }
})

test('a SKU counts once for each of its listings, at the channels that have it', () => {
  const split = splitOf(3_000, ['naver', 'esm'])
  expect(listingsOf(split, 0)).toBe(3)
  expect(listingsOf(split, split.esm!.skus)).toBe(1)
  expect(listingsOf(split, split.naver!.skus)).toBe(0)
})
