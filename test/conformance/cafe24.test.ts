import { describe, expect, test } from 'vitest'
import { openMarketplace } from '../../server/adapters/marketplaces/index.ts'
import {
  type Cafe24,
  type Cafe24Switches,
  createCafe24,
  TEST_CAFE24_CREDENTIALS,
} from '../../simulators/cafe24/index.ts'
import { tokenIsAskedForOnce } from './again-rules.ts'
import { buyOne, faultOf, lineKeysOf, linesOf, onStage, stored, thrownBy } from './shop.ts'
import type { Scene, Stage } from './stage.ts'
import { adapterKeepsTheRules } from './suite.ts'

const { clientId, clientSecret } = TEST_CAFE24_CREDENTIALS
const refreshToken = TEST_CAFE24_CREDENTIALS.refreshToken!

/** Answers to what the contract leaves open. */
function sceneWith(switches: Partial<Cafe24Switches> = {}, settings: Record<string, string> = {}): Scene {
  return {
    open: openMarketplace.cafe24,
    createMarketplace: (pace) => createCafe24({ switches: { limits: pace ? 'on' : 'off', ...switches } }),
    account: (url) => ({
      baseUrl: url,
      credentials: { clientId, clientSecret, refreshToken },
      settings: { timeoutMs: 400, ...settings },
    }),
    wrongCredentials: { clientId, clientSecret: 'pretendWrongSecret', refreshToken: 'pretendWrongRefresh' },
    isWrite: ({ method, url }) => method !== 'GET' && !url.includes('/oauth/'),
    isSpoilt: ({ url }) => !url.includes('/oauth/'),
    overBudget: (marketplace) =>
      marketplace.doors
        .calls()
        .filter(({ bucket }) => !['forced', 'unauthorized', 'oauth'].includes(bucket))
        .reduce((sum, { refused }) => sum + refused, 0),
    buyers: {
      asks: ['cancel', 'return'],
      // Nothing documents what a request taken back looks like.
      takesBack: [],
      ask: (stage, _kind, lineKey, quantity) => {
        expect(stage.simulator.cancel(lineKey, quantity)).toEqual({ kind: 'requested' })
      },
      takeBack: () => {},
      getParcels: () => {},
      sendBack: () => {},
      // Returns are looked for in their turn.
      toldWithin: 15,
      // Its key names the row: R-20261120-0000001-01-1763607600
      breakRow: (body, claimKey) => {
        const at = body.indexOf(`"order_item_code":"${/\d{8}-\d{7}-\d\d/.exec(claimKey)?.[0]}"`)
        return at < 0 ? body : body.slice(0, at) + body.slice(at).replace(/"order_status":"\w+"/, '"order_status":7')
      },
    },
  }
}

const scene = sceneWith()

adapterKeepsTheRules('cafe24', scene)

describe('where the contract is answered the other way', () => {
  adapterKeepsTheRules(
    'cafe24',
    sceneWith(
      {
        bucketPer: 'mall',
        abnormalPace: 'blocked',
        oldAccessToken: 'dies',
        reusedRefreshToken: 'ends_grant',
        equalWrite: 'ok',
        mixedRequests: 'none',
        slowWriteStatus: 202,
        timeOfDay: 'ignored',
        restockOnBuyerCancel: false,
        partialClaim: 'claim_quantity',
        originalItemNo: 'code',
        refusedRequest: 'restored',
        claimAnswers: 'moves',
        claimRows: 'with_status',
        claimCode: 'at_request',
        shipsUnprepared: false,
        cjCode: '0019',
        listReceivers: 'full',
      },
      { claimAnswers: 'move' },
    ),
  )
})

const isTokenCall = ({ url }: { url: string }) => url.includes('/oauth/token')
const tokenCalls = (stage: Stage) => stage.sent.filter(isTokenCall).length
const machine = ({ marketplace }: Stage) => marketplace as Cafe24

test('cafe24: a token that ends in the middle of a batch is renewed once, and every line is done', () =>
  onStage(scene, async (stage, shop) => {
    for (let i = 0; i < 70; i++) buyOne(stage.simulator.buy, shop.plain.item)
    const keys = linesOf(await stage.adapter.collectOrders(null)).map(({ actionKey }) => actionKey)
    let writes = 0
    stage.beforeSend((request) => {
      if (scene.isWrite(request) && ++writes === 2) stage.simulator.setFaults({ clockSkewMs: 3 * 3_600_000 })
    })
    const results = await stage.adapter.acknowledge(keys)
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['done']))
    expect(tokenCalls(stage)).toBe(2)
  }))

test.each(['lives', 'dies'] as const)(
  'cafe24: two workers without a token ask once (an older token %s)',
  (oldAccessToken) =>
    onStage(sceneWith({ oldAccessToken }), async (stage, shop) => {
      const workers = [stage.adapter, stage.another()]
      await Promise.all(workers.map((worker) => worker.readStock(shop.plain.unit)))
      expect(tokenCalls(stage)).toBe(1)
      stage.simulator.setFaults({ clockSkewMs: 3 * 3_600_000 })
      await Promise.all(workers.map((worker) => worker.readStock(shop.plain.unit)))
      expect(tokenCalls(stage)).toBe(2)
    }),
)

test('cafe24: "Uninstalled app" by mistake signs out without a storm, and costs no credential', () =>
  onStage(scene, async (stage, shop) => {
    await stage.adapter.readStock(shop.plain.unit)
    machine(stage).switches.uninstalledAppUntil = Number.POSITIVE_INFINITY
    stage.simulator.setFaults({ clockSkewMs: 3 * 3_600_000 })
    for (let i = 0; i < 5; i++) expect(await faultOf(stage.adapter.readStock(shop.plain.unit))).toBe('signed_out')
    expect(tokenCalls(stage)).toBe(2)
    machine(stage).switches.uninstalledAppUntil = 0
    await stage.another().readStock(shop.plain.unit)
  }))

test('cafe24: a token call without an answer says nothing of the call it was for, which was not made', () =>
  onStage(scene, async (stage, shop) => {
    const { unit, item, stock } = shop.plain
    stage.beforeSend((request) => stage.simulator.setFaults({ timeoutAfterCommit: isTokenCall(request) ? 1 : 0 }))
    expect(await faultOf(stage.adapter.setStock(unit, [{ item, quantity: 1 }]))).toBe('unreachable')
    expect(shop.stockOf(item)).toBe(stock)
    // The answer is lost, and with it the token that works: a person must sign in again.
    stage.beforeSend(() => stage.simulator.setFaults({ timeoutAfterCommit: 0 }))
    expect(await faultOf(stage.adapter.setStock(unit, [{ item, quantity: 1 }]))).toBe('signed_out')
  }))

test('cafe24: the quota over all APIs pauses all of them for as long as is said', () =>
  onStage(sceneWith({ limits: 'on' }), async (stage, shop) => {
    await stage.adapter.readStock(shop.plain.unit)
    const { switches } = machine(stage)
    switches.usage = { ...switches.usage, callPercent: 120 }
    await stage.adapter.readStock(shop.plain.unit)
    const budgets = stage.adapter.capabilities.budgets.map(({ bucket }) => bucket)
    expect(stage.learned.map(({ bucket }) => bucket).sort()).toEqual(budgets.sort())
    expect(stage.learned[0]).toMatchObject({ remaining: 0, pauseMs: expect.any(Number) })
    const fault = await thrownBy(stage.adapter.readStock(shop.plain.unit))
    expect(fault.code).toBe('quota_exhausted')
    expect(fault.pauseMs).toBeGreaterThan(30_000)
  }))

test('cafe24: a bucket that others fill makes us wait before it is full', () =>
  onStage(sceneWith({ limits: 'on', bucketPer: 'mall', bucketDrainPerSecond: 0.001 }), async (stage, shop) => {
    for (let i = 0; i < 23; i++) await stage.adapter.readStock(shop.plain.unit)
    expect(stage.learned).toEqual([])
    await stage.adapter.readStock(shop.plain.unit)
    expect(stage.learned).toMatchObject([{ bucket: 'stock.read', remaining: 0, pauseMs: 2_000 }])
  }))

test('cafe24: an API version that is no longer taken is left out, by calls under way as well', () =>
  onStage(sceneWith({ versions: ['2026-09-01'], deadVersion: 'refused' }), async (stage, shop) => {
    await Promise.all([1, 2, 3].map(() => stage.adapter.readStock(shop.plain.unit)))
    const before = stage.sent.length
    await stage.adapter.readStock(shop.plain.unit)
    expect(stage.sent.length).toBe(before + 1)
  }))

/** As the seller does it at the marketplace itself. */
async function editVariant(stage: Stage, { unit, item }: { unit: string; item: string }, request: object) {
  const authorization = stage.sent.at(-1)!.headers.find(([name]) => name === 'Authorization')![1]
  const url = `${stage.simulator.url}/api/v2/admin/products/${unit}/variants/${item}`
  const headers = { authorization, 'content-type': 'application/json' }
  const { status } = await fetch(url, { method: 'PUT', headers, body: JSON.stringify({ request }) })
  expect(status).toBe(200)
}

test.each([{ use_inventory: 'F' }, { display_soldout: 'F' }])(
  'cafe24: a variant with %o sells without end and is read so; a set makes its number count again',
  (trap) =>
    onStage(scene, async (stage, shop) => {
      const { unit, item } = shop.plain
      await stage.adapter.readStock(unit)
      await editVariant(stage, shop.plain, trap)
      expect((await stage.adapter.readStock(unit)).items).toMatchObject([{ item, quantity: 99_999_999 }])
      await stage.adapter.setStock(unit, [{ item, quantity: 2 }])
      expect((await stage.adapter.readStock(unit)).items).toMatchObject([{ item, quantity: 2 }])
      expect(buyOne(stage.simulator.buy, item, 3).kind).toBe('sold_out')
    }),
)

test.each(['each', 'none'] as const)('cafe24: several variants are set together (failures stop %s)', (mixedRequests) =>
  onStage(sceneWith({ mixedRequests }), async (stage, shop) => {
    const [first, second] = shop.options
    const set = (...quantities: number[]) =>
      stage.adapter.setStock(
        first!.unit,
        [first!, second!].map(({ item }, at) => ({ item, quantity: quantities[at]! })),
      )
    await set(3, 4)
    await set(3, 5)
    expect([first, second].map((option) => shop.stockOf(option!.item))).toEqual([3, 5])
  }),
)

test('cafe24: a set that was done in part is unknown; the next one is looked at first and nothing of it is done', () =>
  onStage(scene, async (stage, shop) => {
    const [first] = shop.options
    const set = (quantity: number) =>
      stage.adapter.setStock(first!.unit, [
        { item: first!.item, quantity },
        { item: 'P000000ZZZZZ', quantity },
      ])
    expect(await faultOf(set(3))).toBe('unknown')
    expect(await faultOf(set(4))).toBe('not_found')
    expect(shop.stockOf(first!.item)).toBe(3)
  }))

test('cafe24: where one by one some variants were set and another is refused, the set is unknown', () =>
  onStage(sceneWith({ mixedRequests: 'none' }), async (stage, shop) => {
    const [first, second] = shop.options
    const set = (quantity: number, ...more: { item: string; quantity: number }[]) =>
      stage.adapter.setStock(first!.unit, [
        { item: first!.item, quantity: 3 },
        { item: second!.item, quantity },
        ...more,
      ])
    await set(4)
    // The first is so already, which sends each by itself.
    expect(await faultOf(set(5, { item: 'P000000ZZZZZ', quantity: 1 }))).toBe('unknown')
    expect(shop.stockOf(second!.item)).toBe(5)
    expect(await faultOf(set(6, { item: 'P000000ZZZZZ', quantity: 1 }))).toBe('not_found')
    expect(shop.stockOf(second!.item)).toBe(5)
  }))

test("cafe24: the shelf is ours: neither the seller's cancels nor approved ones put units back", () =>
  onStage(scene, async (stage, shop) => {
    const { item, stock } = shop.plain
    const sale = buyOne(stage.simulator.buy, item, 3)
    const [line] = linesOf(await stage.adapter.collectOrders(null))
    const externalOrderId = sale.kind === 'sold' ? sale.orderId : ''
    await stage.adapter.cancelLines([{ ...line!, externalOrderId, quantity: 1, reason: 'sold_out' }])
    await stage.adapter.acknowledge([line!.actionKey])
    stage.simulator.cancel(line!.lineKey, null)
    const { claims } = await stage.adapter.collectOrders(null)
    const asked = claims.find(({ state }) => state === 'requested')!
    await stage.adapter.answerClaims([{ ...asked, answer: 'approve', parcel: null }])
    expect(stage.marketplace.doors.truth().lines[0]?.cancelled).toBe(3)
    expect(shop.stockOf(item)).toBe(stock - 3)
  }))

test.each([
  ['documented', 'create', ['POST', 'POST']],
  ['documented', 'move', ['PUT', 'POST', 'POST']],
  ['moves', 'create', ['POST', 'PUT', 'PUT']],
  ['moves', 'move', ['PUT', 'PUT']],
] as const)(
  'cafe24: a mall whose PUT is %s is answered by a seller who set %s, who learns which way it goes',
  (claimAnswers, setting, calls) =>
    onStage(
      sceneWith({ claimAnswers, claimCode: 'at_request', earlyCancel: 'requested' }, { claimAnswers: setting }),
      async (stage, shop) => {
        for (let i = 0; i < 2; i++) {
          stage.simulator.cancel(lineKeysOf(buyOne(stage.simulator.buy, shop.plain.item))[0]!, null)
        }
        const { claims } = await stage.adapter.collectOrders(null)
        const results = await stage.adapter.answerClaims(
          claims.map((claim) => ({ ...claim, answer: 'approve', parcel: null }) as const),
        )
        expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'done'])
        const acts = stage.sent.filter(({ method, url }) => method !== 'GET' && url.includes('/cancellation'))
        expect(acts.map(({ method }) => method)).toEqual(calls)
        expect(stage.marketplace.doors.truth().lines.map(({ cancelled }) => cancelled)).toEqual([1, 1])
      },
    ),
)

test('cafe24: a refusal that came too late is no refusal, though the call it was in is a success', () =>
  onStage(scene, async (stage, shop) => {
    const [lineKey] = lineKeysOf(buyOne(stage.simulator.buy, shop.plain.item))
    await stage.adapter.acknowledge([lineKey!])
    stage.simulator.cancel(lineKey!, null)
    const { claims } = await stage.adapter.collectOrders(null)
    const [asked] = claims
    // Somebody at the mall grants it between our look and our answer.
    stage.beforeSend(({ url, headers }) => {
      if (!url.includes('cancellationrequests')) return
      const request = { status: 'canceled', items: [{ order_item_code: lineKey, quantity: 1 }] }
      const path = `/api/v2/admin/orders/${asked!.externalOrderId}/cancellation`
      const head = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]))
      const body = new TextEncoder().encode(JSON.stringify({ request }))
      const { status } = machine(stage).handle(
        { method: 'POST', path, query: '', headers: head, body },
        stage.simulator.now(),
        Math.random,
      )
      expect(status).toBe(201)
    })
    const refusal = { ...asked!, answer: 'refuse', parcel: null } as const
    expect(await stage.adapter.answerClaims([refusal])).toMatchObject([{ outcome: 'refused', code: '422' }])
  }))

test('cafe24: an order of another market linked to the mall is cancelled without paying back here', () =>
  onStage(sceneWith({ orderPlace: 'auction' }), async (stage, shop) => {
    const sale = buyOne(stage.simulator.buy, shop.plain.item)
    const [line] = linesOf(await stage.adapter.collectOrders(null))
    const externalOrderId = sale.kind === 'sold' ? sale.orderId : ''
    const cancel = { ...line!, externalOrderId, quantity: 1, reason: 'buyer_asked' } as const
    expect(await stage.adapter.cancelLines([cancel])).toMatchObject([{ outcome: 'done' }])
  }))

test('cafe24: an order is pending until it is paid, and then told by its payment', () =>
  onStage(sceneWith({ paymentDelayMs: 60_000 }), async (stage, shop) => {
    const [lineKey] = lineKeysOf(buyOne(stage.simulator.buy, shop.plain.item))
    const first = await stage.adapter.collectOrders(null)
    expect(first.orders).toMatchObject([{ paidAt: null, lines: [{ lineKey, state: 'pending' }] }])
    stage.simulator.setFaults({ clockSkewMs: 61_000 })
    const second = await stage.adapter.collectOrders(stored(first.next))
    expect(second.orders).toMatchObject([{ paidAt: expect.any(Number), lines: [{ lineKey, state: 'paid' }] }])
  }))

test('cafe24: a mall that lets nobody cancel alone tells a request on a paid line', () =>
  onStage(sceneWith({ earlyCancel: 'requested' }), async (stage, shop) => {
    const [lineKey] = lineKeysOf(buyOne(stage.simulator.buy, shop.plain.item, 3))
    stage.simulator.cancel(lineKey!, 2)
    const { orders, claims } = await stage.adapter.collectOrders(null)
    expect(orders[0]?.lines).toMatchObject([{ state: 'paid', quantity: 3, cancelled: 0, cancelRequested: true }])
    expect(claims).toMatchObject([{ kind: 'cancel', state: 'requested', lines: [{ lineKey, quantity: 2 }] }])
  }))

test('cafe24: the way to the door is asked for by itself where the list leaves it out, and again after acknowledging', () =>
  onStage(scene, async (stage, shop) => {
    const sale = buyOne(stage.simulator.buy, shop.plain.item)
    const first = await stage.adapter.collectOrders(null)
    expect(first.orders[0]?.address).toMatchObject({ line1: expect.stringMatching(/\S/), phone: '010-0000-0000' })
    machine(stage).changeReceiver(sale.kind === 'sold' ? sale.orderId : '', { address2: '2층' }, stage.simulator.now())
    await stage.adapter.acknowledge(linesOf(first).map(({ actionKey }) => actionKey))
    const second = await stage.adapter.collectOrders(stored(first.next))
    expect(second.orders).toMatchObject([{ address: { line2: '2층' } }])
  }))

test('cafe24: words that look like formulas or markup are told as they are', () =>
  onStage(scene, async (stage, shop) => {
    const buyer = `=HYPERLINK("http://x","y")<script>alert(1)</script>' or 1=1 --`
    stage.simulator.buy({ lines: [{ item: shop.plain.item, quantity: 1 }], buyer })
    const { orders } = await stage.adapter.collectOrders(null)
    expect([orders[0]?.buyerName, orders[0]?.address?.name]).toEqual([buyer, buyer])
  }))

tokenIsAskedForOnce('cafe24', scene)
