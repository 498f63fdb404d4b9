import { statement, type Tx } from '../../kernel/db.ts'
import type { AnswerKey, Remembered } from './idempotency.ts'

const INSERT_COMPANY = statement<never>(
  'access_insert_company',
  'insert into access.company (company_id, name, created_at) values ($1, $2, kernel.now())',
)
const INSERT_COMPANY_ID = statement<never>(
  'access_insert_company_id',
  'insert into access.company_id (company_id) values ($1)',
)
export const COMPANY_IDS = statement<{ company_id: string }>(
  'access_company_ids',
  'select company_id from access.company_id order by company_id limit 10000',
)
const COMPANY_NAME = statement<{ name: string }>(
  'access_company_name',
  'select name from access.company where company_id = $1',
)
const INSERT_API_KEY = statement<never>(
  'access_insert_api_key',
  `insert into access.api_key (company_id, api_key_id, name, secret_hash, created_at)
   values ($1, $2, $3, $4, kernel.now())`,
)
const FIND_API_KEY = statement<{ name: string; secret_hash: Buffer }>(
  'access_find_api_key',
  `select name, secret_hash from access.api_key
   where company_id = $1 and api_key_id = $2 and revoked_at is null`,
)
const FIND_ANSWER = statement<{ body_hash: Buffer; status: number; answer: unknown }>(
  'access_find_answer',
  `select body_hash, status, answer from access.idempotency_key
   where company_id = $1 and actor = $2 and route = $3 and key = $4
     and created_at > kernel.now() - interval '15 days'`,
)
const FORGET_OLD_ANSWER = statement<never>(
  'access_forget_old_answer',
  `delete from access.idempotency_key
   where company_id = $1 and actor = $2 and route = $3 and key = $4
     and created_at <= kernel.now() - interval '15 days'`,
)
const INSERT_ANSWER = statement<never>(
  'access_insert_answer',
  `insert into access.idempotency_key (company_id, actor, route, key, body_hash, status, answer, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, kernel.now())`,
)

export const insertCompany = (tx: Tx, company: { id: string; name: string }): void =>
  tx.write(INSERT_COMPANY, [company.id, company.name])
export const insertCompanyId = (tx: Tx, id: string): void => tx.write(INSERT_COMPANY_ID, [id])

export async function companyName(tx: Tx, company: string): Promise<string | null> {
  return (await tx.query(COMPANY_NAME, [company]))[0]?.name ?? null
}

export const insertApiKey = (tx: Tx, key: { company: string; id: string; name: string; hash: Buffer }): void =>
  tx.write(INSERT_API_KEY, [key.company, key.id, key.name, key.hash])

export async function findApiKey(tx: Tx, company: string, id: string) {
  return (await tx.query(FIND_API_KEY, [company, id]))[0] ?? null
}

export async function findAnswer(tx: Tx, key: AnswerKey): Promise<Remembered | null> {
  const row = (await tx.query(FIND_ANSWER, [key.company, key.actor, key.route, key.key]))[0]
  return row ? { bodyHash: row.body_hash, status: row.status, answer: row.answer } : null
}

/** A key is free again after 15 days; a younger answer fails the transaction: a twin was faster. */
export function insertAnswer(tx: Tx, key: AnswerKey, { bodyHash, status, answer }: Remembered): void {
  tx.write(FORGET_OLD_ANSWER, [key.company, key.actor, key.route, key.key])
  tx.write(INSERT_ANSWER, [key.company, key.actor, key.route, key.key, bodyHash, status, JSON.stringify(answer)])
}
