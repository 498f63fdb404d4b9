import { describe, expect, test } from 'vitest'
import { openMarketplace } from '../../server/adapters/marketplaces/index.ts'
import type { Account } from '../../server/modules/channels/adapter.ts'
import type { Marketplace } from '../../simulators/marketplace.ts'
import { createNaver, type Naver, type NaverOptions, TEST_NAVER_CREDENTIALS } from '../../simulators/naver/index.ts'
import { tokenIsAskedForOnce } from './again-rules.ts'
import { tellsAnInvoiceOfOthers } from './shipping-rules.ts'
import { onStage } from './shop.ts'
import type { Scene } from './stage.ts'
import { adapterKeepsTheRules } from './suite.ts'

const asNaver = (marketplace: Marketplace) => marketplace as Naver
const PLENTY = { ratePerSecond: 100_000 }

const scene: Scene = {
  open: openMarketplace.naver,
  createMarketplace: (pace) => createNaver(pace ? {} : { limits: PLENTY }),
  account: (url) => ({
    baseUrl: `${url}/external`,
    credentials: { ...TEST_NAVER_CREDENTIALS },
    settings: { timeoutMs: 400 },
  }),
  wrongCredentials: { ...TEST_NAVER_CREDENTIALS, clientSecret: '$2a$04$wrongwrongwrongwrongwr' },
  isWrite: ({ method, url }) =>
    method === 'PUT' || method === 'PATCH' || /\/(confirm|dispatch|approve|reject|request)$/.test(url),
  isSpoilt: ({ url }) => !url.includes('oauth2'),
  overBudget: (marketplace) => marketplace.doors.calls().reduce((sum, { refused }) => sum + refused, 0),
  buyers: {
    asks: ['cancel', 'return', 'exchange'],
    takesBack: ['cancel', 'return', 'exchange'],
    ask: ({ marketplace, simulator }, kind, lineKey, quantity) => {
      if (kind === 'exchange') asNaver(marketplace).afterwards.exchange(lineKey, quantity, simulator.now())
      else simulator.cancel(lineKey, quantity)
    },
    takeBack: ({ marketplace, simulator }, { lines }) =>
      void asNaver(marketplace).afterwards.takeBack(lines[0]!.lineKey, simulator.now()),
    getParcels: ({ marketplace, simulator }, lineKeys) => {
      // Twice: what is delivered already may have another parcel under way in exchange.
      for (const key of [...lineKeys, ...lineKeys]) asNaver(marketplace).afterwards.deliver(key, simulator.now())
    },
    sendBack: ({ marketplace, simulator }, { lines }) =>
      void asNaver(marketplace).afterwards.bringBack(lines[0]!.lineKey, simulator.now()),
    toldWithin: 1,
    breakRow: (body, claimKey) =>
      body.replace(new RegExp(`("claimId":"${claimKey}","claimStatus":)"\\w+"`), '$1"SOMETHING_NEW"'),
  },
}

/** What the contract leaves open, first as it is likelier, then all of it the other way, with the settings that say so. */
const VARIANTS: readonly [name: string, options: NaverOptions, settings: Account['settings']][] = [
  ['as the contract is read', {}, {}],
  [
    'the other way',
    {
      takesStockAt: 'order',
      paymentDelayMs: 0,
      restockOnCancel: false,
      restockOnReturn: true,
      unlistedOptionRows: 'zeroed',
      restockReopens: false,
      writeAnswers: 'stored',
      soldOutCancel: 'empties',
      sellerCancel: 'wants_approval',
      exchangeCollect: 'completes',
      endedClaims: 'current_too',
      timesToCome: 'null',
    },
    {
      stockTakenAt: 'order',
      optionRows: 'all',
      writeAnswers: 'stored',
      soldOutCancels: 'sold_out',
      sellerCancels: 'wants_approval',
    },
  ],
]

for (const [name, options, settings] of VARIANTS) {
  describe(name, () =>
    adapterKeepsTheRules('naver', {
      ...scene,
      createMarketplace: (pace) => createNaver({ ...options, ...(pace ? {} : { limits: PLENTY }) }),
      account: (url) => ({ ...scene.account(url), settings: { ...scene.account(url).settings, ...settings } }),
    }),
  )
}

test('naver: setting one option leaves the others, the surcharge and the sale price as they were', () =>
  onStage(scene, async (stage, shop) => {
    const [first, second] = shop.options
    await stage.adapter.setStock(first!.unit, [{ item: first!.item, quantity: 3 }])
    expect(shop.stockOf(second!.item)).toBe(second!.stock)
    stage.simulator.buy({ lines: [{ item: first!.item, quantity: 1 }], buyer: '김하나' })
    const { orders } = await stage.adapter.collectOrders(null)
    expect(orders[0]?.lines[0]?.unitPrice).toBe(10_500)
  }))

test('naver: with optionRows "all" every row is sent, the others with the number just read', () =>
  onStage(scene, async (stage, shop) => {
    const [first, second] = shop.options
    const adapter = stage.another({ settings: { ...stage.account.settings, optionRows: 'all' } })
    await adapter.setStock(first!.unit, [{ item: first!.item, quantity: 3 }])
    const body = JSON.parse(new TextDecoder().decode(stage.sent.at(-1)!.body!))
    expect(body.optionInfo.optionCombinations).toEqual([
      { id: Number(first!.item), stockQuantity: 3, price: 500, usable: true },
      { id: Number(second!.item), stockQuantity: second!.stock, price: 0, usable: true },
    ])
    expect(shop.stockOf(second!.item)).toBe(second!.stock)
  }))

test('naver: the answer of a write is no observation, because it may be our own request said back', () =>
  onStage(scene, async (stage, shop) => {
    const [first] = shop.options
    stage.simulator.setFaults({ lostWrite: 1 })
    expect(await stage.adapter.setStock(first!.unit, [{ item: first!.item, quantity: 3 }])).toBeNull()
    expect((await stage.adapter.readStock(first!.unit)).items[0]?.quantity).toBe(first!.stock)
  }))

test('naver: a sold-out product is on sale again once its stock is raised, also where raising alone does not do it', () =>
  onStage(
    { ...scene, createMarketplace: () => createNaver({ limits: PLENTY, restockReopens: false }) },
    async (stage, shop) => {
      const { unit, item } = shop.plain
      await stage.adapter.setStock(unit, [{ item, quantity: 0 }])
      await stage.adapter.setStock(unit, [{ item, quantity: 2 }])
      expect((await stage.adapter.readStock(unit)).items).toEqual([
        { item, quantity: 2, onSale: true, sellerCode: shop.plain.sellerCode },
      ])
    },
  ))

test('naver: a token that died is asked for once more and the call repeated once; a second death at once is signed_out', () =>
  onStage(scene, async (stage, shop) => {
    const { signOutEverybody } = stage.marketplace as ReturnType<typeof createNaver>
    const tokensAsked = () => stage.sent.filter(({ url }) => url.includes('oauth2')).length
    await stage.adapter.readStock(shop.plain.unit)
    signOutEverybody()
    await stage.adapter.readStock(shop.plain.unit)
    expect([tokensAsked(), stage.sent.length]).toEqual([2, 5])
    signOutEverybody()
    await expect(stage.adapter.readStock(shop.plain.unit)).rejects.toMatchObject({ code: 'signed_out' })
    expect([tokensAsked(), stage.sent.length]).toEqual([2, 6])
  }))

tellsAnInvoiceOfOthers('naver', scene)

tokenIsAskedForOnce('naver', scene)
