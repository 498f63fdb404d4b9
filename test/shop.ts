import { realClock } from '../server/kernel/clock.ts'
import { type Database, type DatabaseOptions, openDatabase, type Tx } from '../server/kernel/db.ts'
import { idsFrom } from '../server/kernel/ids.ts'
import { realRandom } from '../server/kernel/random.ts'
import { createCompany } from '../server/modules/access/index.ts'
import { createProducts } from '../server/modules/catalog/index.ts'
import {
  applyStock,
  createWarehouses,
  type StockOutcome,
  type StockRequest,
} from '../server/modules/inventory/index.ts'
import { type OwnDatabase, onServer, openTestDatabase } from './database.ts'

/** A company with warehouses on a database of its own, and the few verbs every story needs. */
export type Shop = {
  url: string
  db: Database
  company: string
  /** By priority: SEOUL, BUSAN (both sellable), QUARANTINE (not sellable). */
  warehouses: readonly string[]
  inTx<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** A product with one variant and this much stock in SEOUL; answers the variant's id. */
  stock(sku: string, onHand: number, more?: { warehouse?: string; margin?: number; price?: number }): Promise<string>
  apply(...requests: StockRequest[]): Promise<StockOutcome[]>
  rows<Row>(sql: string, values?: unknown[]): Promise<Row[]>
  /** Moves database time forward for this database only. */
  passTime(ms: number): Promise<void>
  close(): Promise<void>
}

export const newId = idsFrom(realClock, realRandom)

/** In a migrated database of its own: one of the test run's, unless another is given. */
export async function openShop(options: Partial<DatabaseOptions> = {}, given?: OwnDatabase): Promise<Shop> {
  const database = given ?? (await openTestDatabase())
  const db = openDatabase({ url: database.url, newId, connections: 10, ...options })
  const company = newId()
  const inTx = <T>(work: (tx: Tx) => Promise<T>) => db.transaction([company], work)
  const warehouses = await inTx(async (tx) => {
    createCompany(tx, { id: company, name: '한빛 자동차부품' })
    return createWarehouses(
      tx,
      ['SEOUL', 'BUSAN', 'QUARANTINE'].map((code, i) => ({
        company,
        code,
        name: code,
        address: '',
        latitude: null,
        longitude: null,
        priority: i + 1,
        sellable: code !== 'QUARANTINE',
      })),
    )
  })
  const apply = (...requests: StockRequest[]) => inTx((tx) => applyStock(tx, requests))
  const rows = <Row>(sql: string, values: unknown[] = []) =>
    onServer(database.url, async (client) => (await client.query(sql, values)).rows as Row[])
  let passed = 0
  return {
    url: database.url,
    db,
    company,
    warehouses,
    inTx,
    apply,
    rows,
    async stock(sku, onHand, { warehouse = warehouses[0]!, margin = 0, price = 9_900 } = {}) {
      const variantId = await inTx(async (tx) => createVariant(tx, company, { sku, margin, price }))
      if (onHand > 0) await apply(receive(company, variantId, warehouse, onHand))
      return variantId
    },
    async passTime(ms) {
      passed += ms
      await rows(`create or replace function kernel.now() returns timestamptz language sql stable parallel safe
        return statement_timestamp() + interval '${passed} milliseconds'`)
    },
    async close() {
      await db.close()
      await database.close()
    },
  }
}

export function createVariant(
  tx: Tx,
  company: string,
  variant: {
    sku: string
    margin?: number
    price?: number
    components?: readonly { variantId: string; quantity: number }[]
  },
): string {
  const { sku, margin = 0, price = 9_900, components = [] } = variant
  const [[variantId]] = createProducts(tx, [
    {
      company,
      name: `${sku} 브레이크 패드`,
      status: 'active',
      description: '',
      category: '',
      tags: [],
      basePrice: price,
      currency: 'KRW',
      variants: [{ sku, name: '', attributes: {}, price, weightGrams: null, margin, components }],
    },
  ]) as [[string]]
  return variantId
}

export const receive = (company: string, variantId: string, warehouseId: string, quantity: number): StockRequest => ({
  verb: 'receive',
  company,
  source: 'receipt',
  ref: newId(),
  actor: 'test',
  lines: [{ variantId, warehouseId, quantity, reason: 'received', note: null }],
})
