import { z } from 'zod'
import { expectShape } from '../answers.ts'
import type { Ask } from './call.ts'
import { BUCKETS } from './capabilities.ts'
import { type DetailRow, detailRow, lineOf } from './lines.ts'

/** The contract allows 300; public clients saw time-outs and ask for 100. */
const BATCH = 100

export type Detail = { row: DetailRow; raw: unknown }

/** What the marketplace shows of these product orders; ids it leaves out and rows we cannot read are missing. */
export async function readDetails(ask: Ask, ids: readonly string[]): Promise<Map<string, Detail>> {
  const shown = new Map<string, Detail>()
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = new Set(ids.slice(start, start + BATCH))
    const value = await ask({
      bucket: BUCKETS.detail,
      method: 'POST',
      path: '/v1/pay-order/seller/product-orders/query',
      body: { productOrderIds: [...batch], quantityClaimCompatibility: true },
    })
    for (const raw of expectShape(detailAnswer, value, 'detail').data ?? []) {
      const row = readable(raw)
      const id = row?.productOrder.productOrderId
      if (row && id && batch.has(id)) shown.set(id, { row, raw })
    }
  }
  return shown
}

/** A row that breaks the contract must not keep the other orders out: it waits, and the collection says so. */
function readable(raw: unknown): DetailRow | null {
  const result = detailRow.safeParse(raw)
  if (!result.success) return null
  try {
    lineOf(result.data, null, 'payment')
    return result.data
  } catch {
    return null
  }
}

const detailAnswer = z.object({ data: z.array(z.unknown()).nullish() })
