import type { LevelAt, Reference } from './queries.ts'
import type { StockRequest } from './requests.ts'
import { levelKey, variantKey } from './world.ts'

type VariantAt = { company: string; variantId: string }

/** What a batch must lock and read before it can be decided. */
export type Needs = {
  levels: Map<string, LevelAt>
  /** Levels that goods, or a promise of goods, may come to for the first time. */
  mayBeNew: Map<string, LevelAt>
  /** Reservations that may change: locked with their lines and shortages. */
  named: Map<string, Reference>
  /** References that are only looked for. */
  repeats: Reference[]
  causes: Reference[]
  /** Variants whose available number may grow: their open shortages are filled first. */
  growing: Map<string, VariantAt>
  /** Variants that own sales may take, beside what channels were promised. */
  ownSales: Map<string, VariantAt>
  /** Variants with a margin, which what is already missing uses up. */
  withMargin: Map<string, VariantAt>
  /** Levels a count may bring below what is reserved. */
  counted: Map<string, LevelAt>
}

export function needsOf(requests: readonly StockRequest[]): Needs {
  const needs: Needs = {
    levels: new Map(),
    mayBeNew: new Map(),
    named: new Map(),
    repeats: [],
    causes: [],
    growing: new Map(),
    ownSales: new Map(),
    withMargin: new Map(),
    counted: new Map(),
  }
  for (const request of requests) addNeeds(needs, request)
  return needs
}

function addNeeds(needs: Needs, request: StockRequest): void {
  const { company, source, ref } = request
  switch (request.verb) {
    case 'reserve':
      needs.repeats.push({ company, source, ref })
      if (request.replaces !== null) addNamed(needs, { company, source, ref: request.replaces })
      for (const line of request.lines) {
        const variant = { company, variantId: line.variantId }
        if (request.drawsOn === 'free') needs.ownSales.set(variantKey(company, line.variantId), variant)
        if (line.margin > 0) needs.withMargin.set(variantKey(company, line.variantId), variant)
        for (const warehouseId of line.warehouses) {
          const key = levelKey(company, line.variantId, warehouseId)
          needs.levels.set(key, { ...variant, warehouseId })
          // Two orders within one margin must meet at a row, also where nothing has ever lain.
          if (line.margin > 0) needs.mayBeNew.set(key, { ...variant, warehouseId })
        }
      }
      break
    case 'receive':
    case 'restock':
    case 'adjust':
      needs.causes.push({ company, source, ref })
      for (const { variantId, warehouseId } of request.lines) {
        const at = { company, variantId, warehouseId }
        addGrowing(needs, at)
        needs.mayBeNew.set(levelKey(company, variantId, warehouseId), at)
        if (request.verb === 'adjust') needs.counted.set(levelKey(company, variantId, warehouseId), at)
      }
      break
    case 'release':
    case 'ship':
      addNamed(needs, { company, source, ref })
      if (request.lines !== null) needs.causes.push({ company, source, ref: partRef(request) })
      break
    default:
      addNamed(needs, { company, source, ref })
  }
}

/** Partial releases and shipments have a name of their own, so that a repeat does nothing. */
export const partRef = (request: { ref: string; once: string | null }): string => `${request.ref}#${request.once ?? ''}`

export const nameOf = ({ company, source, ref }: Reference): string => `${company}/${source}/${ref}`

export function addNamed(needs: Needs, reference: Reference): void {
  needs.named.set(nameOf(reference), reference)
}

/** A level that may have more available afterwards. */
export function addGrowing(needs: Needs, at: LevelAt): void {
  const { company, variantId, warehouseId } = at
  needs.levels.set(levelKey(company, variantId, warehouseId), at)
  needs.growing.set(variantKey(company, variantId), { company, variantId })
  needs.ownSales.set(variantKey(company, variantId), { company, variantId })
}

/** The one order in which rows are locked, here and in every process. */
export const inOrder = <At>(rows: ReadonlyMap<string, At>): At[] =>
  [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, at]) => at)
