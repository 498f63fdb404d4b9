import { type Database, statement } from '../server/kernel/db.ts'
import type { NewId } from '../server/kernel/ids.ts'
import type { Random } from '../server/kernel/random.ts'
import { createCompany } from '../server/modules/access/index.ts'
import { createProducts } from '../server/modules/catalog/index.ts'
import { applyStock, createWarehouses } from '../server/modules/inventory/index.ts'
import type { NewOrder } from '../server/modules/orders/index.ts'

/** A company with so many variants in plenty, and a maker of orders for them. */
export type Stall = {
  company: string
  order(random: Random, shape: { sku: 'hot' | 'uniform'; lines: number }): NewOrder
}

const PLENTY = 1_000_000_000
const CHUNK = 1_000

export async function setUpStall(db: Database, newId: NewId, variants: number): Promise<Stall> {
  const company = newId()
  const warehouses = await db.transaction([company], async (tx) => {
    createCompany(tx, { id: company, name: '벤치 상사' })
    const place = { company, address: '', latitude: null, longitude: null, priority: 1, sellable: true }
    return createWarehouses(tx, [{ ...place, code: 'SEOUL', name: '서울' }])
  })
  const ids: string[] = []
  for (let from = 0; from < variants; from += CHUNK) {
    ids.push(...(await addVariants(db, newId, company, warehouses[0]!, from, Math.min(CHUNK, variants - from))))
  }
  return { company, order: orderMaker(company, warehouses, ids, newId) }
}

const addVariants = (db: Database, newId: NewId, company: string, warehouseId: string, from: number, count: number) =>
  db.transaction([company], async (tx) => {
    const made = createProducts(
      tx,
      Array.from({ length: count }, (_, i) => ({
        company,
        name: `브레이크 패드 ${from + i}`,
        status: 'active' as const,
        description: '',
        category: '',
        tags: [],
        basePrice: 9_900,
        currency: 'KRW',
        variants: [
          {
            sku: `BRK-${from + i}`,
            name: '',
            attributes: {},
            price: 9_900,
            weightGrams: null,
            margin: 0,
            components: [],
          },
        ],
      })),
    ).flat()
    const lines = made.map((variantId) => ({
      variantId,
      warehouseId,
      quantity: PLENTY,
      reason: 'received',
      note: null,
    }))
    await applyStock(tx, [{ verb: 'receive', company, source: 'bench', ref: newId(), actor: 'bench', lines }])
    return made
  })

function orderMaker(company: string, warehouses: readonly string[], variants: readonly string[], newId: NewId) {
  let made = 0
  return (random: Random, shape: { sku: 'hot' | 'uniform'; lines: number }): NewOrder => {
    const orderId = newId()
    const picked = pick(random, shape, variants)
    const now = Date.now()
    return {
      company,
      orderId,
      number: `ORD-20261120-${String(++made).padStart(9, '0')}`,
      channel: 'api',
      connectionId: null,
      externalId: orderId,
      actor: 'bench',
      whenShort: 'refuse',
      holdForMs: null,
      drawsOn: 'free',
      currency: 'KRW',
      shippingFee: 0,
      discount: 0,
      tax: 0,
      buyerName: '김**',
      shippingAddress: null,
      billingAddress: null,
      country: null,
      orderedAt: now,
      paidAt: now,
      shipBy: null,
      warehouses,
      lines: picked.map((variantId) => ({
        variantId,
        sku: 'BRK',
        listingId: null,
        multiplier: 1,
        takes: [{ variantId, quantity: 1, margin: 0 }],
        productName: '브레이크 패드',
        variantName: '',
        unitPrice: 9_900,
        quantity: 1,
        state: 'paid',
        externalLineKey: null,
        actionKey: null,
      })),
    }
  }
}

/** Hot: the first line is always the same SKU. Lines of one order name different SKUs. */
function pick(random: Random, shape: { sku: 'hot' | 'uniform'; lines: number }, variants: readonly string[]): string[] {
  const picked = new Set<string>()
  if (shape.sku === 'hot') picked.add(variants[0]!)
  while (picked.size < shape.lines) picked.add(variants[Math.floor(random.next() * variants.length)]!)
  return [...picked]
}

const BOOKS = statement<{ violations: number }>(
  'bench_books',
  `select (
     (select count(*) from (
       select company_id, variant_id, warehouse_id, on_hand, reserved, version from inventory.level
       except
       select company_id, variant_id, warehouse_id, sum(on_hand_delta), sum(reserved_delta), count(*)
       from inventory.movement group by 1, 2, 3) l)
     + (select count(*) from (
       select company_id, variant_id, warehouse_id, sum(quantity) from inventory.reservation_line group by 1, 2, 3
       except
       select company_id, variant_id, warehouse_id, reserved from inventory.level) r)
   )::integer as violations`,
)

export const bookViolations = (db: Database, company: string): Promise<number> =>
  db.transaction([company], async (tx) => (await tx.query(BOOKS, []))[0]!.violations)
