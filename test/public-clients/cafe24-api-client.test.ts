/** `cafe24-api-client`, as it is on the registry, against the simulator. Its calls are generated from the marketplace's own documents. */
import { createRequire } from 'node:module'
import { afterEach, expect, test } from 'vitest'
import { aroundToday, clientId, clientSecret, FIRST_REFRESH_TOKEN, type Mall, mallId, openMall } from './mall.ts'

type Package = typeof import('cafe24-api-client', { with: { 'resolution-mode': 'require' }})
// It is CommonJS, and its default export another thing for each who imports that; required it is what its authors wrote.
const { default: api } = createRequire(import.meta.url)('cafe24-api-client') as Package

let mall: Mall
let client: InstanceType<typeof api.admin.Client>
afterEach(() => mall.close())

const refresh = (refreshToken: string) =>
  client.authentication.getAccessTokenUsingRefreshToken({ clientId, clientSecret, refreshToken })

async function start(): Promise<{ refreshToken: string }> {
  mall = await openMall()
  client = new api.admin.Client({ mallId })
  const { accessToken, refreshToken } = await refresh(FIRST_REFRESH_TOKEN)
  client.setAccessToken(accessToken)
  return { refreshToken }
}

/** Sells two, and says under which codes. */
async function sold(): Promise<{ orderId: string; codes: string[] }> {
  const { orderId } = await mall.buy(mall.variant, 2)
  const { items } = await client.ordersitems.retrieveAListOfOrderItems({ orderId })
  return { orderId, codes: items.map(({ orderItemCode }) => orderItemCode) }
}

const lastLine = async () => (await mall.truth()).lines.at(-1)!

test('a token that expired is told as such, and the refresh token it came with gets a new one, once', async () => {
  const { refreshToken } = await start()
  await mall.setFaults({ clockSkewMs: mall.cafe24.switches.accessLifeMs })
  const expired = { status: 401, message: 'access_token time expired.' }
  await expect(client.products.retrieveACountOfProducts({})).rejects.toMatchObject(expired)
  client.setAccessToken((await refresh(refreshToken)).accessToken)
  expect(await client.products.retrieveACountOfProducts({})).toEqual({ count: 2 })
  await expect(refresh(refreshToken)).rejects.toMatchObject({ status: 400 })
})

test('it reads products with their variants, in pages, as the marketplace has them', async () => {
  await start()
  await mall.buy(mall.items[2].item, 7)
  const pages = await Promise.all(
    [0, 1].map((offset) => client.products.retrieveAListOfProducts({ limit: 1, offset }, { embed: ['variants'] })),
  )
  const shown = pages.flatMap(({ products }) =>
    (products as unknown as { productNo: number; variants: { variantCode: string; quantity: number }[] }[]).flatMap(
      ({ productNo, variants }) => variants.map((row) => [String(productNo), row.variantCode, row.quantity]),
    ),
  )
  expect(shown.toSorted()).toEqual((await mall.truth()).items.map(({ unit, item, stock }) => [unit, item, stock]))
})

test('the stock it writes is the stock that is sold from, and the stock it reads', async () => {
  await start()
  const at = { productNo: mall.unit, variantCode: mall.variant }
  await client.productsvariantsinventories.updateAProductVariantInventory({ ...at, quantity: 3 })
  expect(await mall.stockOf(mall.variant)).toBe(3)
  await mall.buy(mall.variant, 2)
  const read = await client.productsvariantsinventories.retrieveInventoryDetailsOfAProductVariant(at)
  expect(read.inventory).toMatchObject({ variantCode: mall.variant, quantity: 1, useInventory: 'T' })
  await client.productsvariants.updateAProductVariant({ ...at, quantity: 5 })
  expect(await mall.stockOf(mall.variant)).toBe(5)
})

test('a write to what does not exist is a 404, a number that is none a 422, and neither changes anything', async () => {
  await start()
  const write = (variantCode: string, quantity: number) =>
    client.productsvariantsinventories.updateAProductVariantInventory({ productNo: mall.unit, variantCode, quantity })
  const before = (await mall.truth()).items
  await expect(write('P000000Z000Z', 3)).rejects.toMatchObject({ status: 404, message: 'The variant does not exist' })
  await expect(write(mall.variant, -1)).rejects.toMatchObject({ status: 422 })
  await expect(client.orders.retrieveAnOrder({ orderId: '20260101-0000001' })).rejects.toMatchObject({ status: 404 })
  expect((await mall.truth()).items).toEqual(before)
})

test('it finds an order by its day and reads what was bought', async () => {
  await start()
  const { orderId, codes } = await sold()
  const { from: startDate, to: endDate } = aroundToday()
  const { orders } = await client.orders.retrieveAListOfOrders({ startDate, endDate }, { embed: ['items'] })
  expect(orders).toMatchObject([
    { orderId, paid: 'T', items: [{ orderItemCode: codes[0], variantCode: mall.variant, quantity: 2 }] },
  ])
  const { soldAt } = await lastLine()
  const { order } = await client.orders.retrieveAnOrder({ orderId }, { embed: ['receivers'] })
  expect(Date.parse(order.orderDate)).toBe(Math.floor(soldAt / 1000) * 1000) // whole seconds
})

test('it prepares an order, ships it with the number it has, and corrects the number', async () => {
  await start()
  const { orderId, codes } = await sold()
  await client.orders.updateAnOrderStatus({ orderId, processStatus: 'prepare' })
  expect(await lastLine()).toMatchObject({ state: 'N20', acknowledged: true, invoice: '' })
  const label = { trackingNo: '012345678901', shippingCompanyCode: '0006' }
  const { shipments } = await client.ordersshipments.createAnOrderShippingInformation({
    ...{ orderId, orderItemCode: codes, status: 'shipping' },
    ...label,
  })
  expect(shipments).toMatchObject([{ orderId, ...label, orderItemCode: codes }])
  expect(await lastLine()).toMatchObject({ state: 'N30', invoice: '012345678901' })
  const { shippingCode } = shipments[0]!
  await client.ordersshipments.updateAnOrderShipping({ orderId, shippingCode, ...label, trackingNo: '012345678902' })
  expect(await lastLine()).toMatchObject({ state: 'N30', invoice: '012345678902' })
})

test('what it cancels is cancelled and back on the shelf', async () => {
  await start()
  const { orderId, codes } = await sold()
  const { cancellation } = await client.orderscancellation.createAnOrderCancellation({
    ...{ orderId, status: 'canceled', recoverInventory: 'T', claimReasonType: 'H' },
    items: [{ orderItemCode: codes[0], quantity: 2 }] as never, // the client's types make one object of the list
  })
  expect(cancellation).toMatchObject({ orderId, status: 'canceled' })
  expect([(await lastLine()).cancelled, await mall.stockOf(mall.variant)]).toEqual([2, 10])
})
