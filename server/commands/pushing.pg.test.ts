import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId, openShop, type Shop } from '../../test/shop.ts'
import { realClock } from '../kernel/clock.ts'
import { realRandom } from '../kernel/random.ts'
import { openSecrets } from '../kernel/secrets.ts'
import { addConnection } from './accounts.ts'
import { BadInput, type CommandContext } from './context.ts'
import { previewConnection, pushConnection } from './pushing.ts'

const secrets = openSecrets(new Uint8Array(32).fill(7), realRandom)

let shop: Shop
let context: CommandContext
let id: string
beforeAll(async () => {
  shop = await openShop()
  context = { url: shop.url, db: shop.db, newId, clock: realClock, progress: () => {} }
  const credentials = JSON.stringify({ vendorId: 'A1', accessKey: 'key', secretKey: 's' })
  const account = { company: shop.company, channel: 'coupang', name: '쿠팡', baseUrl: 'https://api.example.com' }
  id = (await addConnection(context, secrets, { ...account, credentials, settings: '{}' })).connection
})
afterAll(() => shop.close())

const mode = async () => (await shop.rows<{ mode: string }>('select mode from channels.connection'))[0]!.mode

test('an account begins to push with what its preview printed, and without it does not', async () => {
  await expect(pushConnection(context, secrets, id, 'made up')).rejects.toThrow(BadInput)
  expect(await mode()).toBe('observe')
  const { seen, looked } = await previewConnection(context, secrets, id)
  expect(looked).toBe(0)
  expect(await pushConnection(context, secrets, id, seen)).toEqual({ connection: id, mode: 'push' })
  expect(await mode()).toBe('push')
})

test('a preview that is too old says so', async () => {
  await shop.rows("update channels.connection set mode = 'observe'")
  const { seen } = await previewConnection(context, secrets, id)
  await shop.passTime(11 * 60_000)
  await expect(pushConnection(context, secrets, id, seen)).rejects.toThrow('look again')
})

test('a connection nobody knows is bad input, to look at and to push', async () => {
  await expect(previewConnection(context, secrets, newId())).rejects.toThrow(BadInput)
  await expect(pushConnection(context, secrets, newId(), 'x')).rejects.toThrow(BadInput)
})
