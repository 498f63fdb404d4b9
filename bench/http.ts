import { Worker } from 'node:worker_threads'
import fastify, { type FastifyInstance } from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import { newOrder, orderTaken } from '../contract/orders.ts'
import { hooks } from '../server/compose.ts'
import { openHttp } from '../server/http/server.ts'
import { realClock } from '../server/kernel/clock.ts'
import { type Database, openDatabase } from '../server/kernel/db.ts'
import { openGroupCommit } from '../server/kernel/group-commit.ts'
import { idsFrom } from '../server/kernel/ids.ts'
import { openLog } from '../server/kernel/log.ts'
import { realRandom } from '../server/kernel/random.ts'
import { createApiKey } from '../server/modules/access/index.ts'
import { openOrderNumbers, orderLane } from '../server/modules/orders/index.ts'
import type { Measured, Round } from './http-client.ts'
import type { BenchOptions } from './options.ts'
import { onOwnServer } from './server.ts'
import { bookViolations, setUpStall } from './stall.ts'

/**
 * One order a request over keep-alive, durable and with every row, beside a bare Fastify endpoint that validates the
 * same body by the same schema, answers with the same shape, and does nothing. Rounds of both are interleaved.
 *
 * The client runs in a thread of its own on the same two cores as the server and PostgreSQL.
 */
const ROUNDS = 5
const VARIANTS = 1_000
const CASES = ([64, 256] as const).flatMap((connections) =>
  (['uniform', 'hot'] as const).map((sku) => ({ connections, sku })),
)
type Case = (typeof CASES)[number]
const newId = idsFrom(realClock, realRandom)

/** With the CPU time of the server's own thread for an answer, which neighbours on the machine do not change. */
type Asked = Measured & { cpuUs: number }

type Served = { name: 'order' | 'keyed' | 'bare'; port: number; head: string; keyed: boolean }

export const bench = (options: BenchOptions) => onOwnServer((url) => run(url, options))

async function run(url: string, options: BenchOptions) {
  const db = openDatabase({ url, newId, connections: 4 })
  const { company } = await setUpStall(db, newId, VARIANTS)
  const product = await openProduct(url, db, company)
  const bare = await openBare()
  const host = (port: number) => `Host: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n`
  const head = `${host(product.port)}Authorization: Bearer ${product.key}\r\n`
  const served: Served[] = [
    { name: 'order', port: product.port, head, keyed: false },
    { name: 'keyed', port: product.port, head, keyed: true },
    { name: 'bare', port: bare.port, head: host(bare.port), keyed: false },
  ]
  const cases = []
  for (const shape of CASES) {
    if (!`${shape.connections} ${shape.sku}`.includes(options.only)) continue
    const measured = await measure(served, shape, options.seconds)
    cases.push(measured)
    console.error(row(measured))
  }
  const violations = await bookViolations(db, company)
  console.error(`violations ${violations}`)
  await product.close()
  await bare.close()
  await db.close()
  // The headline is always the same case, 256 connections on one SKU: picking the best one would pick the luckiest.
  return { ...cases.at(-1), cases, violations }
}

async function openProduct(url: string, db: Database, company: string) {
  const key = await db.transaction([company], async (tx) => createApiKey(tx, company, 'bench', realRandom))
  const lane = openGroupCommit(
    { url, newId, connections: 1, clock: realClock, lanes: 2, subscribers: hooks },
    orderLane,
  )
  const app = await openHttp({
    ...{ db, lane, newId, clock: realClock, log: openLog('error'), plugins: [] },
    numbers: openOrderNumbers(db, realClock),
    ready: async () => ({ ok: true }),
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const close = async () => {
    await app.close()
    await lane.close()
  }
  return { key, port: portOf(app), close }
}

async function openBare() {
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler)
  const { $schema: _, ...answer } = orderTaken.toJSONSchema({ target: 'draft-7' })
  app.post('/v1/orders', { schema: { body: newOrder, response: { 201: answer } } }, async (_request, reply) => {
    reply.code(201)
    return { id: newId(), number: 'ORD-20261120-000001', state: 'paid', short: [] }
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: portOf(app), close: () => app.close() }
}

const portOf = (app: FastifyInstance): number => Number(new URL(app.listeningOrigin).port)

async function measure(served: readonly Served[], shape: Case, seconds: number) {
  const rounds: Record<Served['name'], Asked[]> = { order: [], keyed: [], bare: [] }
  const ms = (seconds * 1_000) / ROUNDS
  for (const one of served) await ask(one, shape, ms, 'warm')
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of served) rounds[one.name].push(await ask(one, shape, ms, `${round}`))
  }
  const rate = (name: Served['name']) => median(rounds[name].map(({ answers, seconds }) => answers / seconds))
  const cpu = (name: Served['name']) => median(rounds[name].map(({ cpuUs }) => cpuUs))
  const took = rounds.order.flatMap((round) => round.took).sort((a, b) => a - b)
  return {
    ...shape,
    order_rps: rate('order'),
    keyed_order_rps: rate('keyed'),
    bare_rps: rate('bare'),
    ratio: rate('order') / rate('bare'),
    p50_ms: at(took, 0.5),
    p99_ms: at(took, 0.99),
    order_cpu_us: cpu('order'),
    keyed_order_cpu_us: cpu('keyed'),
    bare_cpu_us: cpu('bare'),
  }
}

async function ask(served: Served, { connections, sku }: Case, ms: number, name: string): Promise<Asked> {
  const { port, head, keyed } = served
  const round: Round = {
    ...{ port, head, keyed, connections, ms, path: '/v1/orders' },
    skus: sku === 'hot' ? 1 : VARIANTS,
    body: ['{"externalId":"', '","lines":[{"sku":"BRK-', '","quantity":1,"unitPrice":9900}],"buyerName":"Kim"}'],
    name: `${served.name}-${connections}-${sku}-${name}`,
  }
  const before = process.threadCpuUsage()
  const measured = await inThread(round)
  const { user, system } = process.threadCpuUsage(before)
  if (Object.keys(measured.others).length > 0) {
    throw new Error(`${served.name} answered otherwise: ${JSON.stringify(measured.others)}`)
  }
  return { ...measured, cpuUs: (user + system) / measured.answers }
}

const inThread = (round: Round): Promise<Measured> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./http-client.ts', import.meta.url), { workerData: round })
    worker.once('message', resolve)
    worker.once('error', reject)
  })

const row = (m: Awaited<ReturnType<typeof measure>>) =>
  `${String(m.connections).padStart(4)} connections, ${m.sku.padEnd(7)}: ${m.order_rps.toFixed(0).padStart(6)} orders/s` +
  `  with keys ${m.keyed_order_rps.toFixed(0).padStart(6)}/s  bare ${m.bare_rps.toFixed(0).padStart(6)}/s` +
  `  ratio ${m.ratio.toFixed(2)}  p50 ${m.p50_ms.toFixed(2)} ms  p99 ${m.p99_ms.toFixed(2)} ms` +
  `  CPU of the server's thread an answer: ${m.order_cpu_us.toFixed(0)} µs, bare ${m.bare_cpu_us.toFixed(0)} µs`

const at = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0
const median = (numbers: number[]): number =>
  at(
    [...numbers].sort((a, b) => a - b),
    0.5,
  )
