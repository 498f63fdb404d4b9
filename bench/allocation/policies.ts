import { exchangeHub } from './exchange-hub.ts'
import { rightsHub } from './rights-hub.ts'
import { SHARES } from './scenarios.ts'
import { onceSplitHub, plainHub } from './split-hub.ts'
import type { Hub, World } from './world.ts'

export type Policy = { name: string; open: (world: World) => Hub }

const EQUAL = SHARES.map(() => 25)
const BY_RATES = SHARES.map((share) => share * 100)

export const FIXED_EQUAL: Policy = { name: 'fixed, equal', open: (world) => onceSplitHub(world, EQUAL) }
export const FIXED_BY_RATES: Policy = { name: 'fixed, by true rates', open: (world) => onceSplitHub(world, BY_RATES) }
export const POOL: Policy = {
  name: 'pool, order-time belief',
  open: (world) => plainHub(world, { kind: 'pool' }, 'order time', true),
}
export const RIGHTS: Policy = { name: 'rights', open: (world) => rightsHub(world, { risk: null }) }
export const EXCHANGE: Policy = { name: 'stop-read-set-resume', open: exchangeHub }

export const tailAt = (risk: number): Policy => ({
  name: `rights + tail ${risk * 100} %`,
  open: (world) => rightsHub(world, { risk }),
})

const buffer = (
  name: string,
  kept: { kind: 'units'; units: number } | { kind: 'percent'; percent: number },
): Policy => ({
  name,
  open: (world) => plainHub(world, { kind: 'buffer', buffer: kept }, 'order time', true),
})

export const TAILS = [0.001, 0.01, 0.05, 0.2].map((risk) => ({ risk, policy: tailAt(risk) }))

export const POLICIES: readonly Policy[] = [
  FIXED_EQUAL,
  FIXED_BY_RATES,
  {
    name: 'shares of what is left',
    open: (world) => plainHub(world, { kind: 'shares', percents: BY_RATES }, 'order time', true),
  },
  { name: 'pool, usual hub', open: (world) => plainHub(world, { kind: 'pool' }, 'arrival', false) },
  POOL,
  buffer('buffer 2', { kind: 'units', units: 2 }),
  buffer('buffer 10 %', { kind: 'percent', percent: 10 }),
  RIGHTS,
  ...TAILS.map(({ policy }) => policy),
  EXCHANGE,
]
