import { parseArgs } from 'node:util'
import { runChannelChaos } from './channels.ts'
import { runChaos } from './rig.ts'

/**
 * `npm run -s chaos -- --rounds 30 --seed 1`: the same as the tests, longer and at random; orders over the API, then a
 * shop on marketplaces. Exit code 1 when anything was lost, or done twice.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    clients: { type: 'string', default: '16' },
  },
})
const say = (line: string) => console.error(line)
const [rounds, seed, clients] = [Number(values.rounds), Number(values.seed), Number(values.clients)]
const orders = await runChaos({ rounds, seed, clients, say })
const channels = await runChannelChaos({ rounds, seed, say })
console.log(JSON.stringify({ ...orders, channels }))
const { lost, doubled, unexplained, violations } = orders
const { unsettled, leftOffSale, soldTwice, wronglyCancelled, wronglySent } = channels
const inOrders = lost + doubled + unexplained + violations
const inChannels = unsettled + leftOffSale + soldTwice + wronglyCancelled + wronglySent + channels.violations
if (inOrders + inChannels > 0) process.exitCode = 1
