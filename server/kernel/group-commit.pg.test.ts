import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { onServer, openTestDatabase } from '../../test/database.ts'
import { type Clock, realClock } from './clock.ts'
import { isConnectionLost, statement, type Tx } from './db.ts'
import {
  type GroupCommit,
  type GroupCommitOptions,
  LaneFull,
  OutcomeUnknown,
  openGroupCommit,
  type PluralVerb,
} from './group-commit.ts'
import { idsFrom } from './ids.ts'
import { realRandom } from './random.ts'

// A verb of the smallest kind: writes down an amount under a reference, once.
type Request = { ref: string; amount: number }
type Outcome = 'written' | 'already' | 'conflict' | 'found afterwards'

const newId = idsFrom(realClock, realRandom)
const COMPANY = newId()
const KNOWN = statement<{ ref: string; amount: number }>(
  'gc_known',
  'select ref, amount from tally where ref = any ($1)',
)
const ADD = statement<never>('gc_add', 'insert into tally (company_id, ref, amount) values ($1, $2, $3)')

let database: Awaited<ReturnType<typeof openTestDatabase>>
let runs: string[][]
let duringRun: ((run: number, tx: Tx) => void | Promise<void>) | null
let open: { close(): Promise<void> }[]

beforeAll(async () => {
  database = await openTestDatabase()
  await asOwner(
    `create table tally (company_id uuid, ref text, amount integer check (amount >= 0), primary key (company_id, ref))`,
  )
  await asOwner(`call kernel.wall('tally')`)
})
afterAll(() => database.close())
beforeEach(async () => {
  ;[runs, duringRun, open] = [[], null, []]
  await asOwner('delete from tally')
})
afterEach(async () => {
  for (const one of open) await one.close()
})

const verb: PluralVerb<Request, Outcome> = {
  async run(tx, requests) {
    runs.push(requests.map(({ ref }) => ref))
    await duringRun?.(runs.length, tx)
    const rows = await tx.query(KNOWN, [requests.map(({ ref }) => ref)])
    const known = new Map(rows.map(({ ref, amount }) => [ref, amount]))
    return requests.map(({ ref, amount }) => {
      const before = known.get(ref)
      if (before !== undefined) return before === amount ? 'already' : 'conflict'
      known.set(ref, amount)
      tx.write(ADD, [COMPANY, ref, amount])
      return 'written'
    })
  },
  async lookUp(tx, requests) {
    const known = new Set((await tx.query(KNOWN, [requests.map(({ ref }) => ref)])).map(({ ref }) => ref))
    return requests.map(({ ref }) => (known.has(ref) ? 'found afterwards' : null))
  },
  companyOf: () => COMPANY,
  referenceOf: ({ ref }) => ref,
  fingerprintOf: ({ amount }) => `${amount}`,
  keysOf: ({ ref }) => [ref],
}

test('calls made together, and calls made while a batch is under way, become one batch each; a lone call goes at once', async () => {
  const group = opened()
  await group.submit({ ref: 'alone', amount: 1 })
  const first = numbers(3).map((ref) => group.submit({ ref, amount: 1 }))
  duringRun = (run) => {
    if (run === 2) second = ['x', 'y'].map((ref) => group.submit({ ref, amount: 1 }))
  }
  let second: Promise<Outcome>[] = []
  await Promise.all(first)
  await Promise.all(second)
  expect(runs).toEqual([['alone'], ['0', '1', '2'], ['x', 'y']])
  expect(group.counts()).toEqual({ batches: 3, calls: 6, largest: 3 })
})

test('while as many wait the next batch leaves before this one is answered, and close waits until everybody is', async () => {
  const group = opened()
  let answered = 0
  const ask = (name: string) =>
    numbers(40).map((ref) => group.submit({ ref: `${name}${ref}`, amount: 1 }).then(() => void answered++))
  const answeredBefore: number[] = []
  let second: Promise<void>[] = []
  duringRun = (run) => {
    answeredBefore.push(answered)
    if (run === 1) second = ask('second')
  }
  await ask('first')[0]
  await group.close()
  expect({ answeredBefore, answered, asked: second.length }).toEqual({
    answeredBefore: [0, 0],
    answered: 80,
    asked: 40,
  })
})

test('one poisoned call among fifty fails alone', async () => {
  const group = opened()
  const settled = await Promise.allSettled(
    numbers(50).map((ref, i) => group.submit({ ref, amount: i === 31 ? -1 : 1 })),
  )
  expect(settled.map(({ status }, i) => (status === 'rejected' ? i : -1)).filter((i) => i >= 0)).toEqual([31])
  expect(settled[31]).toMatchObject({ reason: { code: '23514' } })
  expect(await written()).toHaveLength(49)
})

test('a batch that fails for nobody’s fault is not halved: trying each alone would only make all wait longer', async () => {
  const group = opened()
  duringRun = () => {
    throw Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' })
  }
  const settled = await Promise.allSettled(numbers(8).map((ref) => group.submit({ ref, amount: 1 })))
  expect(settled.every(({ status }) => status === 'rejected')).toBe(true)
  expect(runs).toHaveLength(1)
})

test('a full queue refuses at once; those that wait are carried out', async () => {
  const group = opened({ queueMax: 2, batchMax: 1 })
  const calls = await Promise.allSettled(numbers(5).map((ref) => group.submit({ ref, amount: 1 })))
  expect(calls.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected'])
  expect(calls[4]).toMatchObject({ reason: expect.any(LaneFull) })
  expect(await written()).toHaveLength(2)
})

test('a repeat joins the call in flight; with other content it waits and is told of the conflict', async () => {
  const group = opened()
  const outcomes = await Promise.all([1, 1, 2, 1].map((amount) => group.submit({ ref: 'A', amount })))
  expect(outcomes).toEqual(['written', 'written', 'conflict', 'written'])
  expect(runs.flat()).toEqual(['A', 'A'])
  expect(await group.submit({ ref: 'A', amount: 1 })).toBe('already')
})

test('a batch that lost a race is done again, waiting longer each time, and not for ever', async () => {
  const slept: number[] = []
  const clock: Clock = { ...realClock, sleep: async (ms) => void slept.push(ms) }
  const group = opened({ clock })
  duringRun = (run) => {
    if (run <= 3) throw Object.assign(new Error('could not obtain lock'), { code: '55P03' })
  }
  expect(await group.submit({ ref: 'A', amount: 1 })).toBe('written')
  expect(slept).toEqual([...slept].sort((a, b) => a - b))
  expect(slept.at(-1)).toBeGreaterThan(0)
  duringRun = () => {
    throw Object.assign(new Error('deadlock detected'), { code: '40P01' })
  }
  await expect(group.submit({ ref: 'B', amount: 1 })).rejects.toMatchObject({ code: '40P01' })
  expect(runs.filter(([ref]) => ref === 'B').length).toBeLessThan(20)
})

test('the same reference in another process at the same moment is written once, and the later one told so', async () => {
  const [here, there] = [opened(), opened()]
  for (const ref of numbers(20)) {
    const outcomes = await Promise.all([here.submit({ ref, amount: 1 }), there.submit({ ref, amount: 1 })])
    expect(outcomes.sort()).toEqual(['already', 'written'])
  }
})

test('a connection killed before COMMIT: the batch is done again on a new one', async () => {
  const group = opened()
  duringRun = async (run, tx) => {
    if (run === 1)
      await asOwner(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid <> pg_backend_pid()
      and datname = current_database() and state = 'idle in transaction'`)
    await tx.now()
  }
  expect(await Promise.all(numbers(3).map((ref) => group.submit({ ref, amount: 1 })))).toEqual(Array(3).fill('written'))
  expect(runs).toHaveLength(2)
})

test('a COMMIT that was applied but whose answer was lost is looked up, not run again', async () => {
  const wire = await openWire()
  const group = opened({
    url: wire.url,
    failPoints: {
      after_commit_sent: once(async () => {
        wire.swallow('answers')
        await until(async () => (await written()).length === 3)
        wire.cut()
      }),
    },
  })
  const outcomes = await Promise.all(numbers(3).map((ref) => group.submit({ ref, amount: 1 })))
  expect(outcomes).toEqual(Array(3).fill('found afterwards'))
  expect(runs).toHaveLength(1)
})

test('a COMMIT that never arrived is looked up, found missing and done again: written once', async () => {
  const wire = await openWire()
  const group = opened({
    url: wire.url,
    failPoints: {
      before_commit: once(() => wire.swallow('questions')),
      after_commit_sent: once(() => wire.cut()),
    },
  })
  const outcomes = await Promise.all(numbers(3).map((ref) => group.submit({ ref, amount: 1 })))
  expect(outcomes).toEqual(Array(3).fill('written'))
  expect([runs.length, await written()]).toEqual([2, numbers(3)])
})

test('a database that falls silent is given up on, and asked on a new connection what it did', async () => {
  const wire = await openWire()
  const group = opened({
    url: wire.url,
    statementTimeoutMs: 200,
    failPoints: { after_commit_sent: once(() => wire.swallow('answers')) },
  })
  expect(await group.submit({ ref: 'A', amount: 1 })).toBe('found afterwards')
  expect(runs).toHaveLength(1)
})

test('what a lost COMMIT left undone and fails now does not take down what is found done', async () => {
  const wire = await openWire()
  const group = opened({
    url: wire.url,
    failPoints: {
      before_commit: once(() => wire.swallow('questions')),
      after_commit_sent: once(async () => {
        await asOwner(`insert into tally values ('${COMPANY}', '0', 1)`)
        duringRun = () => {
          throw new Error('now it fails')
        }
        wire.cut()
      }),
    },
  })
  const settled = await Promise.allSettled(numbers(2).map((ref) => group.submit({ ref, amount: 1 })))
  expect(settled).toMatchObject([{ value: 'found afterwards' }, { reason: { message: 'now it fails' } }])
})

test('when nobody can be asked what became of a lost COMMIT, callers hear that it is unknown', async () => {
  const wire = await openWire()
  const group = opened({
    url: wire.url,
    clock: { ...realClock, sleep: async () => {} },
    failPoints: {
      after_commit_sent: once(async () => {
        wire.swallow('answers')
        await wire.close()
      }),
    },
  })
  await expect(group.submit({ ref: 'A', amount: 1 })).rejects.toThrow(OutcomeUnknown)
})

test('while the database is away calls wait for it, and in the end hear that it is', async () => {
  const wire = await openWire()
  await wire.close()
  const group = opened({ url: wire.url, clock: { ...realClock, sleep: async () => {} } })
  const error = await group.submit({ ref: 'A', amount: 1 }).catch((thrown: unknown) => thrown)
  expect(isConnectionLost(error)).toBe(true)
})

test('a verb that forgets an outcome acknowledges nothing', async () => {
  const group = openGroupCommit(options({}), { ...verb, run: async () => [] })
  open.push(group)
  await expect(group.submit({ ref: 'A', amount: 1 })).rejects.toThrow('0 outcomes for 1')
})

test('close waits for what is under way, refuses what comes after and leaves no connection', async () => {
  const group = opened()
  const under = group.submit({ ref: 'A', amount: 1 })
  await group.close()
  expect(await under).toBe('written')
  await expect(group.submit({ ref: 'B', amount: 1 })).rejects.toThrow(LaneFull)
  const [{ n }] = (await asOwner(`select count(*)::integer as n from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`)) as [
    { n: number },
  ]
  expect(n).toBe(0)
})

// ------------------------------------------------------------------------------------------------- small words

const options = (more: Partial<GroupCommitOptions>): GroupCommitOptions => ({
  url: database.url,
  newId,
  connections: 1,
  clock: realClock,
  lanes: 1,
  ...more,
})

function opened(more: Partial<GroupCommitOptions> = {}): GroupCommit<Request, Outcome> {
  const group = openGroupCommit(options(more), verb)
  open.push(group)
  return group
}

const numbers = (n: number): string[] => Array.from({ length: n }, (_, i) => `${i}`)

const asOwner = (sql: string) => onServer(database.url, async (server) => (await server.query(sql)).rows)

const written = async (): Promise<string[]> =>
  (await asOwner('select ref from tally order by ref')).map(({ ref }) => ref as string)

function once(work: () => void | Promise<void>): () => void | Promise<void> {
  let done = false
  return () => {
    if (done) return
    done = true
    return work()
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 1_000; looks++) if (await isSo()) return
  throw new Error('it never became so')
}

/** A wire to the database that can lose what is said on it from now on, and be cut. New connections are whole. */
async function openWire() {
  const { hostname, port } = new URL(database.url)
  type Line = { near: Socket; far: Socket; lost: 'answers' | 'questions' | null }
  const lines = new Set<Line>()
  const server: Server = createServer((near) => {
    const line: Line = { near, far: connect(Number(port), hostname), lost: null }
    lines.add(line)
    carry(line.near, line.far, () => line.lost !== 'questions')
    carry(line.far, line.near, () => line.lost !== 'answers')
    near.on('close', () => lines.delete(line))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(database.url)
  url.host = `127.0.0.1:${(server.address() as { port: number }).port}`
  const cut = () => {
    for (const { near, far } of lines) for (const end of [near, far]) end.destroy()
  }
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      cut()
    })
  const swallow = (what: 'answers' | 'questions') => {
    for (const line of lines) line.lost = what
  }
  open.unshift({ close })
  return { url: url.href, swallow, cut, close }
}

function carry(from: Socket, to: Socket, isWhole: () => boolean): void {
  from.on('data', (bytes) => {
    if (isWhole()) to.write(bytes)
  })
  from.on('error', () => {})
  from.on('close', () => to.destroy())
}
