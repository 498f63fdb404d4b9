/** `cafe24-api-typescript`, as it is on the registry, against the simulator: it renews its token by itself on a 401. */
import { Cafe24API } from 'cafe24-api-typescript'
import { afterEach, expect, test } from 'vitest'
import { aroundToday, clientId, clientSecret, FIRST_REFRESH_TOKEN, type Mall, mallId, openMall } from './mall.ts'

let mall: Mall
let client: Cafe24API
afterEach(() => mall.close())

/** `stored` are handed out first, as from somebody's database; then tokens are renewed, and kept. */
async function start(stored: string[] = []): Promise<void> {
  mall = await openMall()
  let refreshToken = FIRST_REFRESH_TOKEN
  let kept: string | null = null
  const getAccessToken = async () => {
    const old = stored.shift()
    if (old !== undefined) return old
    if (kept === null) {
      const answer = await client.oAuth.refreshToken(refreshToken)
      kept = answer.access_token
      refreshToken = answer.refresh_token
    }
    return kept
  }
  client = new Cafe24API({ mallId, clientId, clientSecret, apiVersion: '2026-03-01', getAccessToken })
}

const window = () => {
  const { from, to } = aroundToday()
  return { start_date: from, end_date: to }
}

/** What was bought last, as it stands in the truth. */
const lastLine = async () => (await mall.truth()).lines.at(-1)!

test('a first call renews the token, and a token that is not good is renewed in the middle of a call', async () => {
  await start(['stale'])
  expect(await client.products.retrieveACountOfProducts({})).toBe(2)
  const calls = Object.fromEntries((await mall.calls()).map(({ bucket, taken, refused }) => [bucket, [taken, refused]]))
  expect(calls).toMatchObject({ unauthorized: [0, 1], oauth: [1, 0], 'GET products/count': [1, 0] })
})

test('a refresh token works once', async () => {
  await start()
  await client.oAuth.refreshToken(FIRST_REFRESH_TOKEN)
  await expect(client.oAuth.refreshToken(FIRST_REFRESH_TOKEN)).rejects.toMatchObject({
    response: { status: 400, data: { error: 'invalid_grant' } },
  })
})

test('it reads products and the stock of their variants as the marketplace has them', async () => {
  await start()
  await mall.buy(mall.variant, 3)
  const products = await client.products.retrieveAListOfProducts({ limit: 10, embed: ['variants'] })
  const shown = products.flatMap(({ product_no: no, variants }) =>
    (variants as { variant_code: string; quantity: number }[]).map((row) => [`${no}`, row.variant_code, row.quantity]),
  )
  const { items } = await mall.truth()
  expect(shown).toEqual(items.map(({ unit, item, stock }) => [unit, item, stock]))
  expect(await client.products.retrieveAProductResource(mall.unit)).toMatchObject({
    product_no: mall.unit,
    selling: 'T',
  })
  const variants = await client.productsVariants.retrieveAListOfProductVariants(mall.unit)
  expect(variants).toMatchObject([{ quantity: 7, custom_variant_code: 'BRK-1' }, { quantity: 4 }])
})

test('it finds orders by their days, with items and receivers, and one by its id', async () => {
  await start()
  const first = await mall.buy(mall.variant, 2)
  const second = await mall.buy(mall.items[2].item, 1)
  const orders = await client.orders.retrieveAListOfOrders({ ...window(), embed: ['items', 'receivers'] })
  expect(orders.map(({ order_id: id }) => id)).toEqual([second.orderId, first.orderId]) // newest first
  expect(orders[1]).toMatchObject({ paid: 'T', canceled: 'F', receivers: [{ name: expect.stringMatching(/./) }] })
  expect(await client.orders.retrieveACountOfOrders(window())).toBe(2)
  expect(await client.orders.retrieveAnOrder(first.orderId)).toMatchObject({ order_id: first.orderId })
  const items = await client.ordersItems.retrieveAListOfOrderItems(first.orderId)
  expect(items).toMatchObject([
    { order_item_code: first.lineKeys[0], variant_code: mall.variant, quantity: 2, order_status: 'N10' },
  ])
})

test('it moves an order on and back, alone or among many', async () => {
  await start()
  const { orderId, lineKeys } = await mall.buy(mall.variant, 1)
  // Its types call the one request `requests`; its code sends what it is given.
  const body = { request: { process_status: 'prepare', order_item_code: lineKeys } }
  await client.orders.updateAnOrderStatus(orderId, body as never)
  expect(await lastLine()).toMatchObject({ orderId, state: 'N20', acknowledged: true })
  await client.orders.updateStatusForMultipleOrders({
    requests: [{ process_status: 'prepareproduct', order_id: orderId, order_item_code: lineKeys }],
  })
  expect(await lastLine()).toMatchObject({ orderId, state: 'N10' })
})

test('what it cancels for the seller is cancelled by the unit, and back on the shelf only where it says so', async () => {
  await start()
  const { orderId, lineKeys } = await mall.buy(mall.variant, 3)
  const cancel = (recover_inventory: 'T' | 'F') =>
    client.ordersCancellation.createAnOrderCancellation(orderId, {
      request: { status: 'canceled', recover_inventory, items: [{ order_item_code: lineKeys[0]!, quantity: 1 }] },
    })
  expect(await cancel('F')).toMatchObject({ order_id: orderId, claim_code: expect.stringMatching(/^C\d{8}-\d{7}$/) })
  expect([(await lastLine()).cancelled, await mall.stockOf(mall.variant)]).toEqual([1, 7])
  await cancel('T')
  expect([(await lastLine()).cancelled, await mall.stockOf(mall.variant)]).toEqual([2, 8])
})

test('what does not exist is told in the marketplace’s words', async () => {
  await start()
  await expect(client.products.retrieveAProductResource(999)).rejects.toThrow('The product does not exist')
  await expect(client.ordersItems.retrieveAListOfOrderItems('20260101-0000001')).rejects.toThrow('does not exist')
})

test('its list of stock writes stands under `request`, where the documents want `requests`: refused, and nothing changed', async () => {
  await start()
  const write = client.productsVariants.updateMultipleProductVariants(mall.unit, [
    { variant_code: mall.variant, quantity: 3 },
  ])
  await expect(write).rejects.toThrow('Please enter the Request parameter.')
  expect(await mall.stockOf(mall.variant)).toBe(10)
})

test('too many calls at once are refused in a way it knows: it waits and asks again', async () => {
  await start()
  mall.cafe24.switches.bucketSize = 4
  mall.cafe24.switches.bucketDrainPerSecond = 20
  await client.products.retrieveACountOfProducts({})
  const counts = await Promise.all(Array.from({ length: 8 }, () => client.products.retrieveACountOfProducts({})))
  expect(counts).toEqual(Array.from({ length: 8 }, () => 2))
  const calls = (await mall.calls()).find(({ bucket }) => bucket === 'GET products/count')!
  expect(calls.refused).toBeGreaterThan(0)
})
