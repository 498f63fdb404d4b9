import type { Database, Tx } from '../../kernel/db.ts'
import * as sql from './queries.ts'

/** Makes a company under the id the transaction has stated. */
export function createCompany(tx: Tx, company: { id: string; name: string }): void {
  sql.insertCompany(tx, company)
  sql.insertCompanyId(tx, company.id)
}

/** Every company's id, and nothing else of it: what a worker knows before it states one. At most 10,000. */
export const companyIds = async (db: Database): Promise<string[]> =>
  (await db.ask(sql.COMPANY_IDS, [])).map((row) => row.company_id)

export const companyName = (tx: Tx, company: string): Promise<string | null> => sql.companyName(tx, company)
