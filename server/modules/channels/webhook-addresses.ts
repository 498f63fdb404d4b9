import type { Database } from '../../kernel/db.ts'
import { companiesOfConnections } from './sign-in-queries.ts'

/** More ids than this are not kept waiting: what their webhooks tell is found by asking, too. */
const WAITING_MAX = 1_000

/** The company of a connection; null where there is none, `full` when too many wait to know. */
export type CompanyOf = (connectionId: string) => Promise<string | null | 'full'>

/**
 * Anybody may send a webhook, to an id nobody knows, as often as he likes. All that ask at the same time are one
 * statement by key, and the next waits for it: a flood takes one connection of the database and no transaction.
 */
export function openAddresses(db: Database): CompanyOf {
  let waiting = new Map<string, PromiseWithResolvers<string | null>>()
  let isAsking = false

  const askForAll = async (): Promise<void> => {
    isAsking = true
    while (waiting.size > 0) {
      const asked = waiting
      waiting = new Map()
      try {
        const companies = await companiesOfConnections(db, [...asked.keys()])
        for (const [id, { resolve }] of asked) resolve(companies.get(id) ?? null)
      } catch (error) {
        for (const { reject } of asked.values()) reject(error)
      }
    }
    isAsking = false
  }

  return async (connectionId) => {
    const asked = waiting.get(connectionId) ?? Promise.withResolvers<string | null>()
    if (!waiting.has(connectionId) && waiting.size >= WAITING_MAX) return 'full'
    waiting.set(connectionId, asked)
    if (!isAsking) void askForAll()
    return asked.promise
  }
}
