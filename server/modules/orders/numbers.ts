import type { Clock } from '../../kernel/clock.ts'
import type { Database, Tx } from '../../kernel/db.ts'
import * as sql from './queries.ts'

/** Numbers leased at once: a process that dies wastes at most this many; gaps are allowed. */
const BLOCK = 1_000

/** Leases the next `count` numbers of a company's day: the first of them. One row a company and day. */
export const leaseNumbers = (tx: Tx, company: string, day: string, count: number): Promise<number> =>
  sql.leaseNumbers(tx, company, day, count)

export type OrderNumbers = { next(company: string): Promise<string> }

/**
 * Order numbers for people, `ORD-20261120-000123`, leased in blocks outside the order's transaction: a counter row
 * inside it would make every order of a company wait for every other.
 */
export function openOrderNumbers(db: Database, clock: Clock): OrderNumbers {
  const blocks = new Map<string, { next: number; end: number }>()
  const leases = new Map<string, Promise<void>>()
  let day = ''
  let dayEnds = 0
  return {
    async next(company) {
      const now = clock.now()
      if (now >= dayEnds || now < dayEnds - DAY_MS) [day, dayEnds] = [koreanDay(now), endOfKoreanDay(now)]
      // Midnight may pass while a block is leased: then `day` is another's.
      const today = day
      const key = `${company}/${today}`
      for (;;) {
        const block = blocks.get(key)
        if (block && block.next < block.end)
          return `ORD-${today.replaceAll('-', '')}-${String(block.next++).padStart(6, '0')}`
        if (!leases.has(key)) leases.set(key, lease(company, today, key))
        await leases.get(key)
      }
    },
  }

  async function lease(company: string, day: string, key: string): Promise<void> {
    try {
      const first = await db.transaction([company], (tx) => leaseNumbers(tx, company, day, BLOCK))
      blocks.set(key, { next: first, end: first + BLOCK })
      if (blocks.size > 10_000) blocks.delete(blocks.keys().next().value!)
    } finally {
      leases.delete(key)
    }
  }
}

const KOREA_MS = 9 * 3_600_000
const DAY_MS = 24 * 3_600_000

const endOfKoreanDay = (at: number): number => (Math.floor((at + KOREA_MS) / DAY_MS) + 1) * DAY_MS - KOREA_MS

/** The day in Korea, which has had no summer time since 1988: `2026-11-20`. */
export const koreanDay = (at: number): string => new Date(at + KOREA_MS).toISOString().slice(0, 10)
