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
/** With every question go variants that are in use and about to grow old: at most so many, of so many looked at. */
const ALONG_MAX = 500
const LOOKED_AT_MAX = 2_000
const AGEING_MS = 1_000

/**
 * Variants by SKU from memory, so that an order costs no transaction to learn what it names.
 *
 * Only what exists is kept: a SKU made a moment ago is found at once. A company asks one question at a time; what is
 * missed meanwhile goes into the next. Without that, a shelf of 1,000 SKUs in use cost 500 transactions a second.
 */
export type VariantCache = {
  /** In the order asked; null where the company has no such SKU. */
  find(company: string, skus: readonly string[]): Promise<(Variant | null)[]>
  forget(company: string, skus: readonly string[]): void
}

type Kept = { company: string; variant: Variant; until: number; isUsed: boolean; isAsked: boolean }
type Question = { skus: Set<string>; found: Promise<Map<string, Variant>> }

export function openVariantCache(db: Database, clock: Clock): VariantCache {
  /** In the order they were read: the oldest first. */
  const kept = new Map<string, Kept>()
  const gathering = new Map<string, Question>()
  const underWay = new Map<string, Promise<unknown>>()

  const fromMemory = (key: string, now: number): Variant | undefined => {
    const entry = kept.get(key)
    if (!entry || entry.until <= now) return undefined
    entry.isUsed = true
    return entry.variant
  }

  const keep = (company: string, variants: readonly Variant[]) => {
    const until = clock.monotonic() + FRESH_MS
    for (const variant of variants) {
      const key = keyOf(company, variant.sku)
      kept.delete(key)
      kept.set(key, { company, variant, until, isUsed: false, isAsked: false })
    }
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT_MAX) break
      kept.delete(oldest)
    }
  }

  /** Adds what others will miss soon; drops what nobody asked for while it was fresh. */
  const addAgeing = (company: string, skus: Set<string>) => {
    const now = clock.monotonic()
    let [along, lookedAt] = [0, 0]
    for (const [key, entry] of kept) {
      if (entry.until - now > AGEING_MS || along === ALONG_MAX || lookedAt++ === LOOKED_AT_MAX) return
      if (!entry.isUsed && entry.until <= now) kept.delete(key)
      if (!entry.isUsed || entry.isAsked || entry.company !== company) continue
      entry.isAsked = true
      skus.add(entry.variant.sku)
      along++
    }
  }

  const answer = async (company: string, question: Question, before: Promise<unknown> | undefined) => {
    // What is asked in this same turn of the event loop joins too.
    await (before ?? Promise.resolve()).catch(() => {})
    if (gathering.get(company) === question) gathering.delete(company)
    addAgeing(company, question.skus)
    const variants = await db.transaction([company], (tx) => findVariants(tx, company, [...question.skus]))
    keep(company, variants)
    return new Map(variants.map((variant) => [keyOf(company, variant.sku), variant]))
  }

  const ask = (company: string, skus: readonly string[]): Promise<Map<string, Variant>> => {
    const joined = gathering.get(company)
    if (joined && joined.skus.size < ASKED_MAX) {
      for (const sku of skus) joined.skus.add(sku)
      return joined.found
    }
    const question: Question = { skus: new Set(skus), found: Promise.resolve(new Map()) }
    gathering.set(company, question)
    question.found = answer(company, question, underWay.get(company))
    underWay.set(company, question.found)
    const end = () => {
      if (underWay.get(company) === question.found) underWay.delete(company)
    }
    question.found.then(end, end)
    return question.found
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
