import { parseArgs } from 'node:util'
import type { BenchOptions } from './options.ts'

/** Named loads: `npm run -s bench -- stock --json`. Each prints a table on stderr and, with --json, one line on stdout. */
const LOADS: Record<string, () => Promise<{ bench(options: BenchOptions): Promise<object> }>> = {
  stock: () => import('./stock.ts'),
  http: () => import('./http.ts'),
  sync: () => import('./sync.ts'),
  schema: () => import('./schema.ts'),
  storm: () => import('./storm.ts'),
  allocation: () => import('./allocation.ts'),
}

/** A storm is cut off after so long; other cases last 3 seconds unless they say otherwise. */
const SECONDS: Record<string, number> = { storm: 420 }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    listings: { type: 'string', default: '10000' },
    'time-scale': { type: 'string', default: '20' },
    channels: { type: 'string', default: 'naver,coupang' },
    policy: { type: 'string', default: 'pool' },
    seeds: { type: 'string' },
    scenario: { type: 'string' },
    frontier: { type: 'string' },
  },
})

const load = LOADS[positionals[0] ?? '']
if (!load) {
  console.error(`which load? ${Object.keys(LOADS).join(', ')}`)
  process.exit(2)
}
const { bench } = await load()
const result = await bench({
  seconds: Number(values.seconds ?? SECONDS[positionals[0]!] ?? 3),
  seed: Number(values.seed),
  only: values.only,
  listings: Number(values.listings),
  timeScale: Number(values['time-scale']),
  channels: values.channels,
  policy: values.policy,
  ...(values.seeds === undefined ? {} : { seeds: Number(values.seeds) }),
  ...(values.scenario === undefined ? {} : { scenario: values.scenario }),
  ...(values.frontier === undefined ? {} : { frontier: values.frontier }),
})
if (values.json) console.log(JSON.stringify(result))
