/**
 * Both pretend marketplaces, with goods and shoppers, until Ctrl-C:
 *
 *   npm run simulators -- --naver-port 4021 --coupang-port 4022 --seed 1 --time-scale 1 --shoppers 1 --limits on
 */
import { parseArgs } from 'node:util'
import { createCoupang, TEST_COUPANG_CREDENTIALS } from './coupang/index.ts'
import type { Marketplace, SeededItem } from './marketplace.ts'
import { createNaver, TEST_NAVER_CREDENTIALS } from './naver/index.ts'
import { SAMPLE_GOODS } from './sample-goods.ts'
import { type RunningSimulator, startSimulator } from './shell.ts'
import { letThemShop } from './shoppers.ts'

const USAGE = `npm run simulators -- [options]
  --naver-port 4021     0 = any; the next free one where it is taken
  --coupang-port 4022
  --seed 1              equal seeds give equal shoppers and equal luck
  --time-scale 1        how fast the marketplaces' clocks run
  --shoppers 1          purchases a second at each marketplace; 0 = nobody comes
  --limits on           off = no call budget at all
  --goods sample        none = empty shelves, filled through POST /_control/products; shoppers come with /_control/shoppers`

type Settings = {
  naverPort: number
  coupangPort: number
  seed: number
  timeScale: number
  shoppers: number
  limits: 'on' | 'off'
  goods: 'sample' | 'none'
}

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2))
  if (typeof settings === 'string') {
    console.error(`${settings}\n\n${USAGE}`)
    process.exitCode = 2
    return
  }
  const { seed, limits } = settings
  const naver = await open(createNaver(limits === 'off' ? { limits } : {}), settings.naverPort, settings, seed)
  const coupang = await open(createCoupang({ switches: { limits } }), settings.coupangPort, settings, seed + 1)

  const closeBoth = async () => {
    for (const { simulator, stopShopping } of [naver, coupang]) {
      stopShopping()
      await simulator.close()
    }
    process.exit(0)
  }
  const stop = () => void closeBoth()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  // Started by another program: it is told where we are, and we end when it ends, however it ended.
  if (process.send) {
    process.once('disconnect', stop)
    process.send({ naver: naver.simulator.url, coupang: coupang.simulator.url })
    return
  }
  announce(naver, coupang)
}

type Opened = { simulator: RunningSimulator; items: SeededItem[]; stopShopping: () => void }

async function open(marketplace: Marketplace, port: number, settings: Settings, seed: number): Promise<Opened> {
  const { timeScale, goods } = settings
  const simulator = await startSimulator(marketplace, { port, seed, timeScale })
  const items = goods === 'sample' ? marketplace.doors.seedProducts(SAMPLE_GOODS, simulator.now()) : []
  const shoppers = goods === 'sample' ? settings.shoppers : 0
  const keys = items.map((item) => item.item)
  const plan = { seed, perSecond: shoppers, cancelShare: 0.05 }
  const shopping = shoppers > 0 ? letThemShop(plan, keys, simulator, timeScale) : null
  return { simulator, items, stopShopping: () => shopping?.stop() }
}

function announce(naver: Opened, coupang: Opened): void {
  const purchase = { lines: [{ item: naver.items[0]!.item, quantity: 1 }], buyer: '홍길동' }
  console.log(`Naver    ${naver.simulator.url}/external   ${inWords(TEST_NAVER_CREDENTIALS)}
Coupang  ${coupang.simulator.url}   ${inWords(TEST_COUPANG_CREDENTIALS)}
Buy:     curl -X POST ${naver.simulator.url}/_control/buy -d '${JSON.stringify(purchase)}'
Look:    curl ${naver.simulator.url}/_control/state   (also history, calls, faults, clock)
Break:   curl -X PATCH ${naver.simulator.url}/_control/faults -d '{"timeoutAfterCommit":0.2}'
Ctrl-C stops both.`)
}

/** Test keys, made up: nothing here opens anything real. */
function inWords(credentials: Record<string, string>): string {
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
      seed: text,
      'time-scale': text,
      shoppers: text,
      limits: text,
      goods: text,
    }
    const { values } = parseArgs({ args: [...args], options: names })
    const limits = values.limits ?? 'on'
    if (limits !== 'on' && limits !== 'off') return `--limits is on or off, not "${limits}"`
    const goods = values.goods ?? 'sample'
    if (goods !== 'sample' && goods !== 'none') return `--goods is sample or none, not "${goods}"`
    return {
      naverPort: wholeIn('--naver-port', values['naver-port'] ?? '4021', 65_535),
      coupangPort: wholeIn('--coupang-port', values['coupang-port'] ?? '4022', 65_535),
      seed: wholeIn('--seed', values.seed ?? '1', 2 ** 31),
      timeScale: positive('--time-scale', values['time-scale'] ?? '1', 10_000),
      shoppers: values.shoppers === '0' ? 0 : positive('--shoppers', values.shoppers ?? '1', 10_000),
      limits,
      goods,
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function wholeIn(name: string, text: string, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > most)
    throw new RangeError(`${name} is a whole number up to ${most}, not "${text}"`)
  return value
}

function positive(name: string, text: string, most: number): number {
  const value = Number(text)
  if (!(value > 0 && value <= most)) throw new RangeError(`${name} is above 0 and at most ${most}, not "${text}"`)
  return value
}

await main()
