import { expect, test } from 'vitest'
import { openClaimOffers } from '../../server/modules/channels/index.ts'
import { shipLines } from '../../server/modules/fulfilment/index.ts'
import { type Cafe24, createCafe24 } from '../../simulators/cafe24/index.ts'
import { openApi } from '../api.ts'
import {
  becomesTrue,
  buy,
  buyAll,
  collectedOnce,
  falseAccounts,
  linesOf,
  offSale,
  PATIENCE_MS,
  recorded,
  stockAt,
  takenIn,
  unitsSoldTwice,
  until,
} from '../faults/market-truth.ts'
import { KINDS } from '../marketplace-kinds.ts'
import type { AnyMarket, Market, MarketOptions } from '../marketplaces.ts'
import type { Call, Gate, Moment } from './gate.ts'
import { type GatedMarket, onGatedMarket } from './gated-market.ts'
import { QUESTIONS } from './questions.ts'

/**
 * A worker, a process of its own, is killed -9 while a marketplace has its question and the answer has not come: nothing
 * of it is left but its leases, and those end by themselves. Real leases of twenty seconds, waited for side by side.
 */

const { naver, coupang } = KINDS
const TWO = { naver, coupang }
const LEASE_MS = 20_000
/** What a dead worker had taken on is anybody's after its lease, and then takes no longer than anything else. */
const TAKEN_OVER_MS = LEASE_MS + PATIENCE_MS
/** Longer than any question is held here: it is the kill that ends it. */
const settings = { timeoutMs: 60_000, unknownSettlesMs: 300 }

/** The worker's questions are there, and it is gone. */
async function killedIn<K extends typeof TWO | typeof MALL>(
  { startWorker }: Pick<GatedMarket<K>, 'startWorker'>,
  held: readonly { reached: Promise<void> }[],
): Promise<void> {
  const worker = startWorker()
  await Promise.all(held.map(({ reached }) => reached))
  await worker.kill()
}

const STEPS: readonly (readonly [step: 'stop' | 'set' | 'resume', moment: Moment])[] = [
  ['stop', 'after'],
  ['stop', 'late'],
  ['set', 'before'],
  ['set', 'after'],
  ['set', 'late'],
  ['resume', 'before'],
  ['resume', 'after'],
]

test.concurrent('a worker killed between stop and resume leaves nothing off sale: the next one goes on, and nothing is sold twice', async () => {
  const options: MarketOptions = { policySettings: { protocol: 'B' }, settings }
  await onGatedMarket(options, TWO, async (gated) => {
    const { market, gates } = gated
    const goods: { item: { naver: string; coupang: string }; held: ReturnType<Gate['hold']> }[] = []
    for (const [step, moment] of STEPS) {
      const sku = `BRK-${step}-${moment}`
      const item = await market.list(sku, await market.shop.stock(sku, 12), { naver: 12, coupang: 0 })
      goods.push({ item, held: gates.naver.hold(callOf(step, item.naver), moment) })
    }
    await takenIn(market)
    await killedIn(
      gated,
      goods.map(({ held }) => held),
    )
    expect(offSale(market).length).toBeGreaterThanOrEqual(3)
    for (const { item, held } of goods) {
      buy(market.naver, item.naver)
      await held.deliver()
    }
    market.work()
    const isFilled = async () => goods.every(({ item }) => stockAt(market.coupang, item.coupang) > 0)
    await until(isFilled, TAKEN_OVER_MS, () => standing(market))
    for (const { item } of goods) {
      buyAll(market.naver, item.naver)
      buyAll(market.coupang, item.coupang)
    }
    await recorded(market)
    await becomesTrue(market)
    expect(offSale(market)).toEqual([])
    expect(await unitsSoldTwice(market)).toBe(0)
    expect(await falseAccounts(market)).toEqual([])
  })
})

const callOf =
  (step: 'stop' | 'set' | 'resume', unit: string) =>
  (call: Call): boolean =>
    QUESTIONS[step](call) && (call.path.includes(`/${unit}/`) || call.body.includes(`:${unit},`))

const standing = (market: AnyMarket) =>
  market.shop.rows(
    `select l.item, l.desired, l.shown, l.bound, l.fault, l.exchange, u.lease, u.leased_until, u.write_due_at
     from channels.listing l join channels.unit u using (company_id, connection_id, unit)`,
  )

test.concurrent('parcels a killed worker was telling are told once each, and leave our books once', async () => {
  await onGatedMarket({ settings }, TWO, async (gated) => {
    const { market, gates } = gated
    const orders = await acknowledged(market, 1)
    for (const { orderId, invoice } of orders) await ship(market, orderId, invoice)
    const held = [gates.naver.hold(QUESTIONS.ship, 'after'), gates.coupang.hold(QUESTIONS.ship, 'before')]
    await killedIn(gated, held)
    market.work()
    const tellings = () =>
      market.shop.rows<{ telling: string }>('select order_id, telling, attempts from fulfilment.shipment_line')
    await until(async () => (await tellings()).every(({ telling }) => telling === 'told'), TAKEN_OVER_MS, tellings)
    for (const { name, lineKey, invoice } of orders) {
      expect(lineThere(market, name, lineKey).invoice).toBe(invoice)
    }
    // What the marketplace had heard is found in a collection, unless the dead worker held that as well: then it is
    // asked about once more, as what it had not heard.
    expect(gates.naver.calls.filter(QUESTIONS.ship).length).toBeLessThanOrEqual(2)
    expect(gates.coupang.calls.filter(QUESTIONS.ship)).toHaveLength(2)
    const [sent] = await market.shop.rows<{ units: number }>(
      `select -sum(on_hand_delta)::integer as units from inventory.movement where reason = 'shipped'`,
    )
    expect(sent!.units).toBe(2)
    await becomesTrue(market)
  })
})

test.concurrent('goods that refuse a cancel by leaving, and a cancel of ours, go once though the worker that told it was killed', async () => {
  // Coupang tells claims in lists that are read in turn, so its turns come fast here.
  const options: MarketOptions = { settings, coupang: { settings: { slowEvery: 1, pollMs: 50 } } }
  await onGatedMarket(options, TWO, async (gated) => {
    const { market, gates } = gated
    const api = await openApi({ shop: market.shop, deps: { claimOffers: openClaimOffers(market.jaego.channels) } })
    try {
      const orders = await acknowledged(market, 5)
      const [atNaver, atCoupang] = [orders[0]!, orders[1]!]
      await requestedThere(market, atNaver.lineKey, 5)
      const parcel = { carrier: 'cj', invoice: atNaver.invoice }
      const [asked] = (await api.get('/v1/claims')).json().claims
      expect((await api.post(`/v1/claims/${asked.id}/answers`, { answer: 'refuse', parcel })).statusCode).toBeLessThan(
        300,
      )
      const two = [{ lineNo: 1, quantity: 2 }]
      const cancel = { orderId: atCoupang.orderId, kind: 'cancel', lines: two, cause: 'sold_out' }
      expect((await api.post('/v1/claims', cancel)).statusCode).toBe(201)
      await killedIn(gated, [gates.naver.hold(QUESTIONS.ship, 'after'), gates.coupang.hold(QUESTIONS.cancel, 'after')])
      market.work()
      const claims = () => market.shop.rows<{ state: string }>('select kind, state from orders.claim order by state')
      const isOver = async () => (await claims()).map(({ state }) => state).join() === 'done,refused'
      await until(isOver, TAKEN_OVER_MS, claims)
      await becomesTrue(market)
      const [there, ours] = orders.map(({ name, lineKey }) => lineThere(market, name, lineKey))
      expect([there!.cancelled, there!.invoice, ours!.cancelled]).toEqual([0, atNaver.invoice, 2])
      // Five have left, and three of the other five wait to.
      expect((await api.get('/v1/stock/BRK-1')).json()).toMatchObject({ onHand: 35, reserved: 3 })
      expect(gates.naver.calls.filter(QUESTIONS.ship).length).toBeLessThanOrEqual(2)
      // Asked again, it would have cancelled two units more.
      expect(gates.coupang.calls.filter(QUESTIONS.cancel)).toHaveLength(1)
    } finally {
      await api.close()
    }
  })
})

const lineThere = (market: Market, name: 'naver' | 'coupang', lineKey: string) =>
  market[name].machine.doors.truth().lines.find((line) => line.lineKey === lineKey)!

type Bought = { name: 'naver' | 'coupang'; orderId: string; lineKey: string; invoice: string }

/** One order of so many units at each, accepted by us; nobody works any more. */
async function acknowledged(market: Market, quantity: number): Promise<Bought[]> {
  const item = await market.list('BRK-1', await market.shop.stock('BRK-1', 40), { naver: 20, coupang: 20 })
  market.work()
  await collectedOnce(market)
  const orders: Bought[] = []
  for (const [i, name] of (['naver', 'coupang'] as const).entries()) {
    expect(buy(market[name], item[name], quantity).kind).toBe('sold')
    const lines = async () =>
      (await linesOf(market, market[name])) as unknown as {
        order_id: string
        external_line_key: string
        state: string
      }[]
    await until(async () => (await lines())[0]?.state === 'acknowledged', PATIENCE_MS, lines)
    const [line] = await lines()
    orders.push({ name, orderId: line!.order_id, lineKey: line!.external_line_key, invoice: `0${60_000_000_000 + i}` })
  }
  await market.stopWork()
  return orders
}

const ship = (market: Market, order: string, invoice: string) =>
  market.shop.inTx((tx) =>
    shipLines(tx, market.jaego.shippingRules, [
      {
        company: market.shop.company,
        order,
        actor: 'test',
        carrier: 'cj',
        invoice,
        shippedAt: Date.now(),
        lines: null,
      },
    ]),
  )

/** The buyer asks to cancel, and we know of it; nobody works any more. */
async function requestedThere(market: Market, lineKey: string, quantity: number): Promise<void> {
  expect(market.naver.sim.cancel(lineKey, quantity).kind).toBe('requested')
  market.work()
  const claims = () => market.shop.rows('select from orders.claim')
  await until(async () => (await claims()).length === 1, PATIENCE_MS, claims)
  await market.stopWork()
}

const MALL = {
  cafe24: {
    ...KINDS.cafe24,
    create: (): Cafe24 =>
      createCafe24({ switches: { limits: 'off', oldAccessToken: 'dies', reusedRefreshToken: 'ends_grant' } }),
  },
}
/** A question for tokens is waited for, by everybody, until it has ended for certain: with this within a lease. */
const MALL_OPTIONS = { settings: { ...settings, timeoutMs: 15_000 } }
const isToken = ({ path }: Call) => path === '/api/v2/oauth/token'

/** The first tokens are kept, and have ended; a worker is killed while it asks for the next. Answers those kept. */
async function killedRenewing(gated: GatedMarket<typeof MALL>, moment: Moment): Promise<Buffer> {
  const { market, gates } = gated
  market.work()
  await collectedOnce(market)
  await market.stopWork()
  const kept = (await tokens(market)).sealed
  market.cafe24.sim.setFaults({ clockSkewMs: 3 * 3_600_000 })
  await killedIn(gated, [gates.cafe24.hold(isToken, moment)])
  expect((await tokens(market)).lease).not.toBeNull()
  return kept
}

type TokenRow = { sealed: Buffer; kept: number; lease: string | null; unanswered: number }
const tokens = async (market: AnyMarket) =>
  (await market.shop.rows<TokenRow>('select sealed, kept, lease, unanswered from channels.token'))[0]!

const connection = async (market: AnyMarket) =>
  (
    await market.shop.rows<{ parked: boolean; failures: number; last_fault_why: { reason: string } | null }>(
      'select parked, failures, last_fault_why from channels.connection',
    )
  )[0]!

/** Two workers, so that each could ask. */
async function taken(market: AnyMarket & Pick<Market, 'work' | 'another'>, isOver: () => Promise<boolean>) {
  const other = await market.another()
  try {
    market.work()
    other.work()
    await until(isOver, TAKEN_OVER_MS, () => connection(market))
  } finally {
    await other.close()
  }
}

test.concurrent('tokens whose renewal a killed worker never got to the marketplace are renewed by the next one, asked for once', async () => {
  await onGatedMarket(MALL_OPTIONS, MALL, async (gated) => {
    const { market, gates } = gated
    await killedRenewing(gated, 'before')
    await taken(market, async () => (await tokens(market)).kept === 2)
    // Ours at first, the one that was killed, and his who took over.
    expect(gates.cafe24.calls.filter(isToken)).toHaveLength(3)
    expect(await tokens(market)).toMatchObject({ lease: null, unanswered: 0 })
    await until(
      async () => (await connection(market)).failures === 0,
      PATIENCE_MS,
      () => connection(market),
    )
    expect((await connection(market)).parked).toBe(false)
  })
})

test.concurrent('a renewal answered to a killed worker parks the connection with the reason after one more question, and nothing kept is lost', async () => {
  await onGatedMarket(MALL_OPTIONS, MALL, async (gated) => {
    const { market, gates } = gated
    const kept = await killedRenewing(gated, 'after')
    await taken(market, async () => (await connection(market)).parked)
    expect((await connection(market)).last_fault_why).toMatchObject({ reason: 'renewal_lost' })
    expect(gates.cafe24.calls.filter(isToken)).toHaveLength(3)
    expect((await tokens(market)).sealed.equals(kept)).toBe(true)
  })
})
