import { expect, test } from 'vitest'
import { isMarketplaces } from './channel.tsx'

test('a connection without a name of its own bears its marketplace’s, in any language or as its id', () => {
  for (const name of ['옥션·G마켓', 'Auction/Gmarket', 'esm']) expect(isMarketplaces('esm', name)).toBe(true)
  for (const name of ['우리 옥션', 'coupang', 'Coupang']) expect(isMarketplaces('esm', name)).toBe(false)
  expect(isMarketplaces('sixth', 'sixth')).toBe(false)
})
