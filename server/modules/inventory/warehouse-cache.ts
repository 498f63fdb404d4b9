import type { Clock } from '../../kernel/clock.ts'
import type { Database } from '../../kernel/db.ts'
import { MAX_CANDIDATES } from './requests.ts'
import { listWarehouses } from './warehouses.ts'

const FRESH_MS = 2_000
const COMPANIES_MAX = 10_000

/** Where a company's own orders are taken from, best first, at most MAX_CANDIDATES; from memory for two seconds. */
export type OwnWarehouses = {
  of(company: string): Promise<readonly string[]>
  forget(company: string): void
}

export function openOwnWarehouses(db: Database, clock: Clock): OwnWarehouses {
  const kept = new Map<string, { ids: Promise<readonly string[]>; until: number }>()

  const ask = async (company: string): Promise<readonly string[]> => {
    const warehouses = await db.transaction([company], listWarehouses)
    return warehouses
      .filter((warehouse) => warehouse.sellable)
      .slice(0, MAX_CANDIDATES)
      .map((warehouse) => warehouse.warehouseId)
  }

  return {
    of(company) {
      const entry = kept.get(company)
      if (entry && entry.until > clock.monotonic()) return entry.ids
      const ids = ask(company)
      kept.delete(company)
      kept.set(company, { ids, until: clock.monotonic() + FRESH_MS })
      for (const oldest of kept.keys()) {
        if (kept.size <= COMPANIES_MAX) break
        kept.delete(oldest)
      }
      // A failure is not remembered: the next order asks again.
      ids.catch(() => kept.delete(company))
      return ids
    },
    forget: (company) => {
      kept.delete(company)
    },
  }
}
