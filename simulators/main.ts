/**
 * The pretend marketplaces, with goods and shoppers, until Ctrl-C, for jaego and for any other client:
 *
 *   npm run simulators -- --seed 1 --time-scale 1 --shoppers 1 --limits on
 */
import { parseArgs } from 'node:util'
import { createCafe24, TEST_CAFE24_CREDENTIALS } from './cafe24/index.ts'
import { createCoupang, TEST_COUPANG_CREDENTIALS } from './coupang/index.ts'
import { createEleventh, TEST_ELEVENTH_CREDENTIALS } from './eleventh/index.ts'
import { createEsm, TEST_ESM_CREDENTIALS } from './esm/index.ts'
import type { Marketplace, SeededItem } from './marketplace.ts'
import { createNaver, TEST_NAVER_CREDENTIALS } from './naver/index.ts'
import { SAMPLE_GOODS } from './sample-goods.ts'
import { type RunningSimulator, startSimulator } from './shell.ts'
import { letThemShop } from './shoppers.ts'

const USAGE = `npm run simulators -- [options]
  --marketplaces all    or some of naver,coupang,cafe24,esm,eleventh
  --json                URLs and test keys as one JSON line
  --naver-port 4021     0 = any; the next free one where it is taken
  --coupang-port 4022
  --cafe24-port 4023, --esm-port 4024, --eleventh-port 4025
  --seed 1              equal seeds give equal shoppers and equal luck
  --time-scale 1        how fast the marketplaces' clocks run
  --shoppers 1          purchases a second at each marketplace; 0 = nobody comes
  --limits on           off = no call budget at all
  --webhooks-to URL     where those that send webhooks (cafe24) send them; also POST /_control/webhooks
  --goods sample        none = empty shelves, filled through POST /_control/products; shoppers come with /_control/shoppers`

/** In the order they are announced. */
const PORTS = { naver: 4021, coupang: 4022, cafe24: 4023, esm: 4024, eleventh: 4025 }
type Name = keyof typeof PORTS

const ALL = Object.keys(PORTS) as Name[]

type Settings = {
  marketplaces: readonly Name[]
  json: boolean
  ports: Record<Name, number>
  seed: number
  timeScale: number
  shoppers: number
  limits: 'on' | 'off'
  goods: 'sample' | 'none'
  webhooksTo: string | null
}

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(USAGE)
    return
  }
  const settings = readSettings(process.argv.slice(2))
  if (typeof settings === 'string') {
    console.error(`${settings}\n\n${USAGE}`)
    process.exitCode = 2
    return
  }
  const opened = new Map<Name, Opened>()
  for (const [place, name] of ALL.entries()) {
    if (!settings.marketplaces.includes(name)) continue
    const marketplace = MARKETPLACES[name](settings.limits)
    opened.set(name, await open(marketplace, settings.ports[name], settings, settings.seed + place))
  }

  const stop = async () => {
    for (const { simulator, stopShopping } of opened.values()) {
      stopShopping()
      await simulator.close()
    }
    process.exit(0)
  }
  process.once('SIGINT', () => void stop())
  process.once('SIGTERM', () => void stop())
  // Started by another program: it is told where we are, and we end when it ends, however it ended.
  if (process.send) {
    process.once('disconnect', () => void stop())
    process.send(Object.fromEntries([...opened].map(([name, { simulator }]) => [name, simulator.url])))
    return
  }
  if (settings.json)
    console.log(JSON.stringify(Object.fromEntries([...opened].map(([name, one]) => [name, door(name, one)]))))
  else announce(opened)
}

const MARKETPLACES: Record<Name, (limits: 'on' | 'off') => Marketplace> = {
  naver: (limits) => createNaver(limits === 'off' ? { limits } : {}),
  coupang: (limits) => createCoupang({ switches: { limits } }),
  cafe24: (limits) => createCafe24({ switches: { limits } }),
  esm: (limits) => createEsm({ switches: { limits } }),
  eleventh: (limits) => createEleventh({ switches: { limits } }),
}

type Opened = { simulator: RunningSimulator; items: SeededItem[]; stopShopping: () => void }

async function open(marketplace: Marketplace, port: number, settings: Settings, seed: number): Promise<Opened> {
  const { timeScale, goods, webhooksTo } = settings
  const simulator = await startSimulator(marketplace, { port, seed, timeScale })
  if (webhooksTo !== null && marketplace.webhooks) simulator.sendWebhooks({ to: webhooksTo })
  const items = goods === 'sample' ? marketplace.doors.seedProducts(SAMPLE_GOODS, simulator.now()) : []
  const shoppers = goods === 'sample' ? settings.shoppers : 0
  const keys = items.map((item) => item.item)
  const plan = { seed, perSecond: shoppers, cancelShare: 0.05 }
  const shopping = shoppers > 0 ? letThemShop(plan, keys, simulator, timeScale) : null
  return { simulator, items, stopShopping: () => shopping?.stop() }
}

/** Test keys, made up: nothing here opens anything real. */
const KEYS: Record<Name, Record<string, string | null>> = {
  naver: TEST_NAVER_CREDENTIALS,
  coupang: TEST_COUPANG_CREDENTIALS,
  cafe24: {
    mallId: TEST_CAFE24_CREDENTIALS.mallId,
    clientId: TEST_CAFE24_CREDENTIALS.clientId,
    clientSecret: TEST_CAFE24_CREDENTIALS.clientSecret,
    refreshToken: TEST_CAFE24_CREDENTIALS.refreshToken ?? null,
  },
  esm: TEST_ESM_CREDENTIALS,
  eleventh: TEST_ELEVENTH_CREDENTIALS,
}

/** What a client is pointed at, and what the shelves hold. */
const door = (name: Name, { simulator, items }: Opened) => ({
  baseUrl: name === 'naver' ? `${simulator.url}/external` : simulator.url,
  control: `${simulator.url}/_control`,
  credentials: KEYS[name],
  items,
})

function announce(opened: ReadonlyMap<Name, Opened>): void {
  for (const [name, one] of opened) {
    console.log(`${name.padEnd(9)} ${door(name, one).baseUrl}   ${inWords(KEYS[name])}`)
  }
  const { simulator, items } = opened.values().next().value!
  const purchase = { lines: [{ item: items[0]?.item ?? '…', quantity: 1 }], buyer: '홍길동' }
  console.log(`Buy:      curl -X POST ${simulator.url}/_control/buy -d '${JSON.stringify(purchase)}'
Look:     curl ${simulator.url}/_control/state   (also claims, history, calls, faults, clock)
Break:    curl -X PATCH ${simulator.url}/_control/faults -d '{"timeoutAfterCommit":0.2}'
Ctrl-C stops them all.`)
}

function inWords(credentials: Record<string, string | null>): string {
  return Object.entries(credentials)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

/** The settings, or what is wrong with the command line. */
function readSettings(args: readonly string[]): Settings | string {
  try {
    const text = { type: 'string' } as const
    const names = {
      'naver-port': text,
      'coupang-port': text,
      'cafe24-port': text,
      'esm-port': text,
      'eleventh-port': text,
      seed: text,
      'time-scale': text,
      shoppers: text,
      limits: text,
      goods: text,
      marketplaces: text,
      'webhooks-to': text,
      json: { type: 'boolean' } as const,
    }
    const { values } = parseArgs({ args: [...args], options: names })
    const limits = values.limits ?? 'on'
    if (limits !== 'on' && limits !== 'off') return `--limits is on or off, not "${limits}"`
    const goods = values.goods ?? 'sample'
    if (goods !== 'sample' && goods !== 'none') return `--goods is sample or none, not "${goods}"`
    const marketplaces = (values.marketplaces ?? 'all') === 'all' ? ALL : values.marketplaces!.split(',')
    const unknown = marketplaces.find((name) => !ALL.includes(name as Name))
    if (unknown !== undefined) return `--marketplaces are some of ${ALL.join(',')}, not "${unknown}"`
    return {
      marketplaces: marketplaces as Name[],
      json: values.json ?? false,
      ports: {
        naver: portOf('naver', values['naver-port']),
        coupang: portOf('coupang', values['coupang-port']),
        cafe24: portOf('cafe24', values['cafe24-port']),
        esm: portOf('esm', values['esm-port']),
        eleventh: portOf('eleventh', values['eleventh-port']),
      },
      seed: wholeIn('--seed', values.seed ?? '1', 2 ** 31),
      timeScale: positive('--time-scale', values['time-scale'] ?? '1', 10_000),
      shoppers: values.shoppers === '0' ? 0 : positive('--shoppers', values.shoppers ?? '1', 10_000),
      limits,
      goods,
      webhooksTo: values['webhooks-to'] === undefined ? null : httpUrl('--webhooks-to', values['webhooks-to']),
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const portOf = (name: Name, text: string | undefined): number =>
  wholeIn(`--${name}-port`, text ?? `${PORTS[name]}`, 65_535)

function wholeIn(name: string, text: string, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > most)
    throw new RangeError(`${name} is a whole number up to ${most}, not "${text}"`)
  return value
}

function httpUrl(name: string, text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? '')) throw new RangeError(`${name} is an http URL, not "${text}"`)
  return text
}

function positive(name: string, text: string, most: number): number {
  const value = Number(text)
  if (!(value > 0 && value <= most)) throw new RangeError(`${name} is above 0 and at most ${most}, not "${text}"`)
  return value
}

await main()
