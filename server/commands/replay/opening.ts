import { createHash } from 'node:crypto'
import type { Tx } from '../../kernel/db.ts'
import { isId } from '../../kernel/ids.ts'
import { companyName, createCompany } from '../../modules/access/index.ts'
import { createProducts, findVariants, type NewProduct, normaliseSku } from '../../modules/catalog/index.ts'
import { applyStock, createWarehouses, listWarehouses } from '../../modules/inventory/index.ts'
import { BadInput, type CommandContext } from '../context.ts'
import { MOST_UNITS } from './fields.ts'
import type { SalesFile, Sku } from './sales-file.ts'

export const CURRENCY = 'GBP'
export const ACTOR = 'replay'
const WAREHOUSE = 'REPLAY'

/** The stage of a replay: made by the first run, found by every other. */
export type Stage = {
  company: string
  warehouse: string
  /** Variant ids in the order of the file's SKUs. */
  variants: readonly string[]
}

/**
 * Company, warehouse, products and opening stock in one transaction. The opening's reference is claimed with what it
 * received, so a company that has been opened for another file, or by another factor, is refused and left as it is.
 */
export async function openStage(
  context: CommandContext,
  file: SalesFile,
  options: { company: string; opening: number },
) {
  const { company } = options
  const received = file.skus.map((sku) => openingOf(sku, options.opening))
  return context.db.transaction([company], async (tx): Promise<Stage> => {
    if ((await companyName(tx, company)) === null) {
      createCompany(tx, { id: company, name: `replay ${file.hash.slice(0, 12)} × ${options.opening}` })
    }
    const warehouse = await warehouseOf(tx, company)
    const variants = await variantsOf(tx, company, file.skus)
    const lines = received.flatMap((quantity, i) =>
      quantity === 0
        ? []
        : [{ variantId: variants[i]!, warehouseId: warehouse, quantity, reason: 'opening stock', note: null }],
    )
    const named = { company, source: ACTOR, ref: 'opening', actor: ACTOR }
    const [outcome] = await applyStock(tx, [{ verb: 'receive', ...named, lines }])
    if (outcome!.kind === 'conflict') {
      throw new BadInput(`company ${company} was opened for another file or another --opening; name a new --company`)
    }
    return { company, warehouse, variants }
  })
}

/** The same file opened alike is the same company, on every machine: a second run finds what the first has done. */
export function companyFor(file: SalesFile, opening: number, named: string | null): string {
  if (named !== null) {
    if (!isId(named)) throw new BadInput(`"${named}" is not a company's id`, { field: '--company' })
    return named
  }
  const hash = createHash('sha256').update(`jaego replay ${file.hash} ${opening}`).digest()
  // A name-based UUID in the form RFC 9562 leaves to applications: version 8, variant 10.
  hash[6] = (hash[6]! & 0x0f) | 0x80
  hash[8] = (hash[8]! & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

const MILLIONTHS = 1_000_000

export function checkOpening(opening: number): void {
  const whole = opening * MILLIONTHS
  if (!(opening >= 0 && opening <= 100) || Math.abs(whole - Math.round(whole)) > 1e-6) {
    throw new BadInput(`${opening} is not a factor from 0 to 100 with at most six decimals`, { field: '--opening' })
  }
}

/** Whole units, half up; in whole numbers, since 45 × 0.7 in binary is a little less than 31.5. */
export function openingOf(sku: Sku, opening: number): number {
  const doubled = BigInt(sku.sold) * BigInt(Math.round(opening * MILLIONTHS)) * 2n
  const units = Number((doubled + BigInt(MILLIONTHS)) / BigInt(2 * MILLIONTHS))
  if (units > MOST_UNITS) throw new BadInput(`${sku.code} would open with more units than can be kept`)
  return units
}

async function warehouseOf(tx: Tx, company: string): Promise<string> {
  const known = (await listWarehouses(tx)).find(({ code }) => code === WAREHOUSE)
  if (known) return known.warehouseId
  const place = { address: '', latitude: null, longitude: null, priority: 1, sellable: true }
  return createWarehouses(tx, [{ company, code: WAREHOUSE, name: 'Replay', ...place }])[0]!
}

async function variantsOf(tx: Tx, company: string, skus: readonly Sku[]): Promise<string[]> {
  const found = await findVariants(
    tx,
    company,
    skus.map(({ key }) => key),
  )
  const ids = new Map(found.map(({ sku, variantId }) => [normaliseSku(sku), variantId]))
  const missing = skus.filter(({ key }) => !ids.has(key))
  const made = createProducts(
    tx,
    missing.map((sku) => productOf(company, sku)),
  )
  for (const [i, { key }] of missing.entries()) ids.set(key, made[i]![0]!)
  return skus.map(({ key }) => ids.get(key)!)
}

const productOf = (company: string, sku: Sku): NewProduct => ({
  company,
  name: sku.name,
  status: 'active',
  description: '',
  category: '',
  tags: [],
  basePrice: sku.pence,
  currency: CURRENCY,
  variants: [
    { sku: sku.code, name: '', attributes: {}, price: sku.pence, weightGrams: null, margin: 0, components: [] },
  ],
})
