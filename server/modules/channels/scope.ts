import type { Tx } from '../../kernel/db.ts'
import { componentsOf, readVariants, setsThatContain, type Variant } from '../catalog/index.ts'

type VariantAt = { company: string; variantId: string }

/** Everything that shares stock with some variants: sets that contain them, those sets' other parts, and so on. */
export type Scope = {
  variants: ReadonlyMap<string, Variant>
  /** Variants with stock of their own. */
  components: readonly VariantAt[]
}

/** A chain of sets longer than this is cut: what is beyond it is planned when its own stock changes. */
const ROUNDS = 4

export async function scopeOf(tx: Tx, start: readonly VariantAt[]): Promise<Scope> {
  const variants = new Map<string, Variant>()
  let fresh: readonly VariantAt[] = start
  for (let round = 0; round < ROUNDS && fresh.length > 0; round++) {
    const sets = await setsThatContain(tx, fresh)
    const read = await readVariants(
      tx,
      [...fresh, ...sets].filter((at) => !variants.has(at.variantId)),
    )
    for (const variant of read) variants.set(variant.variantId, variant)
    const parts = read.flatMap((variant) =>
      variant.components.map((part) => ({ company: variant.company, variantId: part.variantId })),
    )
    fresh = unique(parts.filter((at) => !variants.has(at.variantId)))
  }
  const own = [...variants.values()].flatMap((variant) =>
    componentsOf(variant).map((part) => ({ company: variant.company, variantId: part.variantId })),
  )
  return { variants, components: unique(own) }
}

/**
 * The variants listings stand for, and the components whose stock they take: what to lock before their rights move.
 */
export async function partsOf(
  tx: Tx,
  listings: readonly { company: string; variantId: string | null }[],
): Promise<Scope> {
  const at = listings.flatMap(({ company, variantId }) => (variantId === null ? [] : [{ company, variantId }]))
  const read = await readVariants(tx, unique(at))
  const parts = read.flatMap((variant) =>
    componentsOf(variant).map((part) => ({ company: variant.company, variantId: part.variantId })),
  )
  return { variants: new Map(read.map((variant) => [variant.variantId, variant])), components: unique(parts) }
}

const unique = (at: readonly VariantAt[]): VariantAt[] => [...new Map(at.map((one) => [one.variantId, one])).values()]

/** What one unit of a listing takes, in component units. */
export function needsOf(
  listing: { variantId: string | null; multiplier: number },
  variants: ReadonlyMap<string, Variant>,
): { variantId: string; quantity: number }[] {
  const variant = listing.variantId === null ? undefined : variants.get(listing.variantId)
  if (!variant) return []
  return componentsOf(variant).map((part) => ({
    variantId: part.variantId,
    quantity: part.quantity * listing.multiplier,
  }))
}
