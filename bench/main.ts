import { parseArgs } from 'node:util'
import type { BenchOptions } from './options.ts'

/** Named loads: `npm run -s bench -- stock --json`. Each prints a table on stderr and, with --json, one line on stdout. */
const LOADS: Record<string, () => Promise<{ bench(options: BenchOptions): Promise<object> }>> = {
  stock: () => import('./stock.ts'),
  http: () => import('./http.ts'),
  sync: () => import('./sync.ts'),
  schema: () => import('./schema.ts'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
})

const load = LOADS[positionals[0] ?? '']
if (!load) {
  console.error(`which load? ${Object.keys(LOADS).join(', ')}`)
  process.exit(2)
}
const { bench } = await load()
const result = await bench({ seconds: Number(values.seconds), seed: Number(values.seed), only: values.only })
if (values.json) console.log(JSON.stringify(result))
