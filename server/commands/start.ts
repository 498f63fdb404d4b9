import { assertLoopback } from '../http/loopback.ts'
import { realClock } from '../kernel/clock.ts'
import type { Config } from '../kernel/config.ts'
import type { Channel } from './demo/channels.ts'
import { claimsDesk } from './demo/claims-desk.ts'
import { demoDoors } from './demo/doors.ts'
import { ownMallShopper } from './demo/own-mall.ts'
import { packingTable } from './demo/packing-table.ts'
import { openStage, type Stage } from './demo/stage.ts'
import { startServer } from './server.ts'

/** Calm shoppers: something happens every second and every order can be followed by eye. */
const PER_SECOND = new Map<Channel, number>([
  ['naver', 0.7],
  ['coupang', 0.6],
])
const OWN_MALL_PER_SECOND = 0.3
const WISHES = { cancelShare: 0.05, returnShare: 0.05, exchangeShare: 0.03, takeBackShare: 0.2, parcelMs: 10_000 }
const SIMULATOR_PORTS = new Map<Channel, number>([
  ['naver', 4021],
  ['coupang', 4022],
])

/**
 * `npm start`: the main job, live, on this machine alone. Prints at most eight lines. Resolves when everything has
 * ended after `signal`.
 */
export async function start(config: Config, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const begun = realClock.monotonic()
  assertLoopback(config.host)
  const stage = await openStage(config, {
    seed: 1,
    policy: 'rights',
    limits: 'on',
    timeScale: 1,
    ports: SIMULATOR_PORTS,
    say: () => {},
  })
  try {
    const server = await startServer(stage.jaego, config, { doors: demoDoors(stage), apiKey: stage.world.apiKey })
    try {
      await stage.letShoppersIn(PER_SECOND, WISHES)
      say(`jaego 재고 · ready in ${((realClock.monotonic() - begun) / 1_000).toFixed(1)} s`)
      announce(stage, server.url, config, say)
      await live(stage, server.url, signal)
    } finally {
      await server.close()
    }
  } finally {
    await stage.close()
  }
}

function announce(stage: Stage, url: string, { dataDir }: Config, say: (line: string) => void): void {
  const { ground, simulators, world } = stage
  const order = JSON.stringify({ externalId: 'first-order', lines: [{ sku: world.skus[0], quantity: 1 }] })
  say(`board      ${url}/`)
  say(`naver      ${simulators.get('naver')!.url}/external (pretend; clientId pretend0naver0client01)`)
  say(`coupang    ${simulators.get('coupang')!.url} (pretend; vendorId A01234567)`)
  say(
    `order      curl ${url}/v1/orders -H 'Authorization: Bearer ${world.apiKey}' -H 'Content-Type: application/json' -d '${order}'`,
  )
  say(
    `data       ${ground.embedded ? `${dataDir} (embedded PostgreSQL; production wants DATABASE_URL)` : 'your DATABASE_URL'}`,
  )
  say('stop       Ctrl-C')
}

/** The own mall's shoppers and the seller's desks, until `signal`. */
async function live({ jaego, world }: Stage, url: string, signal: AbortSignal): Promise<void> {
  const { http, clock } = jaego.channels
  const mall = ownMallShopper(http, clock, url, world, { seed: 1, perSecond: OWN_MALL_PER_SECOND })
  const table = packingTable(http, clock, url, world, 1)
  const desk = claimsDesk(http, clock, url, world, 1)
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await mall.stop()
  await table.stop()
  await desk.stop()
}
