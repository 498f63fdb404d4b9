import { describe, expect, test } from 'vitest'
import { openMarketplace } from '../../server/adapters/marketplaces/index.ts'
import type { Account } from '../../server/modules/channels/adapter.ts'
import {
  type Coupang,
  type CoupangSwitches,
  createCoupang,
  TEST_COUPANG_CREDENTIALS,
} from '../../simulators/coupang/index.ts'
import type { Marketplace } from '../../simulators/marketplace.ts'
import { answerTo, askedFor, parcelOf } from './claims-told.ts'
import { tellsAnInvoiceOfOthers } from './shipping-rules.ts'
import { linesOf, onStage } from './shop.ts'
import type { Scene } from './stage.ts'
import { adapterKeepsTheRules } from './suite.ts'

const asCoupang = (marketplace: Marketplace) => marketplace as Coupang

const scene: Scene = {
  open: openMarketplace.coupang,
  createMarketplace: (pace) => createCoupang({ switches: { limits: pace ? 'on' : 'off' } }),
  account: (url) => ({
    baseUrl: url,
    credentials: { ...TEST_COUPANG_CREDENTIALS, wingId: 'pretend-wing' },
    settings: { timeoutMs: 400, slowEvery: 1 },
  }),
  wrongCredentials: { ...TEST_COUPANG_CREDENTIALS, secretKey: 'somebody-else' },
  isWrite: ({ method }) => method !== 'GET',
  isSpoilt: () => true,
  overBudget: (marketplace) =>
    marketplace.doors.calls().find(({ bucket }) => bucket === 'vendor')?.refused ?? Number.NaN,
  buyers: {
    asks: ['cancel', 'return', 'exchange'],
    takesBack: ['cancel', 'return', 'exchange'],
    ask: ({ marketplace, simulator }, kind, lineKey, quantity) => {
      if (kind === 'exchange') asCoupang(marketplace).afterwards.exchange(lineKey, quantity, simulator.now())
      else simulator.cancel(lineKey, quantity)
    },
    takeBack: ({ marketplace, simulator }, { lines }) =>
      void asCoupang(marketplace).afterwards.takeBack(lines[0]!.lineKey, simulator.now()),
    getParcels: ({ marketplace, simulator }, lineKeys) => {
      for (const key of lineKeys) asCoupang(marketplace).afterwards.deliver(key, simulator.now())
    },
    // The seller says so, not the marketplace.
    sendBack: () => {},
    // Sixteen lists on the slow turn, those of exchanges four pages each.
    toldWithin: 33,
    breakRow: (body, claimKey) =>
      body.replace(
        new RegExp(
          `("(?:receiptId|exchangeId)":${claimKey.replace('X', '')},[^{}]*?"(?:receipt|exchange)Status":)"\\w+"`,
        ),
        '$1"SOMETHING_NEW"',
      ),
  },
}

/** What the contract leaves open, first as it is likelier, then all of it the other way, with the settings that say so. */
const VARIANTS: readonly [name: string, switches: Partial<CoupangSwitches>, settings: Account['settings']][] = [
  ['as the contract is read', {}, {}],
  [
    'the other way',
    {
      restockOnCancel: false,
      splitBoxes: 1,
      stopKeepsStock: false,
      withdrawnReceipts: 'stay',
      exchangeStatus: 'required',
    },
    { saleStops: false, othersAcknowledge: true },
  ],
]

for (const [name, switches, settings] of VARIANTS) {
  describe(name, () =>
    adapterKeepsTheRules('coupang', {
      ...scene,
      createMarketplace: (pace) => createCoupang({ switches: { ...switches, limits: pace ? 'on' : 'off' } }),
      account: (url) => ({ ...scene.account(url), settings: { ...scene.account(url).settings, ...settings } }),
    }),
  )
}

test('coupang: box numbers beyond 2^53 go out with the digits they came with', () =>
  onStage(scene, async (stage, shop) => {
    stage.simulator.buy({ lines: [{ item: shop.plain.item, quantity: 1 }], buyer: '김하나' })
    const [line] = linesOf(await stage.adapter.collectOrders(null))
    expect(Number.isSafeInteger(Number(line!.actionKey))).toBe(false)
    await stage.adapter.acknowledge([line!.actionKey])
    expect(new TextDecoder().decode(stage.sent.at(-1)!.body!)).toContain(`"shipmentBoxIds":[${line!.actionKey}]`)
  }))

test('coupang: an order acknowledged by hand before we saw it is told all the same', () =>
  onStage(scene, async (stage, shop) => {
    const { next } = await stage.adapter.collectOrders(null)
    const sale = stage.simulator.buy({ lines: [{ item: shop.plain.item, quantity: 1 }], buyer: '김하나' })
    const [line] = linesOf(await stage.another().collectOrders(null))
    await stage.another().acknowledge([line!.actionKey])
    const lines = linesOf(await stage.adapter.collectOrders(next))
    expect(lines.map(({ lineKey, state }) => [lineKey, state])).toEqual([
      [sale.kind === 'sold' && sale.lineKeys[0], 'acknowledged'],
    ])
  }))

test('coupang: in time the slow look tells what changed long after the order was made', () =>
  onStage(scene, async (stage, shop) => {
    stage.simulator.buy({ lines: [{ item: shop.plain.item, quantity: 1 }], buyer: '김하나' })
    let collected = await stage.another().collectOrders(null)
    const [line] = linesOf(collected)
    await stage.another().acknowledge([line!.actionKey])
    await stage.another().ship([parcelOf(line!, collected.orders[0]!.externalId)])
    const adapter = stage.another({ settings: { ...stage.account.settings, slowEvery: 1 } })
    const states = new Set<string>()
    for (let round = 0; round < 8; round++) {
      collected = await adapter.collectOrders(collected.next)
      for (const { state } of linesOf(collected)) states.add(state)
    }
    expect([...states]).toContain('shipped')
  }))

test('coupang: an acknowledgement that shows only later is in doubt when repeated, not refused', () =>
  onStage(
    {
      ...scene,
      createMarketplace: () =>
        createCoupang({ switches: { limits: 'off', acknowledgeDelayMs: [1_800_000, 1_800_000] } }),
    },
    async (stage, shop) => {
      stage.simulator.buy({ lines: [{ item: shop.plain.item, quantity: 1 }], buyer: '김하나' })
      const [line] = linesOf(await stage.adapter.collectOrders(null))
      const outcomes = async () => (await stage.adapter.acknowledge([line!.actionKey])).map(({ outcome }) => outcome)
      expect([await outcomes(), await outcomes()]).toEqual([['done'], ['unknown']])
    },
  ))

test('coupang: a stop request of an order made long ago is told within minutes of being asked for', () =>
  onStage(scene, async (stage, shop) => {
    const adapter = stage.another({ settings: { ...stage.account.settings, slowEvery: 1_000_000, overlapMs: 1 } })
    stage.simulator.buy({ lines: [{ item: shop.plain.item, quantity: 1 }], buyer: '김하나' })
    const first = await adapter.collectOrders(null)
    const [line] = linesOf(first)
    await adapter.acknowledge([line!.actionKey])
    stage.simulator.cancel(line!.lineKey, null)
    const { claims } = await adapter.collectOrders(first.next)
    expect(claims).toMatchObject([{ kind: 'cancel', state: 'requested', lines: [{ lineKey: line!.lineKey }] }])
  }))

test('coupang: what became of a receipt that is in no window any more is asked for by its number', () =>
  onStage(scene, async (stage, shop) => {
    stage.simulator.buy({ lines: [{ item: shop.plain.item, quantity: 1 }], buyer: '김하나' })
    let collected = await stage.adapter.collectOrders(null)
    const [line] = linesOf(collected)
    await stage.adapter.acknowledge([line!.actionKey])
    stage.simulator.cancel(line!.lineKey, null)
    collected = await stage.adapter.collectOrders(collected.next)
    const [claim] = collected.claims
    await stage.another().answerClaims([answerTo(claim!, 'approve')])
    // By another process, whose slow turn reads prepared orders and not what is done.
    const { claims } = await stage.another().collectOrders({ ...collected.next, slowList: 1, slowToken: '' })
    expect(claims).toMatchObject([{ claimKey: claim!.claimKey, state: 'done' }])
    expect(stage.sent.filter(({ url }) => url.endsWith(`/returnRequests/${claim!.claimKey}`))).toHaveLength(1)
  }))

test('coupang: a line whose stop request was taken back is told as wanted, though no list shows the order now', () =>
  onStage(scene, async (stage, shop) => {
    const settings = { ...stage.account.settings, othersAcknowledge: false }
    stage.simulator.buy({ lines: [{ item: shop.plain.item, quantity: 1 }], buyer: '김하나' })
    let collected = await stage.another({ settings }).collectOrders(null)
    const [line] = linesOf(collected)
    await stage.another().acknowledge([line!.actionKey])
    stage.simulator.cancel(line!.lineKey, null)
    collected = await stage.another({ settings }).collectOrders(collected.next)
    expect(linesOf(collected)).toMatchObject([{ cancelRequested: true }])
    asCoupang(stage.marketplace).afterwards.takeBack(line!.lineKey, stage.simulator.now())
    const withdrawals = { slowList: 2, slowToken: '' }
    const later = await stage.another({ settings }).collectOrders({ ...collected.next, ...withdrawals })
    expect(later.claims).toMatchObject([{ state: 'withdrawn' }])
    expect(linesOf(later)).toMatchObject([{ lineKey: line!.lineKey, state: 'acknowledged', cancelRequested: false }])
  }))

test('coupang: a block that comes again is waited out longer', () =>
  onStage(scene, async (stage, shop) => {
    stage.simulator.setFaults({ rateLimitedUntil: stage.simulator.now() + 60_000 })
    for (let call = 0; call < 3; call++) await stage.adapter.readStock(shop.plain.unit).catch(() => {})
    expect(stage.learned.map(({ pauseMs }) => pauseMs)).toEqual([60_000, 120_000, 240_000])
  }))

tellsAnInvoiceOfOthers('coupang', scene)

test('coupang: an answer that comes out of turn is refused, and is not taken for one given before', () =>
  onStage(scene, async (stage, shop) => {
    const { claim } = await askedFor(scene, stage, shop, 'return')
    expect(await stage.adapter.answerClaims([answerTo(claim, 'approve')])).toMatchObject([{ outcome: 'refused' }])
    const { claim: stop } = await askedFor(scene, stage, shop, 'cancel')
    await stage.adapter.answerClaims([answerTo(stop, 'approve')])
    expect(await stage.adapter.answerClaims([answerTo(stop, 'refuse')])).toMatchObject([{ outcome: 'refused' }])
  }))
