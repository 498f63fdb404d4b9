import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDatabase } from '../../../test/database.ts'
import { type Keys, looseLookUpsOf } from '../../../test/plans.ts'
import { sessionSettings } from '../../kernel/db.ts'
import '../orders/index.ts'
import './alarm-queries.ts'

/** What collections ask of tables that grow: on tables nobody has analysed, pinned plans filtered a whole company. */

const HOT: Readonly<Record<string, Keys>> = {
  channels_insert_alarms: { alarm: ['kind at company_id', 'at company_id'] },
  orders_lock_claims_by_key: { claim: ['connection_id external_key company_id'] },
  orders_claims_nobody_told_back: {
    claim: ['external_order_id connection_id company_id'],
    claim_line: ['company_id claim_id'],
  },
  orders_lock_claims: { claim: ['company_id claim_id'] },
  orders_lock_free_claims: { claim: ['company_id claim_id'] },
  orders_answers_of_claims: { claim_answer: ['company_id claim_id'] },
  // By what is due at the connection, too: a handful.
  orders_lease_answers: {
    claim_answer: ['company_id claim_id', 'company_id claim_id answer', 'company_id connection_id due_at'],
  },
  orders_answers_due: { claim_answer: ['company_id connection_id due_at'] },
}

let database: Awaited<ReturnType<typeof openTestDatabase>>
let owner: pg.Client
beforeAll(async () => {
  database = await openTestDatabase()
  owner = new pg.Client({ connectionString: database.url })
  await owner.connect()
})
afterAll(async () => {
  await owner.end()
  await database.close()
})

const looseLookUps = () => looseLookUpsOf(database.url, sessionSettings(30_000), HOT)

test('on an empty database every look-up names its whole key in the index condition', async () => {
  expect(await looseLookUps()).toEqual([])
})

// Some hundreds of rows are where a key of its own and the primary key look most alike.
test('the same with 30 to 20,000 claims and alarms, before and after the first ANALYZE', async () => {
  let from = 1
  for (const to of [30, 300, 2_000, 8_000, 20_000]) {
    await fill(from, to)
    expect(await looseLookUps(), `${to} rows`).toEqual([])
    from = to + 1
  }
  await owner.query('analyze')
  expect(await looseLookUps()).toEqual([])
})

/** Claims of one company, with an answer each, and as many alarms. */
async function fill(from: number, to: number): Promise<void> {
  const id = (n: string) => `('00000000-0000-7000-8000-' || lpad((${n})::text, 12, '0'))::uuid`
  await owner.query(`set session_replication_role = replica`)
  for (const sql of [
    `insert into orders.claim (company_id, claim_id, connection_id, channel, external_key, external_order_id, kind, state,
       opened_by, fault_by, reason, requested_at, changed_at, warehouses, created_at)
     select ${id('0')}, ${id('n')}, ${id('n % 5')}, 'naver', n::text, n::text, 'cancel', 'done', 'marketplace', 'buyer', '',
       kernel.now(), kernel.now(), '{}', kernel.now() from generate_series(${from}, ${to}) n`,
    `insert into orders.claim_answer (company_id, claim_id, answer, connection_id, reason, answered_by, answered_at,
       given_in, told, due_at, attempts)
     select ${id('0')}, ${id('n')}, 'approve', ${id('n % 5')}, '', 'me', kernel.now(), 'requested', 'told', kernel.now(), 1
     from generate_series(${from}, ${to}) n`,
    `insert into channels.alarm (company_id, alarm_id, kind, connection_id, units, facts, at)
     select ${id('0')}, ${id('n')}, 'hand_edit', ${id('n % 5')}, 1, '{}', kernel.now() - make_interval(mins => n)
     from generate_series(${from}, ${to}) n`,
  ]) {
    await owner.query(sql)
  }
}
