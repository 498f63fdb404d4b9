import type { FastifyPluginAsync } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { sku } from '../../../contract/catalog.ts'
import {
  adjustStock,
  levelsAnswer,
  newWarehouse,
  receiveGoods,
  stockAnswer,
  warehouseAnswer,
  warehouseList,
} from '../../../contract/stock.ts'
import type { Database, Tx } from '../../kernel/db.ts'
import type { NewId } from '../../kernel/ids.ts'
import { findVariants, normaliseSku, readVariants, type Variant } from '../catalog/index.ts'
import { applyStock } from './apply.ts'
import { readAvailability } from './availability.ts'
import type { StockOutcome } from './requests.ts'
import { levelsOfVariants } from './stock-queries.ts'
import type { OwnWarehouses } from './warehouse-cache.ts'
import { createWarehouses, listWarehouses, type Warehouse } from './warehouses.ts'

export type InventoryRouteDeps = { db: Database; newId: NewId; warehouses: OwnWarehouses }

export const inventoryRoutes =
  ({ db, newId, warehouses }: InventoryRouteDeps): FastifyPluginAsync =>
  async (plain) => {
    const app = plain.withTypeProvider<ZodTypeProvider>()

    app.post(
      '/v1/stock/receive',
      { schema: { body: receiveGoods, response: { 200: levelsAnswer } }, config: { summary: 'Goods came in' } },
      async (request, reply) => {
        const { company, actor } = request.caller
        const { lines } = request.body
        return reply.once(async (tx) => {
          const { placed, faults } = await placesOf(tx, company, lines)
          if (faults.length > 0) throw reply.refusal(wrong(faults))
          await applyStock(tx, [
            {
              ...{ verb: 'receive', company, actor, source: 'api', ref: newId() },
              lines: placed.map((at, i) => ({
                ...at,
                quantity: lines[i]!.quantity,
                reason: lines[i]!.reason ?? 'received',
                note: lines[i]!.note ?? null,
              })),
            },
          ])
          return { status: 200, body: await levelsAfter(tx, company, lines, placed, []) }
        })
      },
    )

    app.post(
      '/v1/stock/adjust',
      { schema: { body: adjustStock, response: { 200: levelsAnswer } }, config: { summary: 'Goods were counted' } },
      async (request, reply) => {
        const { company, actor } = request.caller
        const { lines } = request.body
        return reply.once(async (tx) => {
          const { placed, faults } = await placesOf(tx, company, lines)
          faults.push(...placesTwice(placed))
          if (faults.length > 0) throw reply.refusal(wrong(faults))
          const [outcome] = await applyStock(tx, [
            {
              ...{ verb: 'adjust', company, actor, source: 'api', ref: newId() },
              lines: placed.map((at, i) => ({
                ...at,
                counted: lines[i]!.onHand,
                delta: null,
                saw: lines[i]!.saw,
                reason: lines[i]!.reason,
                note: lines[i]!.note ?? null,
              })),
            },
          ])
          if (outcome!.kind === 'stale') throw reply.refusal(stale(lines, placed, outcome!))
          if (outcome!.kind !== 'adjusted') throw new Error(`adjust answered ${outcome!.kind}`)
          return { status: 200, body: await levelsAfter(tx, company, lines, placed, outcome!.displaced) }
        })
      },
    )

    app.get(
      '/v1/stock/:sku',
      {
        schema: { params: z.object({ sku }), response: { 200: stockAnswer } },
        config: { summary: 'What lies where, what is spoken for, what may still be sold' },
      },
      async (request, reply) => {
        const { company } = request.caller
        const found = await db.transaction([company], async (tx) => {
          const [variant] = await findVariants(tx, company, [request.params.sku])
          return variant ? stockOf(tx, company, variant) : null
        })
        return found ?? reply.refuse('not-found', 'There is no variant of this SKU.')
      },
    )

    app.get(
      '/v1/warehouses',
      { schema: { response: { 200: warehouseList } }, config: { summary: 'Warehouses by priority' } },
      async (request) => ({
        warehouses: (await db.transaction([request.caller.company], listWarehouses)).map(warehouseOf),
      }),
    )

    app.post(
      '/v1/warehouses',
      { schema: { body: newWarehouse, response: { 201: warehouseAnswer } }, config: { summary: 'Add a warehouse' } },
      async (request, reply) => {
        const { company } = request.caller
        const { address = '', latitude = null, longitude = null, ...rest } = request.body
        const warehouse = { company, address, latitude, longitude, ...rest }
        warehouses.forget(company)
        return reply.once(async (tx) => {
          const known = await listWarehouses(tx)
          if (known.some(({ code }) => code === warehouse.code)) {
            const errors = [{ pointer: '/code', detail: 'this code is taken' }]
            throw reply.refusal({ kind: 'already-exists', detail: 'There is a warehouse of this code.', errors })
          }
          const [warehouseId] = createWarehouses(tx, [warehouse])
          return { status: 201, body: warehouseOf({ ...warehouse, warehouseId: warehouseId! }) }
        })
      },
    )
  }

type Place = { variantId: string; warehouseId: string }
type Line = { sku: string; warehouse: string }
type Fault = { pointer: string; detail: string }

const wrong = (errors: readonly Fault[]) => ({
  kind: 'invalid-request' as const,
  detail: `The body is wrong at ${errors[0]!.pointer}: ${errors[0]!.detail}.`,
  errors,
})

/** What the lines' SKUs and warehouse codes are, and which of them are nothing of this company. */
async function placesOf(tx: Tx, company: string, lines: readonly Line[]) {
  const found = findVariants(
    tx,
    company,
    lines.map((line) => line.sku),
  )
  const codes = new Map((await listWarehouses(tx)).map(({ code, warehouseId }) => [code, warehouseId]))
  const variants = new Map((await found).map((variant) => [normaliseSku(variant.sku), variant]))
  const placed: Place[] = []
  const faults: Fault[] = []
  lines.forEach((line, i) => {
    const variant = variants.get(normaliseSku(line.sku))
    const warehouseId = codes.get(line.warehouse)
    if (!variant) faults.push({ pointer: `/lines/${i}/sku`, detail: 'there is no variant of this SKU' })
    else if (variant.components.length > 0) {
      faults.push({ pointer: `/lines/${i}/sku`, detail: 'a set has no stock of its own; name its parts' })
    }
    if (!warehouseId) faults.push({ pointer: `/lines/${i}/warehouse`, detail: 'there is no warehouse of this code' })
    placed.push({ variantId: variant?.variantId ?? '', warehouseId: warehouseId ?? '' })
  })
  return { placed, faults }
}

/** Two counts of one shelf in one request contradict each other. */
function placesTwice(placed: readonly Place[]): Fault[] {
  const seen = new Set<string>()
  return placed.flatMap(({ variantId, warehouseId }, i) => {
    if (!variantId || !warehouseId) return []
    const at = `${variantId}/${warehouseId}`
    const isTwice = seen.has(at)
    seen.add(at)
    return isTwice ? [{ pointer: `/lines/${i}`, detail: 'this SKU is counted twice in one warehouse' }] : []
  })
}

function stale(
  lines: readonly (Line & { saw: number })[],
  placed: readonly Place[],
  outcome: StockOutcome & { kind: 'stale' },
) {
  const now = outcome.lines.map(({ variantId, warehouseId, onHand }) => {
    const i = placed.findIndex((at) => at.variantId === variantId && at.warehouseId === warehouseId)
    const { sku, warehouse, saw } = lines[i]!
    return { pointer: `/lines/${i}/saw`, sku, warehouse, saw, onHand }
  })
  return {
    kind: 'stale' as const,
    detail: 'Other goods came or went since the count began. Nothing was changed.',
    errors: now.map(({ pointer, onHand }) => ({ pointer, detail: `onHand is ${onHand} now` })),
    more: { lines: now },
  }
}

async function levelsAfter(
  tx: Tx,
  company: string,
  lines: readonly Line[],
  placed: readonly Place[],
  displaced: (StockOutcome & { kind: 'adjusted' })['displaced'],
) {
  const levels = await levelsOfVariants(
    tx,
    company,
    placed.map(({ variantId }) => variantId),
  )
  return {
    lines: lines.map(({ sku, warehouse }, i) => {
      const at = placed[i]!
      const level = levels.find((row) => row.variantId === at.variantId && row.warehouseId === at.warehouseId)!
      return { sku, warehouse, onHand: level.onHand, reserved: level.reserved }
    }),
    displaced: displaced.map(({ source, ref, state, quantity }) => ({ source, ref, state, quantity })),
  }
}

async function stockOf(tx: Tx, company: string, variant: Variant) {
  const ids = [variant.variantId, ...variant.components.map(({ variantId }) => variantId)]
  const [own, ...parts] = await readAvailability(
    tx,
    ids.map((variantId) => ({ company, variantId })),
  )
  const levels = await levelsOfVariants(tx, company, [variant.variantId])
  const names = await readVariants(
    tx,
    variant.components.map(({ variantId }) => ({ company, variantId })),
  )
  const components = variant.components.map(({ variantId, quantity }, i) => ({
    sku: names.find((name) => name.variantId === variantId)?.sku ?? '',
    quantity,
    available: parts[i]!.available,
  }))
  return {
    id: variant.variantId,
    sku: variant.sku,
    ...{ onHand: own!.onHand, reserved: own!.reserved, promised: own!.promised },
    available: components.length > 0 ? setsIn(components) : own!.available,
    levels,
    components,
  }
}

const setsIn = (parts: readonly { quantity: number; available: number }[]): number =>
  Math.min(...parts.map(({ quantity, available }) => Math.floor(available / quantity)))

const warehouseOf = ({ company: _, warehouseId, ...rest }: Warehouse) => ({ id: warehouseId, ...rest })
