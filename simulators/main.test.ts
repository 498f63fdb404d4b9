import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const running: ChildProcess[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

function run(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  return child
}

test('every marketplace opens, shoppers buy, a copied command works, and SIGTERM ends it with exit 0', async () => {
  const child = run(
    ...['naver', 'coupang', 'cafe24', 'esm', 'eleventh'].flatMap((name) => [`--${name}-port`, '0']),
    '--shoppers',
    '200',
  )
  const lines: string[] = []
  for await (const line of createInterface(child.stdout!)) {
    lines.push(line)
    if (line.startsWith('Ctrl-C')) break
  }
  const text = lines.join('\n')
  const bases = [...text.matchAll(/^\w+ +(http:\/\/127\.0\.0\.1:\d+)/gm)].map((found) => found[1]!)
  expect(bases).toHaveLength(5)
  const [, url, body] = /-X POST (\S+) -d '(.+)'/.exec(text)!
  const bought = await fetch(url!, { method: 'POST', body: body! })
  expect(await bought.json()).toMatchObject({ kind: expect.stringMatching(/^sold/) })
  for (const base of bases) {
    const state = async () =>
      (await (await fetch(`${base}/_control/state`)).json()) as { lines: object[]; items: object[] }
    await expect.poll(async () => (await state()).lines.length, { timeout: 5000 }).toBeGreaterThan(3)
    expect((await state()).items.length).toBeGreaterThan(20)
  }
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
}, 15_000)

test('what shoppers do is told where --webhooks-to says', async () => {
  const told = Promise.withResolvers<string | undefined>()
  const receiver = createServer((request, response) => {
    told.resolve(`${request.method} ${request.url} ${request.headers['x-api-key']}`)
    response.end()
  })
  await once(receiver.listen(0, '127.0.0.1'), 'listening')
  const to = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks/x`
  run('--marketplaces', 'cafe24', '--cafe24-port', '0', '--shoppers', '20', '--webhooks-to', to)
  expect(await told.promise).toBe('POST /hooks/x pretend-cafe24-webhook-key')
  receiver.closeAllConnections()
  receiver.close()
}, 15_000)

test.each([
  [['--limits', 'maybe'], '--limits'],
  [['--naver-port', '70000'], '--naver-port'],
  [['--time-scale', '0'], '--time-scale'],
  [['--webhooks-to', 'ftp://x'], '--webhooks-to'],
  [['--colour', 'red'], '--colour'],
])('%j is refused by name with exit 2', async (args, name) => {
  const child = run(...args)
  let said = ''
  child.stderr!.on('data', (part) => (said += part))
  expect(await once(child, 'close')).toEqual([2, null])
  expect(said).toContain(name)
})
