import { parseArgs } from 'node:util'
import { runChaos } from './rig.ts'

/** `npm run -s chaos -- --rounds 30 --seed 1`: the same as the test, longer. Exit code 1 when anything was lost. */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    clients: { type: 'string', default: '16' },
  },
})
const say = (line: string) => console.error(line)
const [rounds, seed, clients] = [Number(values.rounds), Number(values.seed), Number(values.clients)]
const result = await runChaos({ rounds, seed, clients, say })
console.log(JSON.stringify(result))
const { lost, doubled, unexplained, violations } = result
if (lost + doubled + unexplained + violations > 0) process.exitCode = 1
