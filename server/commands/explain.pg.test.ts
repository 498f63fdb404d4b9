import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId, openShop, type Shop } from '../../test/shop.ts'
import { realClock } from '../kernel/clock.ts'
import { explainSku } from './explain.ts'

let shop: Shop

beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop.close())

test('what cannot be asked about is told with its field, and is no mistake of ours', async () => {
  const context = { url: shop.url, db: shop.db, newId, clock: realClock, progress: () => {} }
  const wrong = [
    [{ company: 'not an id' }, '--company'],
    [{ company: shop.company }, 'sku'],
    [{ company: null }, 'sku'],
    [{ company: null, at: 'yesterday' }, 'at'],
  ] as const
  for (const [asked, field] of wrong) {
    const refused = await explainSku(context, { sku: 'nobody-has-it', at: null, ...asked }).catch((error) => error)
    expect(refused, field).toMatchObject({ name: 'BadInput', field })
  }
})
