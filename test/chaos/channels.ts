import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { check } from '../../server/commands/check.ts'
import { realClock } from '../../server/kernel/clock.ts'
import { migrate } from '../../server/kernel/migrate.ts'
import { killEmbedded, startEmbedded } from '../../server/kernel/postgres/embedded.ts'
import { seededRandom } from '../../server/kernel/random.ts'
import { differences, offSale, PATIENCE_MS, unitsSoldTwice, until } from '../faults/market-truth.ts'
import { KINDS } from '../marketplace-kinds.ts'
import type { Market } from '../marketplaces.ts'
import { newId } from '../shop.ts'
import type { Gate, Moment } from './gate.ts'
import { onGatedMarket } from './gated-market.ts'
import { keepRunning } from './processes.ts'
import { QUESTIONS, type Question } from './questions.ts'
import type { ChaosOptions } from './rig.ts'
import { openTrade, type Trade } from './trade.ts'

/**
 * A shop on two pretend marketplaces whose numbers move by stop, read, set, resume, with buyers and a seller at work. Its
 * worker is killed -9 again and again in the middle of a question of some kind, and now and then PostgreSQL is. In the end
 * everything has been told once, everything is on sale, and nothing was sold, sent or cancelled twice.
 */
export type ChannelChaosResult = {
  rounds: number
  killed: { worker: number; postgres: number }
  /** Kills by the question that was open; 'none' where none of the kind came up. */
  during: Partial<Record<Question | 'none', number>>
  sold: number
  shipped: number
  cancelled: number
  /** Ms from the last kill until all was told and true. */
  settledMs: number
  /** Must be 0: what is still to be told or differs in the end, and what was done twice or not at all. */
  unsettled: number
  leftOffSale: number
  soldTwice: number
  wronglyCancelled: number
  wronglySent: number
  violations: number
}

/** A question of the kind comes up, and a dead worker's lease over its connection ends, within this. */
const HELD_WITHIN_MS = 25_000
/** A lease of twenty seconds, then what comes one after the other on a busy machine. */
const SETTLES_WITHIN_MS = 20_000 + 3 * PATIENCE_MS
const POSTGRES_EVERY = 4
const KINDS_OF_QUESTION = Object.keys(QUESTIONS) as Question[]
const MOMENTS: readonly Moment[] = ['before', 'after', 'late']

export async function runChannelChaos({
  rounds,
  seed,
  say,
}: Omit<ChaosOptions, 'clients'>): Promise<ChannelChaosResult> {
  const dataDir = mkdtempSync(join(tmpdir(), 'jaego-chaos-'))
  const postgres = await startEmbedded({ dataDir, log: () => {} })
  try {
    await migrate(postgres.url)
    const database = { url: postgres.url, close: async () => {} }
    const options = {
      ...{ database, seed, policySettings: { protocol: 'B' as const } },
      // Coupang tells claims in lists that are read in turn, so its turns come fast here.
      ...{ settings: { timeoutMs: 60_000, unknownSettlesMs: 600 }, coupang: { settings: { slowEvery: 1 } } },
    }
    const kinds = { naver: KINDS.naver, coupang: KINDS.coupang }
    return await onGatedMarket(options, kinds, async ({ market, gates }) => {
      const worker = keepRunning('worker', () => market.environment)
      try {
        const restart = async () => {
          await killEmbedded(dataDir)
          await startEmbedded({ dataDir, log: () => {} })
        }
        return await playRounds({ rounds, seed, say }, market, Object.values(gates), { worker: worker.kill, restart })
      } finally {
        await worker.stop()
      }
    })
  } finally {
    await postgres.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

type Kills = { worker: () => Promise<void>; restart: () => Promise<void> }

async function playRounds(
  { rounds, seed, say }: Pick<ChaosOptions, 'rounds' | 'seed' | 'say'>,
  market: Market,
  gates: readonly Gate[],
  kills: Kills,
): Promise<ChannelChaosResult> {
  const random = seededRandom(seed)
  const killed = { worker: 0, postgres: 0 }
  const during: ChannelChaosResult['during'] = {}
  const trade = await openTrade(market, seed)
  try {
    const isUnderWay = async () => trade.judge().shipped > 0 && trade.judge().cancelled > 0
    await until(isUnderWay, 2 * PATIENCE_MS, trade.untold)
    for (let round = 0; round < rounds; round++) {
      // Every kind once before any twice.
      const asked = KINDS_OF_QUESTION[(round + seed) % KINDS_OF_QUESTION.length]!
      const moment = MOMENTS[Math.floor(random.next() * MOMENTS.length)]!
      const held = gates.map((gate) => gate.hold(QUESTIONS[asked], moment))
      const reached = held.map(({ reached }) => reached.then(() => true))
      const found = (await Promise.race([...reached, sleep(HELD_WITHIN_MS, false)])) ? asked : 'none'
      for (const one of held) one.forget()
      const victim = round % POSTGRES_EVERY === POSTGRES_EVERY - 1 ? 'postgres' : 'worker'
      if (victim === 'postgres') await kills.restart()
      // What is held is never answered, so its asker goes as well.
      await kills.worker()
      for (const one of held) await one.deliver()
      killed[victim]++
      during[found] = (during[found] ?? 0) + 1
      say(`channels, round ${round + 1}: killed ${victim} with ${found} open (${moment}); ${trade.sold()} lines sold`)
    }
    const from = performance.now()
    await trade.stopBuying()
    const left = await settled(market, trade, say)
    const settledMs = Math.round(performance.now() - from)
    return { rounds, killed, during, settledMs, unsettled: left.length, ...(await judge(market, trade)) }
  } finally {
    await trade.close()
  }
}

/** Waits until nothing is to be told any more and all is true; answers what is not, in words. */
async function settled(market: Market, trade: Trade, say: (line: string) => void): Promise<string[]> {
  let left: string[] = ['nothing was looked at']
  const look = async () => {
    left = [...(await differences(market)), ...(await trade.untold())]
    left.push(...offSale(market).map(({ item }) => `${item} is off sale`))
    return left.length === 0
  }
  await until(look, SETTLES_WITHIN_MS).catch(() => {
    for (const line of left) say(`left: ${line}`)
  })
  return left
}

async function judge(market: Market, trade: Trade) {
  const { url, db } = market.shop
  const books = await check({ url, db, newId, clock: realClock, progress: () => {} })
  return {
    ...trade.judge(),
    leftOffSale: offSale(market).length,
    soldTwice: await unitsSoldTwice(market),
    violations: books.violations,
  }
}
