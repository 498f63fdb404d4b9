import { type Database, statement } from './db.ts'

const ANYTHING = statement<{ ok: number }>('kernel_anything', 'select 1 as ok')

/** Whether work can be done now, for whoever sends us traffic. Never rejects. */
export async function databaseReady(db: Database): Promise<{ ok: true } | { ok: false; why: string }> {
  try {
    await db.ask(ANYTHING, [])
    return { ok: true }
  } catch {
    return { ok: false, why: 'the database does not answer' }
  }
}
