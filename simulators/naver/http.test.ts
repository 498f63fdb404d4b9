import { afterEach, expect, test } from 'vitest'
import { type RunningSimulator, startSimulator } from '../shell.ts'
import { FORM, tokenForm } from './client-for-tests.ts'
import { createNaver, type NaverOptions } from './index.ts'

const open: RunningSimulator[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()))
})

async function started(options: NaverOptions = { limits: 'off' }) {
  const naver = createNaver(options)
  const simulator = await startSimulator(naver, { seed: 1 })
  open.push(simulator)
  const items = naver.doors.seedProducts(
    [
      {
        name: '엔진오일 5W-30',
        price: 30_000,
        options: [
          { optionName: '1L', sellerCode: 'OIL-1', stock: 10, surcharge: 0 },
          { optionName: '4L', sellerCode: 'OIL-4', stock: 3, surcharge: 25_000 },
        ],
      },
    ],
    simulator.now(),
  )
  const call = (method: string, path: string, body?: string, headers: Record<string, string> = {}, giveUpMs = 5000) =>
    fetch(`${simulator.url}/external${path}`, {
      method,
      headers,
      signal: AbortSignal.timeout(giveUpMs),
      ...(body === undefined ? {} : { body }),
    })
  const ask = (timestamp: number) => call('POST', '/v1/oauth2/token', tokenForm(timestamp), FORM)
  return { naver, simulator, items, call, ask }
}

async function signIn(on: Awaited<ReturnType<typeof started>>) {
  const answer = await on.ask(on.simulator.now())
  const { access_token: token } = (await answer.json()) as { access_token: string }
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
}

test('a signed token call over the wire opens the API', async () => {
  const on = await started()
  const headers = await signIn(on)
  const answer = await on.call('GET', `/v2/products/origin-products/${on.items[0]!.unit}`, undefined, headers)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ originProduct: { stockQuantity: 13 } })
})

test('a write that timed out after commit was committed', async () => {
  const on = await started()
  const headers = await signIn(on)
  on.simulator.setFaults({ timeoutAfterCommit: 1 })
  const { unit, item } = on.items[0]!
  const rows = [{ id: Number(item), stockQuantity: 2, price: 0, usable: true }]
  const body = JSON.stringify({ optionInfo: { useStockManagement: true, optionCombinations: rows } })
  const path = `/v1/products/origin-products/${unit}/option-stock`
  await expect(on.call('PUT', path, body, headers, 200)).rejects.toThrow()
  expect(on.naver.doors.truth().items[0]!.stock).toBe(2)
})

test('the marketplace judges times by its own skewed clock', async () => {
  const on = await started()
  on.simulator.setFaults({ clockSkewMs: -10_000 })
  const [ours, theirs] = [await on.ask(Date.now()), await on.ask(on.simulator.now())]
  expect([ours.status, theirs.status]).toEqual([400, 200]) // our time lies in its future
})

test('the shell plays the marketplace’s own 5xx and counts it in no budget', async () => {
  const on = await started()
  const headers = await signIn(on)
  on.simulator.setFaults({ serverError: 1 })
  const answer = await on.call('GET', '/v1/seller/account', undefined, headers)
  expect([answer.status, await answer.json()]).toMatchObject([500, { code: 'GW.INTERNAL_SERVER_ERROR' }])
  expect(on.naver.doors.calls()).toEqual([{ bucket: 'POST /v1/oauth2/token', taken: 1, refused: 0 }])
})

test('a shopper and the calls are seen through the control API, which no budget counts', async () => {
  const on = await started({})
  const control = (path: string, body?: object) =>
    fetch(`${on.simulator.url}/_control/${path}`, body ? { method: 'POST', body: JSON.stringify(body) } : {})
  const purchase = { lines: [{ item: on.items[1]!.item, quantity: 3 }], buyer: '이몽룡' }
  expect(await (await control('buy', purchase)).json()).toMatchObject({ kind: 'sold' })
  expect(await (await control('buy', purchase)).json()).toMatchObject({ kind: 'sold_out', stock: 0 })
  expect(await (await control('state')).json()).toMatchObject({
    items: [{ stock: 10 }, { stock: 0 }],
    lines: [{ quantity: 3, state: 'PAYED', acknowledged: false }],
  })
  const headers = await signIn(on)
  const statuses: number[] = []
  for (let i = 0; i < 6; i++) statuses.push((await on.call('GET', '/v1/seller/account', undefined, headers)).status)
  expect(statuses.slice(0, 4)).toEqual([200, 200, 200, 200])
  const calls = (await (await control('calls')).json()) as { bucket: string; taken: number; refused: number }[]
  const counted = calls.find((row) => row.bucket === 'GET /v1/seller/account')!
  expect(counted.taken + counted.refused).toBe(6)
  expect(counted.refused).toBe(statuses.filter((status) => status === 429).length)
})
