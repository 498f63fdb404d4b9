import { afterEach, expect, test } from 'vitest'
import type { Marketplace, SimRequest, SimResponse } from '../../simulators/marketplace.ts'
import { openApi } from '../api.ts'
import { KINDS, type Kind } from '../marketplace-kinds.ts'
import { type Listed, type Market, openMarket } from '../marketplaces.ts'
import { endsWell } from './ends-well.ts'
import { becomesTrue, buy, collectedOnce, PATIENCE_MS, recorded, until } from './market-truth.ts'

/** What a marketplace sends is somebody else's text: Naver's in JSON, 11번가's in XML and EUC-KR, through worker and books. */

type Spoil = (body: Buffer, answer: SimResponse) => Pick<SimResponse, 'body'> & Partial<SimResponse>

let spoil: Spoil | null = null
let spoilt: Record<string, number> = {}

/** A marketplace whose answers are spoilt on their way out, signing in apart. */
function spoiling<Machine extends Marketplace>(kind: Kind<Machine>): Kind<Machine> {
  return {
    ...kind,
    create(options) {
      const machine = kind.create(options)
      const handle = (request: SimRequest, now: number, random: () => number): SimResponse => {
        const answer = machine.handle(request, now, random)
        if (!spoil || request.path.includes('oauth')) return answer
        spoilt[machine.name] = (spoilt[machine.name] ?? 0) + 1
        return { ...answer, ...spoil(Buffer.from(answer.body), answer) }
      }
      return { ...machine, handle }
    },
  }
}

const kinds = { naver: spoiling(KINDS.naver), eleventh: spoiling(KINDS.eleventh) }
const CHANNELS = ['naver', 'eleventh'] as const

let market: Market<typeof kinds>
let item: Listed<(typeof CHANNELS)[number]>
afterEach(async () => {
  spoil = null
  await market.close()
})

async function open(): Promise<void> {
  market = await openMarket({}, kinds)
  item = await market.list('BRK-1', await market.shop.stock('BRK-1', 60), { naver: 9, eleventh: 9 })
  market.work()
  await collectedOnce(market)
  await becomesTrue(market)
}

const HTML = '<!doctype html><html><head><title>점검 중</title></head><body>Access Denied</body></html>'
const TOO_MUCH: readonly [string, Spoil][] = [
  ['longer than is read', () => ({ body: Buffer.alloc(17 * 1024 * 1024, 'a') })],
  ['nested without an end', (body) => ({ body: (isXml(body) ? '<a>' : '[').repeat(300_000) })],
]
const SOMETHING_ELSE: readonly [string, Spoil][] = [
  ['cut off in the middle', (body) => ({ body: body.subarray(0, Math.floor(body.length / 2)) })],
  ['in another charset', (body) => ({ body: Buffer.from(`\uFEFF${body.toString('latin1')}`, 'utf16le') })],
  ['a page for people, said to be fine', () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: HTML })],
  [
    'a page for people, said to be broken',
    () => ({ status: 502, headers: { 'content-type': 'text/html' }, body: HTML }),
  ],
  ['nothing but NUL', () => ({ body: Buffer.alloc(4_096) })],
]
const isXml = (body: Buffer) => body.subarray(0, 1).toString() === '<'

/** Everything that a collection or a read could have half-written. */
async function books() {
  const rows = (sql: string) => market.shop.rows<Record<string, unknown>>(sql)
  return {
    orders: await rows('select order_id from orders.order order by 1'),
    lines: await rows('select order_id, line_no, state, cancelled from orders.order_line order by 1, 2'),
    reserved: await rows('select variant_id, on_hand, reserved from inventory.level order by 1'),
    cursors: await rows('select connection_id, cursor from channels.connection order by 1'),
    shown: await rows('select listing_id, shown, observed, bound, drifted, fault from channels.listing order by 1'),
  }
}

/** Said, and twice refused; or, where too long an answer is asked for again in ever shorter spans (11번가), at that a while. */
async function allHaveFailed(lines: readonly string[]): Promise<boolean> {
  const rows = await market.shop.rows<{ channel: string; failures: number }>(
    'select channel, failures from channels.connection',
  )
  return rows.every(
    ({ channel, failures }) => (failures > 1 || (spoilt[channel] ?? 0) > 20) && linesOf(channel, lines).length > 0,
  )
}

const linesOf = (channel: string, lines: readonly string[]) =>
  lines.filter((line) => line.includes(`"channel":"${channel}"`))

test.each([
  ['too much', TOO_MUCH],
  ['something else', SOMETHING_ELSE],
] as const)(
  'answers that are %s are refused whole: nothing is written of them, and each costs the log a line at most',
  async (_, answers) => {
    await open()
    for (const [what, how] of answers) {
      // Nothing may be under way when the books are looked at.
      await market.stopWork()
      const before = await books()
      const loggedBefore = market.logged.length
      spoilt = {}
      spoil = how
      for (const channel of CHANNELS) buy(market[channel], item[channel])
      market.work()
      const logged = () => market.logged.slice(loggedBefore)
      await until(
        () => allHaveFailed(logged()),
        PATIENCE_MS,
        async () => ({ what, spoilt, logged: logged() }),
      )
      expect(await books(), what).toEqual(before)
      const lines = logged()
      for (const channel of CHANNELS) {
        expect(linesOf(channel, lines).length, what).toBeLessThanOrEqual(spoilt[channel]!)
      }
      for (const line of lines) expect(line.length > 1_000 || line.includes('\n'), line.slice(0, 2_000)).toBe(false)
      spoil = null
      await becomesTrue(market)
    }
    await endsWell(market)
  },
)

const NAMES = {
  formula: '=HYPERLINK("http://127.0.0.1/","열기")',
  markup: '<script>alert(1)</script><img src=x onerror=alert(1)>',
  statement: `'); drop table orders."order"; --`,
  template: '{{constructor.constructor("return 1")()}} #{1+1} %s %n',
}

test('names that look like formulas, markup or statements are kept to the letter and are only ever text', async () => {
  await open()
  for (const [sku, name] of Object.entries(NAMES)) {
    const variantId = await market.shop.stock(sku, 10)
    for (const channel of CHANNELS) {
      const { sim, machine } = market[channel]
      const options = [{ optionName: '', sellerCode: sku, stock: 3, surcharge: 0 }]
      const [seeded] = machine.doors.seedProducts([{ name, price: 9_900, options }], sim.now())
      await market.adopt(channel, seeded!, { variantId })
      expect(sim.buy({ lines: [{ item: seeded!.item, quantity: 1 }], buyer: name }).kind).toBe('sold')
    }
  }
  await recorded(market)
  const kept = await market.shop.rows<{ channel: string; buyer: string; product: string }>(
    `select o.channel, o.buyer_name as buyer, l.product_name as product
     from orders."order" o join orders.order_line l using (company_id, order_id) order by o.channel`,
  )
  for (const channel of CHANNELS) {
    const ours = kept.filter((row) => row.channel === channel)
    expect(ours.map(({ buyer }) => buyer).toSorted()).toEqual(Object.values(NAMES).toSorted())
    expect(ours.map(({ product }) => product).toSorted()).toEqual(Object.values(NAMES).toSorted())
  }
  const api = await openApi({ shop: market.shop })
  try {
    const answer = await api.get('/v1/orders')
    expect(answer.headers['content-type']).toMatch(/^application\/json/)
    const buyers = (answer.json().orders as { buyerName: string }[]).map(({ buyerName }) => buyerName)
    expect(new Set(buyers)).toEqual(new Set(Object.values(NAMES)))
  } finally {
    await api.app.close()
  }
  await becomesTrue(market)
  await endsWell(market)
})

test('what PostgreSQL cannot store is replaced, and the order is kept', async () => {
  await open()
  for (const channel of CHANNELS) {
    market[channel].sim.buy({ lines: [{ item: item[channel], quantity: 1 }], buyer: '김\0하\ud800나' })
  }
  await recorded(market)
  const rows = await market.shop.rows<{ channel: string; buyer: string }>(
    'select channel, buyer_name as buyer from orders."order" order by channel',
  )
  expect(rows).toEqual([
    // EUC-KR cannot even say it.
    { channel: 'eleventh', buyer: '김하나' },
    { channel: 'naver', buyer: '김\uFFFD하\uFFFD나' },
  ])
  await becomesTrue(market)
  await endsWell(market)
})
