/**
 * `@ingestkorea/client-naver-commerce`, as it is on the registry, against the simulator. It signs, asks, reads and repeats by
 * itself. It knows neither 발주확인 nor stock writes; what a story needs of them is sent here, with the client's own token.
 */
import {
  CreateAccessTokenCommand,
  DispatchProductOrdersCommand,
  GetAccountInfoCommand,
  GetProductOrdersCommand,
  ListChangedOrderStatusesCommand,
  ListProductsCommand,
  NaverCommerceClient,
} from '@ingestkorea/client-naver-commerce'
import { afterEach, expect, test } from 'vitest'
import { createNaver, type Naver, type NaverOptions, TEST_NAVER_CREDENTIALS } from '../../simulators/naver/index.ts'
import { type Pretend, pretendToBe } from './pretend.ts'

const { clientId: appId, clientSecret: appSecret, accountId } = TEST_NAVER_CREDENTIALS

type Open = Pretend & {
  naver: Naver
  /** With a token it has asked for itself. */
  signIn(): Promise<{ client: NaverCommerceClient; accessToken: string }>
}

let open: Open | null = null
afterEach(async () => {
  await open?.close()
  open = null
})

async function start(options: NaverOptions = {}): Promise<Open> {
  const naver = createNaver(options)
  const pretend = await pretendToBe('api.commerce.naver.com', naver)
  const signIn = async () => {
    const token = await new NaverCommerceClient({ credentials: { appId, appSecret } }).send(
      new CreateAccessTokenCommand({}),
    )
    const accessToken = token.access_token
    return { client: new NaverCommerceClient({ credentials: { appId, appSecret, accessToken } }), accessToken }
  }
  open = { ...pretend, naver, signIn }
  return open
}

/** One line bought and acknowledged. */
async function sold(on: Open, { accessToken }: { accessToken: string }): Promise<string> {
  const { lineKeys } = await on.buy(on.items[0].item, 2)
  const answer = await fetch(`${on.url}/external/v1/pay-order/seller/product-orders/confirm`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ productOrderIds: lineKeys }),
  })
  expect(answer.status).toBe(200)
  return lineKeys[0]!
}

/** The client asks for no time to come, and the feed is read to a millisecond of the past. */
const untilNow = () => {
  const to = Date.now()
  return { lastChangedFrom: new Date(to - 60_000).toISOString(), lastChangedTo: new Date(to).toISOString() }
}

test('it signs with a bcrypt of its own, and its token opens the account', async () => {
  const on = await start()
  const { client } = await on.signIn()
  expect(await client.send(new GetAccountInfoCommand({}))).toMatchObject({ accountId, grade: 'NORMAL' })
})

test('a wrong secret is told by the field that is wrong', async () => {
  await start()
  const stranger = new NaverCommerceClient({ credentials: { appId, appSecret: '$2a$04$wrongwrongwrongwrongwr' } })
  await expect(stranger.send(new CreateAccessTokenCommand({}))).rejects.toMatchObject({
    name: 'NaverCommerceError',
    code: 'BAD_REQUEST',
    invalidInputs: [{ name: 'client_secret_sign' }],
  })
})

test('it reads the stock of every product as the marketplace has it', async () => {
  const on = await start()
  const { client } = await on.signIn()
  await on.buy(on.items[1].item, 3)
  const { contents, totalElements } = await client.send(new ListProductsCommand({}))
  const shown = contents.map(({ originProductNo, channelProducts: [product] }) => [
    String(originProductNo),
    product!.stockQuantity,
  ])
  const { items } = await on.truth()
  const inTruth = Map.groupBy(items, ({ unit }) => unit)
  expect(shown).toEqual([...inTruth].map(([unit, rows]) => [unit, rows.reduce((sum, { stock }) => sum + stock, 0)]))
  expect(totalElements).toBe(2)
})

test('it lists what is on sale, and what was taken off sale no longer', async () => {
  const on = await start()
  const { client } = await on.signIn()
  await on.buy(on.items[2].item, on.items[2].stock)
  const { contents } = await client.send(new ListProductsCommand({}))
  expect(contents.map(({ originProductNo }) => String(originProductNo))).toEqual([on.items[0].unit])
})

test('its feed tells every order of the window with its times', async () => {
  const on = await start()
  const { client } = await on.signIn()
  const sales = [await on.buy(on.items[0].item, 1), await on.buy(on.items[2].item, 2)]
  const { data } = await client.send(new ListChangedOrderStatusesCommand(untilNow()))
  const { lines } = await on.truth()
  expect(data.lastChangeStatuses).toMatchObject(
    lines.map(({ orderId, lineKey, soldAt }) => ({
      orderId,
      productOrderId: lineKey,
      lastChangedType: 'PAYED',
      productOrderStatus: 'PAYED',
      paymentDate: new Date(soldAt).toISOString(),
      lastChangedDate: new Date(soldAt).toISOString(),
    })),
  )
  expect(data.lastChangeStatuses.map(({ orderId }) => orderId)).toEqual(sales.map(({ orderId }) => orderId))
})

test.each(['left_out', 'null'] as const)(
  'it reads an acknowledged order, whether times to come are %s',
  async (how) => {
    const on = await start({ timesToCome: how })
    const signedIn = await on.signIn()
    const key = await sold(on, signedIn)
    const { data } = await signedIn.client.send(new GetProductOrdersCommand({ productOrderIds: [key, '1'] }))
    const [line] = (await on.truth()).lines
    expect(data).toHaveLength(1) // an unknown id is left out without a word
    expect(data[0]).toMatchObject({
      order: { orderId: line!.orderId, ordererName: '홍길동' },
      productOrder: {
        productOrderId: key,
        productOrderStatus: 'PAYED',
        placeOrderStatus: 'OK',
        optionCode: line!.item,
        originalProductId: on.items[0].unit,
        quantity: 2,
        totalPaymentAmount: 60_000,
      },
    })
  },
)

test('an order nobody acknowledged it reads where times to come are null', async () => {
  const on = await start({ timesToCome: 'null' })
  const { client } = await on.signIn()
  const { lineKeys } = await on.buy(on.items[2].item, 1)
  const { data } = await client.send(new GetProductOrdersCommand({ productOrderIds: lineKeys }))
  expect(data).toMatchObject([{ productOrder: { productOrderId: lineKeys[0], placeOrderStatus: 'NOT_YET' } }])
})

test('where they are left out it cannot: it makes a date of the field that is not there', async () => {
  const on = await start({ timesToCome: 'left_out' })
  const { client } = await on.signIn()
  const { lineKeys } = await on.buy(on.items[2].item, 1)
  await expect(client.send(new GetProductOrdersCommand({ productOrderIds: lineKeys }))).rejects.toMatchObject({
    code: 'SDK.UNKNOWN_ERROR',
    message: 'Invalid time value',
  })
})

test('what it dispatches is on its way, in the truth, in the feed and in the detail', async () => {
  const on = await start({ timesToCome: 'null' })
  const signedIn = await on.signIn()
  const { client } = signedIn
  const key = await sold(on, signedIn)
  const dispatchDate = new Date(Date.now() - 1_000).toISOString()
  const row = { productOrderId: key, deliveryMethod: 'DIRECT_DELIVERY', dispatchDate } as const
  const { data } = await client.send(new DispatchProductOrdersCommand({ dispatchProductOrders: [row] }))
  expect(data).toEqual({ successProductOrderIds: [key], failProductOrderInfos: [] })
  expect((await on.truth()).lines).toMatchObject([{ lineKey: key, state: 'DELIVERING', acknowledged: true }])
  const feed = await client.send(new ListChangedOrderStatusesCommand(untilNow()))
  expect(feed.data.lastChangeStatuses).toMatchObject([{ productOrderId: key, lastChangedType: 'DISPATCHED' }])
  const detail = await client.send(new GetProductOrdersCommand({ productOrderIds: [key] }))
  expect(detail.data[0]).toMatchObject({
    productOrder: { productOrderStatus: 'DELIVERING' },
    delivery: { deliveryMethod: 'DIRECT_DELIVERY', deliveryStatus: 'DELIVERING', sendDate: dispatchDate },
  })
})

test('a dispatch that cannot be is told line by line, and changes nothing', async () => {
  const on = await start()
  const signedIn = await on.signIn()
  const acknowledged = await sold(on, signedIn)
  const [paid] = (await on.buy(on.items[2].item, 1)).lineKeys
  const { data } = await signedIn.client.send(
    new DispatchProductOrdersCommand({
      dispatchProductOrders: [
        { productOrderId: acknowledged, deliveryMethod: 'DELIVERY' }, // the client cannot name a carrier
        { productOrderId: paid!, deliveryMethod: 'VISIT_RECEIPT' },
        { productOrderId: '1', deliveryMethod: 'VISIT_RECEIPT' },
      ],
    }),
  )
  expect(data.successProductOrderIds).toEqual([])
  expect(data.failProductOrderInfos.map(({ productOrderId, code }) => [productOrderId, code])).toEqual([
    [acknowledged, '104118'],
    [paid, '104443'],
    ['1', '100001'],
  ])
  expect((await on.truth()).lines.map(({ state }) => state)).toEqual(['PAYED', 'PAYED'])
})

test('a token that has died is told as such, and the next one works', async () => {
  const on = await start()
  const { client } = await on.signIn()
  on.naver.signOutEverybody()
  await expect(client.send(new GetAccountInfoCommand({}))).rejects.toMatchObject({ code: 'GW.AUTHN' })
  const { client: again } = await on.signIn()
  expect(await again.send(new GetAccountInfoCommand({}))).toMatchObject({ accountId })
})

test('a call beyond the budget is refused in a way it knows: it waits and asks again by itself', async () => {
  const on = await start()
  const { client } = await on.signIn()
  const asked = await Promise.all(Array.from({ length: 5 }, () => client.send(new GetAccountInfoCommand({}))))
  expect(asked.map(({ accountId: id }) => id)).toEqual(Array.from({ length: 5 }, () => accountId))
  const calls = (await on.calls()).find(({ bucket }) => bucket === 'GET /v1/seller/account')!
  expect(calls.refused).toBeGreaterThan(0)
  expect(asked.reduce((sum, { $metadata }) => sum + ($metadata.attempts ?? 0), 0)).toBe(calls.taken + calls.refused)
})
