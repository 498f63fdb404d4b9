import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId, openShop, type Shop } from '../../test/shop.ts'
import { realClock } from '../kernel/clock.ts'
import { realRandom } from '../kernel/random.ts'
import { openSecrets } from '../kernel/secrets.ts'
import { identify } from '../modules/access/index.ts'
import { readConnections } from '../modules/channels/index.ts'
import { addCompany, addConnection, listConnections, type NewAccount } from './accounts.ts'
import type { CommandContext } from './context.ts'

let shop: Shop
let context: CommandContext
const secrets = openSecrets(new Uint8Array(32).fill(7), realRandom)
const SECRET = 'a-secret-nobody-may-see'

beforeAll(async () => {
  shop = await openShop()
  context = { url: shop.url, db: shop.db, newId, clock: realClock, progress: () => {} }
})
afterAll(() => shop.close())

const account = (change: Partial<NewAccount> = {}): NewAccount => ({
  ...{ company: shop.company, channel: 'coupang', name: '우리 쿠팡', baseUrl: 'https://api.example.com/' },
  credentials: JSON.stringify({ vendorId: 'A1', accessKey: 'key', secretKey: SECRET }),
  settings: '{"feedLatenessMs": 2500}',
  ...change,
})

test('a company that is added has a key that opens it, and a warehouse to begin with', async () => {
  const { company, apiKey } = await addCompany(context, realRandom, ' 새 가게 ')
  expect(await identify(shop.db, apiKey)).toMatchObject({ company })
  const [row] = await shop.rows<{ name: string; warehouses: number }>(
    `select c.name, (select count(*)::integer from inventory.warehouse w where w.company_id = c.company_id) as warehouses
     from access.company c where company_id = $1`,
    [company],
  )
  expect(row).toEqual({ name: '새 가게', warehouses: 1 })
})

test('an account begins in observe, with the budgets of its channel, all that can sell and its settings; nobody can read its credentials', async () => {
  const { connection } = await addConnection(context, secrets, account())
  const made = (await shop.inTx(readConnections)).find(({ connectionId }) => connectionId === connection)!
  expect(made).toMatchObject({ mode: 'observe', policy: 'rights', paused: false, feedLatenessMs: 2_500 })
  expect(made).toMatchObject({ baseUrl: 'https://api.example.com', warehouses: shop.warehouses.slice(0, 2) })
  const listed = await listConnections(context)
  expect(listed).toContainEqual(expect.objectContaining({ connection, channel: 'coupang', name: '우리 쿠팡' }))
  const stored = await shop.rows('select * from channels.connection')
  expect(JSON.stringify([listed, stored])).not.toContain(SECRET)
  const buckets = await shop.rows('select bucket from channels.budget where connection_id = $1', [connection])
  expect(buckets).toEqual([{ bucket: 'all' }])
})

test('what cannot be used names its field, repeats no secret, and nothing is written', async () => {
  const before = await listConnections(context)
  const wrong: [Partial<NewAccount>, string][] = [
    [{ channel: 'toString' }, 'channel'],
    [{ baseUrl: 'ftp://x' }, 'base-url'],
    [{ baseUrl: 'https://x/?token=1' }, 'base-url'],
    [{ credentials: `{"secretKey": "${SECRET}"` }, 'credentials'],
    [{ credentials: `["${SECRET}"]` }, 'credentials'],
    [{ credentials: `{"secretKey": ["${SECRET}"]}` }, 'credentials'],
    [{ credentials: JSON.stringify({ secretKey: SECRET.repeat(1_000) }) }, 'credentials'],
    [{ settings: '{"deep": {}}' }, 'settings'],
    [{ company: newId() }, 'company'],
    [{ name: ' ' }, 'name'],
    [{ name: '점'.repeat(101) }, 'name'],
  ]
  for (const [change, field] of wrong) {
    const refused = await addConnection(context, secrets, account(change)).catch((error: unknown) => error)
    expect(refused, field).toMatchObject({ name: 'BadInput', field })
    expect(String(refused)).not.toContain(SECRET)
  }
  await expect(addCompany(context, realRandom, ' ')).rejects.toMatchObject({ name: 'BadInput', field: 'name' })
  expect(await listConnections(context)).toEqual(before)
})
