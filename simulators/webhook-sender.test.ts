import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type Cafe24, createCafe24 } from './cafe24/index.ts'
import { createCoupang } from './coupang/index.ts'
import type { Faults } from './marketplace.ts'
import { type RunningSimulator, startSimulator } from './shell.ts'

type Heard = { order: string; event: number; key: string | undefined; at: number }

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Somebody who wants to be told. `answer` may leave a call unanswered. */
async function receiver(answer: (nth: number, response: ServerResponse) => void = (_nth, response) => response.end()) {
  const heard: Heard[] = []
  let open = 0
  let most = 0
  const hear = async (request: IncomingMessage, response: ServerResponse) => {
    most = Math.max(most, ++open)
    response.on('close', () => open--)
    let text = ''
    for await (const part of request) text += part
    const { event_no, resource } = JSON.parse(text) as { event_no: number; resource: { order_id: string } }
    const key = request.headers['x-api-key'] as string | undefined
    heard.push({ order: resource.order_id, event: event_no, key, at: performance.now() })
    answer(heard.length, response)
  }
  const server = createServer((request, response) => {
    hear(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { to: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`, heard, most: () => most }
}

async function mall(seed = 1, faults: Partial<Faults> = {}) {
  const market = createCafe24({ switches: { limits: 'off' } })
  const sim = await startSimulator(market, { seed, timeScale: 100 })
  closing.push(() => sim.close())
  sim.setFaults(faults)
  const pad = { optionName: '', sellerCode: 'PAD', stock: 1_000, surcharge: 0 }
  const [item] = market.doors.seedProducts([{ name: '패드', price: 9_000, options: [pad] }], sim.now())
  const buy = (times = 1) => {
    for (let i = 0; i < times; i++) sim.buy({ lines: [{ item: item!.item, quantity: 1 }], buyer: '김*수' })
  }
  return { market, sim, buy }
}

const control = async (sim: RunningSimulator, method: string, path: string, body?: unknown) => {
  const answer = await fetch(`${sim.url}/_control/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

/** As the log tells it: which webhooks failed, and with what. */
async function failedOnes({ market, sim }: { market: Cafe24; sim: RunningSimulator }) {
  const token = await fetch(`${sim.url}/api/v2/oauth/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('pretendCafe24Client001:pretendCafe24Secret001').toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=refresh_token&refresh_token=pretendCafe24Refresh01',
  })
  const { access_token } = (await token.json()) as { access_token: string }
  const answer = await fetch(`${sim.url}/api/v2/admin/webhooks/logs?limit=1000`, {
    headers: { authorization: `Bearer ${access_token}` },
  })
  const { logs } = (await answer.json()) as { logs: { success: string; response_http_code: number }[] }
  expect(logs).toHaveLength(market.webhooks.newest())
  return logs.flatMap(({ success, response_http_code }) => (success === 'F' ? [response_http_code] : []))
}

const settled = (sim: RunningSimulator, calls: number) =>
  expect
    .poll(async () => (await control(sim, 'GET', 'webhooks')).body, { timeout: 5_000, interval: 20 })
    .toMatchObject({ calls, waiting: 0 })

test('what happens from now on is told within moments, with the key; what was before is told to nobody', async () => {
  const { sim, buy } = await mall()
  const { to, heard } = await receiver()
  buy()
  expect((await control(sim, 'POST', 'webhooks', { to })).body).toMatchObject({ calls: 0, waiting: 0 })
  const before = performance.now()
  buy()
  await expect.poll(() => heard.map(({ event }) => event).sort()).toEqual([90023, 90025])
  expect(heard[0]).toMatchObject({ order: expect.stringMatching(/-0000002$/), key: 'pretend-cafe24-webhook-key' })
  expect(heard[0]!.at - before).toBeLessThan(500)
  await control(sim, 'POST', 'webhooks', { to: null })
  buy()
  await wait(100)
  expect(heard).toHaveLength(2)
})

test('what was refused or not answered is repeated a few times and then left, and the log says so', async () => {
  const shop = await mall()
  const { to, heard } = await receiver((nth, response) => {
    response.statusCode = nth <= 2 ? 503 : nth <= 4 ? 302 : 500
    response.setHeader('location', to)
    if (nth <= 4) response.end()
    else response.destroy()
  })
  shop.sim.sendWebhooks({ to, retriesMs: [1_000, 2_000] })
  shop.buy()
  await settled(shop.sim, 6)
  expect(heard).toHaveLength(6)
  expect(await failedOnes(shop)).toEqual([0, 0])
})

test('one that arrives at the second try is no failure', async () => {
  const shop = await mall()
  const { to } = await receiver((nth, response) => response.writeHead(nth <= 2 ? 500 : 200).end())
  shop.sim.sendWebhooks({ to })
  shop.buy()
  await settled(shop.sim, 4)
  expect(await failedOnes(shop)).toEqual([])
})

test('a receiver that does not answer is called by at most eight at once, and closing does not wait for it', async () => {
  const { sim, buy } = await mall()
  const { to, heard, most } = await receiver(() => {})
  sim.sendWebhooks({ to })
  buy(30)
  await expect.poll(() => heard.length).toBe(8)
  await wait(100)
  expect(most()).toBe(8)
  const before = performance.now()
  await sim.close()
  expect(performance.now() - before).toBeLessThan(1_000)
})

test('webhooks are lost and told twice by seed; the log knows every lost one', async () => {
  const told = async (seed: number) => {
    const shop = await mall(seed, { webhookLost: 0.3, webhookTwice: 0.3 })
    const { to, heard } = await receiver()
    shop.sim.sendWebhooks({ to })
    shop.buy(30)
    await expect.poll(async () => (await control(shop.sim, 'GET', 'webhooks')).body.waiting).toBe(0)
    const lost = (await control(shop.sim, 'GET', 'webhooks')).body.lost as number
    expect(lost).toBeGreaterThan(5)
    expect(await failedOnes(shop)).toEqual(Array.from({ length: lost }, () => 503))
    const keys = heard.map(({ order, event }) => `${order.slice(-7)}/${event}`)
    expect(new Set(keys).size).toBe(60 - lost)
    expect(keys.length).toBeGreaterThan(new Set(keys).size + 2)
    return keys.sort().join()
  }
  const [first, again, other] = [await told(1), await told(1), await told(2)]
  expect(again).toBe(first)
  expect(other).not.toBe(first)
})

test('a webhook that comes late or is overtaken comes all the same', async () => {
  const late = await mall(1, { webhookLate: 0.5, webhookLateMs: 300 })
  const slow = await receiver()
  late.sim.sendWebhooks({ to: slow.to })
  late.buy(20)
  await settled(late.sim, 40)
  const told = slow.heard.map(({ order, event }) => `${order}/${event}`)
  expect(new Set(told).size).toBe(40)
  expect(told).not.toEqual([...told].sort())

  const overtaken = await mall(1, { webhookOvertaken: 1 })
  const { to, heard } = await receiver()
  overtaken.sim.sendWebhooks({ to })
  overtaken.buy()
  await settled(overtaken.sim, 2)
  expect(heard.map(({ event }) => event)).toEqual([90025, 90023])
  overtaken.market.uninstallApp(overtaken.sim.now())
  await settled(overtaken.sim, 3)
})

test('a marketplace that sends none says so, and a URL that is none is refused by its name', async () => {
  const none = await startSimulator(createCoupang())
  closing.push(() => none.close())
  const refused = await control(none, 'POST', 'webhooks', { to: 'http://127.0.0.1:1/' })
  expect(refused).toEqual({ status: 400, body: { error: 'coupang sends no webhooks' } })
  const { sim } = await mall()
  for (const to of ['file:///etc/passwd', 'x', 7]) {
    const answer = await control(sim, 'POST', 'webhooks', { to })
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ field: 'to' }] } })
  }
})
