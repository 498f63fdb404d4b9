import { mkdirSync } from 'node:fs'
import { compose, type Jaego } from '../../compose.ts'
import type { Config } from '../../kernel/config.ts'
import { type Ground, openGround } from '../../kernel/ground.ts'
import type { Policy } from '../../modules/channels/index.ts'
import { type Child, startSimulators, startWorker } from './children.ts'
import { openSimulator, type Simulator } from './marketplace-doors.ts'
import { buildWorld, type Channel, type DemoWorld } from './world.ts'

/** The whole of jaego on one machine: database, marketplaces, a worker in a process of its own, a seller's world. */
export type Stage = {
  ground: Ground
  jaego: Jaego
  world: DemoWorld
  simulators: Record<Channel, Simulator>
  /** kill -9; another worker takes over within a second. */
  killWorker(): void
  letShoppersIn(perSecond: Record<Channel, number>, cancelShare: number): Promise<void>
  close(): Promise<void>
}

export type StageOptions = {
  seed: number
  policy: Policy
  limits: 'on' | 'off'
  timeScale: number
  ports: Record<Channel, number>
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
  const simulators = {
    naver: openSimulator(jaego.channels.http, simulatorsChild.urls.naver),
    coupang: openSimulator(jaego.channels.http, simulatorsChild.urls.coupang),
  }
  const world = await buildWorld(jaego, { ...options, simulators })
  const keeper = keepWorker(jaego, config, ground)
  opened.push(() => keeper.stop())
  return {
    ...{ ground, jaego, world, simulators },
    killWorker: keeper.kill,
    async letShoppersIn(perSecond, cancelShare) {
      for (const channel of ['naver', 'coupang'] as const) {
        const seed = options.seed + (channel === 'naver' ? 0 : 1)
        await simulators[channel].post('shoppers', {
          seed,
          perSecond: perSecond[channel],
          cancelShare,
          items: world.items[channel],
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
