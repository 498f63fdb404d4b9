import pg from 'pg'
import { laneSettings } from '../server/kernel/db.ts'
import type { NewOrder } from '../server/modules/orders/index.ts'

/**
 * The version a good engineer writes first: one transaction an order, SELECT FOR UPDATE, check, UPDATE, INSERTs,
 * COMMIT. The same tables, rows, role, row-level security and constraints as the product; every statement prepared.
 * Levels are locked in key order, since without that three-line orders deadlock.
 */
export async function openNaive(url: string, connections: number, newId: () => string) {
  const pool = new pg.Pool({ connectionString: url, max: connections, options: laneSettings() })
  pool.on('error', () => {})
  return { take: (order: NewOrder) => take(pool, order, newId), close: () => pool.end() }
}

const SQL = {
  companies: `select set_config('jaego.companies', $1, true)`,
  known: `select reservation_id from inventory.reservation where company_id = $1 and source = $2 and source_ref = $3`,
  lock: `select on_hand, reserved, version from inventory.level
         where company_id = $1 and variant_id = $2 and warehouse_id = $3 for update`,
  level: `update inventory.level set reserved = reserved + $4, version = version + 1
          where company_id = $1 and variant_id = $2 and warehouse_id = $3`,
  reservation: `insert into inventory.reservation (company_id, reservation_id, source, source_ref, fingerprint, state,
                  expires_at, extended, ship_by, created_at)
                values ($1, $2, $3, $4, $5, 'firm', null, false, null, kernel.now())`,
  reservationLine: `insert into inventory.reservation_line
                      (company_id, reservation_id, line_no, variant_id, warehouse_id, quantity, taken)
                    values ($1, $2, $3, $4, $5, $6, $6)`,
  movement: `insert into inventory.movement (company_id, variant_id, warehouse_id, version, kind, on_hand_delta,
               reserved_delta, on_hand_after, reserved_after, reason, cause, note, actor, at)
             values ($1, $2, $3, $4, 'reserve', 0, $5, $6, $7, 'order', $8, null, $9, kernel.now())`,
  marker: `insert into channels.marker (company_id, variant_id, marked_at) values ($1, $2, kernel.now())`,
  order: `insert into orders.order (company_id, order_id, number, channel, connection_id, external_id, state, currency,
            subtotal, shipping_fee, discount, tax, total, buyer_name, shipping_address, billing_address, country,
            ordered_at, paid_at, taken_at, short, unmapped, hold)
          values ($1, $2, $3, $4, null, $5, 'paid', 'KRW', $6, 0, 0, 0, $6, $7, null, null, null, kernel.now(),
            kernel.now(), kernel.now(), false, false, false)`,
  line: `insert into orders.order_line (company_id, order_id, line_no, reservation_id, variant_id, listing_id,
           multiplier, sku, product_name, variant_name, unit_price, quantity, subtotal, state)
         values ($1, $2, $3, $2, $4, null, 1, $5, $6, $7, $8, $9, $10, 'paid')`,
} as const

async function take(pool: pg.Pool, order: NewOrder, newId: () => string): Promise<void> {
  const client = await pool.connect()
  const run = (name: keyof typeof SQL, values: unknown[]) => client.query({ name, text: SQL[name], values })
  const { company, channel, externalId } = order
  const warehouse = order.warehouses[0]!
  try {
    await client.query('begin')
    await run('companies', [`{${company}}`])
    const known = await run('known', [company, channel, externalId])
    if (known.rowCount) throw new Error('a repeat')
    const id = newId()
    await run('reservation', [company, id, channel, externalId, 'fingerprint'])
    const subtotal = order.lines.reduce((sum, line) => sum + line.unitPrice * line.quantity, 0)
    await run('order', [company, id, order.number, channel, externalId, subtotal, order.buyerName])
    const lines = order.lines.map((line, i) => ({ ...line, lineNo: i + 1, variant: line.variantId! }))
    for (const line of lines.toSorted((a, b) => (a.variant < b.variant ? -1 : 1))) {
      const level = (await run('lock', [company, line.variant, warehouse])).rows[0]
      if (level.on_hand - level.reserved < line.quantity) throw new Error('short')
      await run('level', [company, line.variant, warehouse, line.quantity])
      const after = level.reserved + line.quantity
      await run('reservationLine', [company, id, line.lineNo, line.variant, warehouse, line.quantity])
      await run('movement', [
        company,
        line.variant,
        warehouse,
        level.version + 1,
        line.quantity,
        level.on_hand,
        after,
        id,
        order.actor,
      ])
      await run('marker', [company, line.variant])
      const { sku, productName, variantName, unitPrice, quantity } = line
      const amount = unitPrice * quantity
      await run('line', [
        company,
        id,
        line.lineNo,
        line.variant,
        sku,
        productName,
        variantName,
        unitPrice,
        quantity,
        amount,
      ])
    }
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}
