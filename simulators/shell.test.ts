import { request as httpRequest } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { type Faults, type Marketplace, NO_FAULTS, type SimRequest } from './marketplace.ts'
import { type RunningSimulator, type SimulatorOptions, startSimulator } from './shell.ts'

/** A machine that remembers what it was asked; `/throws` is a bug in it. */
function notebook(seen: SimRequest[], faults?: Faults): Marketplace {
  return {
    name: 'notebook',
    ...(faults ? { faults } : {}),
    handle: (request, now) => {
      seen.push(request)
      if (request.path === '/throws') throw new Error('planted')
      return { status: 200, headers: {}, body: JSON.stringify({ now, count: seen.length }) }
    },
    brokenDown: () => ({ status: 500, headers: {}, body: 'our own 500' }),
    doors: {
      seedProducts: (products) =>
        products.map((product, i) => ({ unit: `u${i}`, item: `i${i}`, sellerCode: product.name, stock: 1 })),
      buy: ({ lines }, now) => {
        if (lines[0]!.item === 'nothing') throw new RangeError('unknown item nothing')
        return { kind: 'sold', orderId: 'o1', lineKeys: ['l1'], at: now }
      },
      cancel: (lineKey, quantity) => ({ kind: lineKey === 'l1' && quantity === null ? 'cancelled' : 'not_found' }),
      edit: (item) => item === 'i0',
      truth: () => ({ items: [], lines: [] }),
      history: (since, limit) => [{ seq: since, at: 0, item: 'i0', from: 0, to: limit, cause: 'edit' }],
      calls: () => [{ bucket: 'all', taken: seen.length, refused: 0 }],
    },
  }
}

const open: RunningSimulator[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()))
})

async function started(options: SimulatorOptions = {}, seen: SimRequest[] = []) {
  const simulator = await startSimulator(notebook(seen), options)
  open.push(simulator)
  return { simulator, seen }
}

/** Without fetch's own cleaning up of addresses. Resolves with 'cut' when the connection closes without an answer. */
function raw(
  url: string,
  path: string,
  giveUpMs = 5000,
): Promise<{ status: number; body: string } | 'cut' | 'gave_up'> {
  return new Promise((resolve) => {
    const call = httpRequest(url, { path, agent: false, timeout: giveUpMs }, (answer) => {
      let body = ''
      answer.on('data', (part) => (body += part))
      answer.on('end', () => resolve({ status: answer.statusCode!, body }))
    })
    call.on('timeout', () => {
      resolve('gave_up')
      call.destroy()
    })
    call.on('error', () => resolve('cut'))
    call.end()
  })
}

const control = async (simulator: RunningSimulator, method: string, path: string, body?: unknown) => {
  const answer = await fetch(`${simulator.url}/_control/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as unknown }
}

test('path, query and body reach the machine as they came over the wire', async () => {
  const { simulator, seen } = await started()
  await raw(simulator.url, '/a%2Fb//c?x=%2B+&x=&y')
  await fetch(`${simulator.url}/body`, {
    method: 'POST',
    body: new Uint8Array([0, 255, 10]),
    headers: { 'X-ABC': 'd' },
  })
  expect(seen.map(({ method, path, query }) => [method, path, query])).toEqual([
    ['GET', '/a%2Fb//c', 'x=%2B+&x=&y'],
    ['POST', '/body', ''],
  ])
  expect([...seen[1]!.body]).toEqual([0, 255, 10])
  expect(seen[1]!.headers.get('x-abc')).toBe('d')
})

test('a bug in the machine is a 500 of the marketplace and the next call is served', async () => {
  const { simulator } = await started()
  const said = console.error
  console.error = () => {}
  try {
    expect(await raw(simulator.url, '/throws')).toEqual({ status: 500, body: 'our own 500' })
  } finally {
    console.error = said
  }
  expect(await raw(simulator.url, '/next')).toMatchObject({ status: 200 })
})

test('a server error is answered before the machine saw the request', async () => {
  const { simulator, seen } = await started()
  simulator.setFaults({ serverError: 1 })
  expect(await raw(simulator.url, '/x')).toEqual({ status: 500, body: 'our own 500' })
  expect(seen).toHaveLength(0)
})

test('a lost request never reaches the machine; a timeout after commit does; neither is answered', async () => {
  const { simulator, seen } = await started()
  simulator.setFaults({ lostRequest: 1 })
  expect(await raw(simulator.url, '/lost', 100)).toBe('gave_up')
  expect(seen).toHaveLength(0)
  simulator.setFaults({ lostRequest: 0, timeoutAfterCommit: 1 })
  expect(await raw(simulator.url, '/muted', 100)).toBe('gave_up')
  expect(seen.map((request) => request.path)).toEqual(['/muted'])
})

test('an outage closes every connection at once but leaves the control API reachable', async () => {
  const { simulator, seen } = await started()
  expect(await control(simulator, 'POST', 'outage', { ms: 60_000 })).toMatchObject({ status: 200 })
  expect(await raw(simulator.url, '/x')).toBe('cut')
  expect((await control(simulator, 'GET', 'calls')).body).toEqual([{ bucket: 'all', taken: 0, refused: 0 }])
  simulator.setFaults({ outageUntil: 0 })
  expect(await raw(simulator.url, '/x')).toMatchObject({ status: 200 })
  expect(seen).toHaveLength(1)
})

test('latency delays the answer by at least the asked time', async () => {
  const { simulator } = await started({ faults: { ...NO_FAULTS, latencyMs: [60, 60] } })
  const begun = performance.now()
  await raw(simulator.url, '/x')
  expect(performance.now() - begun).toBeGreaterThan(55) // timers may fire a few ms early
})

test('the marketplace has its own clock, skewed and scaled', async () => {
  const { simulator } = await started({ timeScale: 1000 })
  simulator.setFaults({ clockSkewMs: 3_600_000 })
  const before = simulator.now()
  expect(before - Date.now()).toBeGreaterThan(3_590_000)
  await expect.poll(() => simulator.now() - before).toBeGreaterThan(5000)
})

test('a taken port gives the next free one', async () => {
  const { simulator: first } = await started()
  const { simulator: second } = await started({ port: first.port })
  expect(second.port).toBeGreaterThan(first.port)
  expect(await raw(second.url, '/x')).toMatchObject({ status: 200 })
})

test('equal seeds give equal luck, whatever other faults are on', async () => {
  const outcomes = async (seed: number, latencyMs: number) => {
    const { simulator } = await started({ seed, faults: { ...NO_FAULTS, serverError: 0.5, latencyMs: [0, latencyMs] } })
    const statuses: number[] = []
    for (let i = 0; i < 30; i++) statuses.push(((await raw(simulator.url, '/x')) as { status: number }).status)
    return statuses.join()
  }
  expect(await outcomes(7, 0)).toBe(await outcomes(7, 1))
  expect(await outcomes(7, 0)).not.toBe(await outcomes(8, 0))
})

test('the faults that change are those the machine was created with', async () => {
  const faults = { ...NO_FAULTS }
  const simulator = await startSimulator(notebook([], faults))
  open.push(simulator)
  expect((await control(simulator, 'PATCH', 'faults', { lostWrite: 0.25, latencyMs: [1, 2] })).status).toBe(200)
  expect(faults).toEqual({ ...NO_FAULTS, lostWrite: 0.25, latencyMs: [1, 2] })
})

test.each([
  ['PATCH', 'faults', { lostwrite: 1 }, 'lostwrite'],
  ['PATCH', 'faults', { lostWrite: 2 }, 'lostWrite'],
  ['PATCH', 'faults', { lostWrite: '1' }, 'lostWrite'],
  ['PATCH', 'faults', { latencyMs: [5, 1] }, 'latencyMs'],
  ['POST', 'buy', { lines: [{ item: 'a', quantity: 1.5 }], buyer: 'b' }, 'lines.0.quantity'],
  ['POST', 'buy', { lines: [{ item: 'a', quantity: 1 }] }, 'buyer'],
  ['POST', 'cancel', { lineKey: 'l1', quantity: 0 }, 'quantity'],
  ['POST', 'edit', { item: 'a', stock: -1 }, 'stock'],
  ['POST', 'outage', {}, 'ms'],
  ['POST', 'products', { products: [{ name: 'a', price: 1, options: [] }] }, 'products.0.options'],
  ['GET', 'history?limit=0', undefined, 'limit'],
])('%s %s %j is refused by the name of the bad field', async (method, path, body, field) => {
  const { simulator } = await started()
  const answer = await control(simulator, method, path, body)
  expect(answer).toMatchObject({ status: 400, body: { problems: [{ field }] } })
  expect(simulator.faults).toEqual(NO_FAULTS)
})

test('the control API opens every door', async () => {
  const { simulator } = await started()
  const products = [{ name: 'p', price: 1, options: [{ optionName: '', sellerCode: 's', stock: 1, surcharge: 0 }] }]
  expect((await control(simulator, 'POST', 'products', { products })).body).toEqual({
    items: [{ unit: 'u0', item: 'i0', sellerCode: 'p', stock: 1 }],
  })
  const purchase = { lines: [{ item: 'i0', quantity: 1 }], buyer: '홍길동' }
  expect((await control(simulator, 'POST', 'buy', purchase)).body).toMatchObject({ kind: 'sold', lineKeys: ['l1'] })
  expect((await control(simulator, 'POST', 'cancel', { lineKey: 'l1' })).body).toEqual({ kind: 'cancelled' })
  expect((await control(simulator, 'POST', 'edit', { item: 'i0', stock: 4 })).body).toEqual({ edited: true })
  expect((await control(simulator, 'GET', 'state')).body).toEqual({ items: [], lines: [] })
  expect((await control(simulator, 'GET', 'history?since=3&limit=2')).body).toMatchObject([{ seq: 3, to: 2 }])
  expect((await control(simulator, 'GET', 'faults')).body).toEqual({ ...NO_FAULTS })
  expect((await control(simulator, 'GET', 'nothing')).status).toBe(404)
})

test('a body that is not JSON, or an item nobody sells, is a 400 in plain words', async () => {
  const { simulator } = await started()
  const answer = await fetch(`${simulator.url}/_control/edit`, { method: 'POST', body: '{' })
  expect([answer.status, await answer.json()]).toEqual([400, { error: 'the body is not JSON in UTF-8' }])
  const purchase = { lines: [{ item: 'nothing', quantity: 1 }], buyer: 'b' }
  expect(await control(simulator, 'POST', 'buy', purchase)).toEqual({
    status: 400,
    body: { error: 'unknown item nothing' },
  })
})

test('a body over 4 MB is refused and the machine never sees it', async () => {
  const { simulator, seen } = await started()
  const status = await fetch(simulator.url, { method: 'POST', body: new Uint8Array(4 * 1024 * 1024 + 1) }).then(
    (answer) => answer.status,
    () => 'cut', // the refusal may overtake our own sending
  )
  expect([413, 'cut']).toContain(status)
  expect(seen).toHaveLength(0)
})
