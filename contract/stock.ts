import { z } from 'zod'
import { line, sku } from './catalog.ts'
import { quantity, signedQuantity } from './numbers.ts'

const warehouseCode = line(50)
  .min(1)
  .regex(/^\S(?:.*\S)?$/u, 'no blanks around it')

/** POST /v1/stock/receive: goods came in. */
export const receiveGoods = z.strictObject({
  lines: z
    .array(
      z.strictObject({
        sku,
        warehouse: warehouseCode,
        quantity: z.int().min(1).max(1_000_000),
        reason: line(100).min(1).optional(),
        note: line(500).optional(),
      }),
    )
    .min(1)
    .max(200),
})

/** POST /v1/stock/adjust: goods were counted. */
export const adjustStock = z.strictObject({
  lines: z
    .array(
      z.strictObject({
        sku,
        warehouse: warehouseCode,
        /** What was counted, reserved goods not yet shipped included. */
        onHand: z.int().min(0).max(1_000_000_000),
        /** The onHand the counter saw. If it is another now, nothing is changed and the answer says what it is. */
        saw: quantity,
        reason: line(100).min(1),
        note: line(500).optional(),
      }),
    )
    .min(1)
    .max(200),
})

/** The levels after the change. */
export const levelsAnswer = z.object({
  lines: z.array(z.object({ sku: z.string(), warehouse: z.string(), onHand: quantity, reserved: quantity })),
  /** Orders and holds that lost their units to a count. */
  displaced: z.array(
    z.object({ source: z.string(), ref: z.string(), state: z.enum(['held', 'firm']), quantity: z.int() }),
  ),
})

/** GET /v1/stock/{sku}. A set has no levels of its own: its available number follows from its components. */
export const stockAnswer = z.object({
  id: z.uuid(),
  sku: z.string(),
  onHand: quantity,
  reserved: quantity,
  available: signedQuantity,
  /** Units that channels may still sell by themselves. */
  promised: quantity,
  levels: z.array(
    z.object({
      warehouse: z.string(),
      name: z.string(),
      sellable: z.boolean(),
      onHand: quantity,
      reserved: quantity,
      version: z.int(),
    }),
  ),
  components: z.array(z.object({ sku: z.string(), quantity: z.int(), available: signedQuantity })),
})

/** POST /v1/warehouses */
export const newWarehouse = z.strictObject({
  code: warehouseCode,
  name: line(100).min(1),
  address: line(300).optional(),
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
  /** 1 is taken from first. */
  priority: z.int().min(1).max(1_000),
  /** Damaged goods lie in a warehouse that is not. */
  sellable: z.boolean(),
})

export const warehouseAnswer = z.object({
  id: z.uuid(),
  code: z.string(),
  name: z.string(),
  address: z.string(),
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  priority: z.int(),
  sellable: z.boolean(),
})

export const warehouseList = z.object({ warehouses: z.array(warehouseAnswer) })
