import type { Clock } from '../../kernel/clock.ts'
import type { Database } from '../../kernel/db.ts'
import { normaliseSku } from './skus.ts'
import { findVariants, type Variant } from './variants.ts'

/** A price or a margin that was changed elsewhere is noticed this much later, at the latest. */
const FRESH_MS = 2_000
/** About 50 MB of variants; beyond it the ones read first go first. */
const KEPT_MAX = 50_000
/** SKUs asked for in one statement; what is more goes into the next. */
const ASKED_MAX = 5_000

/**
 * Variants by SKU from memory, so that an order costs no transaction to learn what it names.
 *
 * Only what exists is kept: a SKU made a moment ago is found at once. Concurrent misses become one query a company.
 */
export type VariantCache = {
  /** In the order asked; null where the company has no such SKU. */
  find(company: string, skus: readonly string[]): Promise<(Variant | null)[]>
  forget(company: string, skus: readonly string[]): void
}

type Waiting = { skus: Set<string>; found: Promise<Map<string, Variant>> }

export function openVariantCache(db: Database, clock: Clock): VariantCache {
  const kept = new Map<string, { variant: Variant; until: number }>()
  const waiting = new Map<string, Waiting>()

  const fromMemory = (key: string, now: number): Variant | undefined => {
    const entry = kept.get(key)
    return entry && entry.until > now ? entry.variant : undefined
  }

  const keep = (company: string, variants: readonly Variant[]) => {
    const until = clock.monotonic() + FRESH_MS
    for (const variant of variants) {
      const key = keyOf(company, variant.sku)
      kept.delete(key)
      kept.set(key, { variant, until })
    }
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT_MAX) break
      kept.delete(oldest)
    }
  }

  const ask = (company: string, skus: readonly string[]): Promise<Map<string, Variant>> => {
    const gathering = waiting.get(company)
    if (gathering && gathering.skus.size < ASKED_MAX) {
      for (const sku of skus) gathering.skus.add(sku)
      return gathering.found
    }
    const next: Waiting = { skus: new Set(skus), found: Promise.resolve(new Map()) }
    next.found = (async () => {
      // What is asked in this same turn of the event loop joins.
      await Promise.resolve()
      if (waiting.get(company) === next) waiting.delete(company)
      const variants = await db.transaction([company], (tx) => findVariants(tx, company, [...next.skus]))
      keep(company, variants)
      return new Map(variants.map((variant) => [keyOf(company, variant.sku), variant]))
    })()
    waiting.set(company, next)
    return next.found
  }

  return {
    async find(company, skus) {
      const now = clock.monotonic()
      const keys = skus.map((sku) => keyOf(company, sku))
      const found: (Variant | null | undefined)[] = keys.map((key) => fromMemory(key, now))
      const missing = skus.filter((_, i) => found[i] === undefined)
      if (missing.length === 0) return found as Variant[]
      const asked = await ask(company, missing)
      return found.map((variant, i) => variant ?? asked.get(keys[i]!) ?? null)
    },
    forget(company, skus) {
      for (const sku of skus) kept.delete(keyOf(company, sku))
    },
  }
}

const keyOf = (company: string, sku: string): string => `${company}/${normaliseSku(sku)}`
