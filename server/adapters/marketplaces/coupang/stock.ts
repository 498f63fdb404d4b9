import { z } from 'zod'
import { ChannelFault, type ItemQuantity, type StockReading } from '../../../modules/channels/adapter.ts'
import { expectShape, units } from '../answers.ts'
import { isNumberId } from '../digits.ts'
import type { Ask } from './call.ts'

const VENDOR_ITEMS = '/v2/providers/seller_api/apis/api/v1/marketplace/vendor-items'

/** One call an item; the answer repeats no number, so there is nothing to observe in it. */
export async function writeStock(ask: Ask, items: readonly ItemQuantity[]): Promise<null> {
  for (const { item, quantity } of items) {
    await ask({ method: 'PUT', path: `${VENDOR_ITEMS}/${numbered(item)}/quantities/${quantity}` })
  }
  return null
}

/** Throws `not_found` for an item the marketplace does not know. */
export async function readStock(ask: Ask, unit: string): Promise<StockReading> {
  const answer = await ask({ method: 'GET', path: `${VENDOR_ITEMS}/${numbered(unit)}/inventories` })
  const { amountInStock, onSale } = expectShape(inventoryAnswer, answer, 'inventories').data
  return { unit, items: [{ item: unit, quantity: amountInStock, onSale, sellerCode: null }] }
}

/** Stops or resumes the sale of one option. Either is taken whatever the state was. */
export async function writeOnSale(ask: Ask, unit: string, onSale: boolean): Promise<void> {
  await ask({ method: 'PUT', path: `${VENDOR_ITEMS}/${numbered(unit)}/sales/${onSale ? 'resume' : 'stop'}` })
}

/** What is no number must not become part of a path. */
function numbered(item: string): string {
  if (!isNumberId(item))
    throw new ChannelFault('not_found', '', { why: { reason: 'id_malformed', what: item.slice(0, 40) } })
  return item
}

const inventoryAnswer = z.object({ data: z.object({ amountInStock: units, onSale: z.boolean() }) })
