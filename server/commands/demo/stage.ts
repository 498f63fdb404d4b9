import { mkdirSync } from 'node:fs'
import { capabilitiesOf } from '../../adapters/marketplaces/capabilities-of.ts'
import { compose, type Jaego } from '../../compose.ts'
import type { Config } from '../../kernel/config.ts'
import { type Ground, openGround } from '../../kernel/ground.ts'
import type { Policy } from '../../modules/channels/index.ts'
import { type Channel, DEMO_ACCOUNTS } from './channels.ts'
import { type Child, startSimulators, startWorker } from './children.ts'
import { openSimulator, type Simulator } from './marketplace-doors.ts'
import { buildWorld, type DemoWorld } from './world.ts'

/** The whole of jaego on one machine: database, marketplaces, a worker in a process of its own, a seller's world. */
export type Stage = {
  ground: Ground
  jaego: Jaego
  world: DemoWorld
  simulators: ReadonlyMap<Channel, Simulator>
  /** kill -9; another worker takes over within a second. */
  killWorker(): void
  /** Marketplaces that tell by themselves tell the server at this URL, from now on. */
  sendWebhooks(serverUrl: string): Promise<void>
  /** So many a second at each; who is not named gets none. */
  letShoppersIn(perSecond: ReadonlyMap<Channel, number>, wishes: Wishes): Promise<void>
  close(): Promise<void>
}

/** What shoppers do after they bought; as the simulators' control call has it. */
export type Wishes = {
  cancelShare: number
  returnShare?: number
  exchangeShare?: number
  takeBackShare?: number
  parcelMs?: number
}

export type StageOptions = {
  seed: number
  policy: Policy
  limits: 'on' | 'off'
  timeScale: number
  /** The channels it sells on, and where each pretend marketplace listens; 0 is any port. */
  ports: ReadonlyMap<Channel, number>
  say: (line: string) => void
}

const RESTART_AFTER_MS = 500

export async function openStage(config: Config, options: StageOptions): Promise<Stage> {
  mkdirSync(config.dataDir, { recursive: true })
  const opened: (() => Promise<void>)[] = []
  const close = async () => {
    for (const end of opened.splice(0).reverse()) await end()
  }
  try {
    return await raise(config, options, opened, close)
  } catch (error) {
    await close()
    throw error
  }
}

/** What is opened is noted at once, so that a start that fails half-way leaves nothing running. */
async function raise(
  config: Config,
  options: StageOptions,
  opened: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Stage> {
  const ground = await openGround(config, options.say)
  opened.push(() => ground.stop())
  const jaego = await compose({ url: ground.url, config })
  opened.push(() => jaego.close())
  const simulatorsChild = await startSimulators(jaego.clock, options)
  opened.push(() => simulatorsChild.stop())
  const simulators = new Map(
    [...options.ports.keys()].map((channel) => [
      channel,
      openSimulator(jaego.channels.http, simulatorsChild.urls[channel]!),
    ]),
  )
  const world = await buildWorld(jaego, { ...options, simulators })
  const keeper = keepWorker(jaego, config, ground)
  opened.push(() => keeper.stop())
  return {
    ...{ ground, jaego, world, simulators },
    killWorker: keeper.kill,
    async sendWebhooks(serverUrl) {
      for (const [channel, simulator] of simulators) {
        const { webhooks } = capabilitiesOf(jaego.channels.marketplaces[channel]!, DEMO_ACCOUNTS[channel].settings)
        const to = `${serverUrl}/hooks/${channel}/${world.shops.get(channel)!.connectionId}`
        if (webhooks) await simulator.post('webhooks', { to })
      }
    },
    async letShoppersIn(perSecond, wishes) {
      for (const [place, [channel, simulator]] of [...simulators].entries()) {
        await simulator.post('shoppers', {
          seed: options.seed + place,
          perSecond: perSecond.get(channel) ?? 0,
          ...wishes,
          items: world.shops.get(channel)!.items,
        })
      }
    },
    close,
  }
}

/** Starts the worker again whenever it dies, as an init system would. */
function keepWorker(jaego: Jaego, config: Config, ground: Ground) {
  const env = {
    DATABASE_URL: ground.url,
    JAEGO_SECRET_KEY: Buffer.from(config.secretKey).toString('hex'),
    JAEGO_LOG: config.logLevel,
    JAEGO_DATA: config.dataDir,
  }
  let stopping = false
  let child: Child = startWorker(jaego.clock, env)
  const keep = async () => {
    while (!stopping) {
      await child.ended
      if (stopping) return
      await jaego.clock.sleep(RESTART_AFTER_MS)
      if (!stopping) child = startWorker(jaego.clock, env)
    }
  }
  const keeping = keep()
  return {
    kill: () => child.kill(),
    async stop() {
      stopping = true
      await child.stop()
      await keeping
    },
  }
}
