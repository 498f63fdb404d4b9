import { z } from 'zod'
import { line } from './catalog.ts'
import { faultWhy } from './faults.ts'
import { instant } from './numbers.ts'

/** As it stands on the label: text, since leading zeros count. */
const invoice = z
  .string()
  .max(40)
  .regex(/^[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?$/, 'digits, letters and dashes, as on the label')
const carrier = line(30).min(1)
/** The order's id, or its number (ORD-…). */
const orderName = line(100).min(1)
const unitsSent = z.int().min(1).max(1_000_000)
const lineNo = z.int().min(1).max(2_147_483_647)
/** When it left; now, when it is not given. */
const shippedAt = z.iso.datetime({ offset: true }).max(40).optional()

/**
 * POST /v1/shipments: parcels that leave together with their goods; all or nothing. Of goods that have left, another
 * carrier or invoice puts their parcel right, and its marketplace is told, where it can be corrected.
 */
export const newShipments = z.strictObject({
  shipments: z
    .array(
      z.strictObject({
        order: orderName,
        carrier,
        invoice,
        shippedAt,
        /** Everything open, when they are not given; a line's whole rest, when no quantity is. */
        lines: z
          .array(z.strictObject({ lineNo, quantity: unitsSent.optional() }))
          .min(1)
          .max(200)
          .refine((lines) => new Set(lines.map((one) => one.lineNo)).size === lines.length, 'each line once')
          .optional(),
      }),
    )
    .min(1)
    .max(50),
})

/** POST /v1/shipments/bulk: the rows of a sheet. Rows of one order, carrier and invoice are one parcel; each parcel goes on its own. */
export const bulkShipments = z
  .array(z.strictObject({ order: orderName, carrier, invoice, shippedAt, lineNo: lineNo.optional() }))
  .min(1)
  .max(500)

const shipmentLine = z.object({
  lineNo: z.int(),
  quantity: z.int(),
  /** not_needed: an order of our own. unknown: asked, and no answer was understood. refused: look at `why` and `said`. */
  telling: z.enum(['not_needed', 'pending', 'unknown', 'told', 'refused']),
  toldAt: instant.nullable(),
  /** How often the marketplace was asked. */
  attempts: z.int(),
  /** The marketplace's code, or of our own findings ours. */
  saidCode: z.string().nullable(),
  /** What the marketplace, or the network, wrote: quoted, never translated. Null: it wrote nothing. */
  said: z.string().nullable(),
  /** Why it is refused, or still waits, where we found that out ourselves. */
  why: faultWhy.nullable(),
})

export const shipmentAnswer = z.object({
  id: z.uuid(),
  orderId: z.uuid(),
  warehouseId: z.uuid().nullable(),
  carrier: z.string(),
  invoice: z.string(),
  shippedAt: instant,
  state: z.enum(['shipped', 'delivered']),
  deliveredAt: instant.nullable(),
  lines: z.array(shipmentLine),
})
export const shipmentList = z.object({ shipments: z.array(shipmentAnswer) })

/** GET /v1/shipments?order= */
export const shipmentsQuery = z.strictObject({ order: orderName })

export const bulkAnswer = z.object({
  shipped: z.int(),
  refused: z.int(),
  /** One a row, in order. */
  rows: z.array(
    z.object({
      row: z.int(),
      outcome: z.enum(['shipped', 'already', 'corrected', 'refused']),
      shipmentId: z.uuid().nullable(),
      /** Of a refused row: the field at fault as a JSON pointer, and why. */
      pointer: z.string().nullable(),
      detail: z.string().nullable(),
    }),
  ),
})

export const carrierList = z.object({ carriers: z.array(z.object({ code: z.string(), name: z.string() })) })

export type ShipmentAnswer = z.infer<typeof shipmentAnswer>
