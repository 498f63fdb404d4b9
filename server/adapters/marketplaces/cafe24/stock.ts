import { z } from 'zod'
import {
  CHANNEL_FAULTS,
  ChannelFault,
  type ItemQuantity,
  type StockReading,
} from '../../../modules/channels/adapter.ts'
import { expectShape, someText } from '../answers.ts'
import { isNumberId } from '../digits.ts'
import { openWrites } from '../writes.ts'
import type { Ask } from './call.ts'
import { BUCKETS, LARGEST_QUANTITY } from './capabilities.ts'
import { partsOf } from './many.ts'

/** Of one product; there is no call for several. */
const VARIANTS_PER_CALL = 100

export type Stock = {
  set(unit: string, items: readonly ItemQuantity[]): Promise<null>
  read(unit: string): Promise<StockReading>
  setOnSale(unit: string, onSale: boolean): Promise<void>
}

export function openStock(ask: Ask): Stock {
  /** Products of which a part may stand alone: looked at before the next set, so that it is all or nothing again. */
  const doubtful = new Set<string>()

  async function set(unit: string, items: readonly ItemQuantity[]): Promise<null> {
    const product = numbered(unit)
    checkItems(items)
    if (doubtful.has(product)) {
      const known = new Set((await read(product)).items.map(({ item }) => item))
      const strange = items.filter(({ item }) => !known.has(item)).map(({ item }) => item)
      if (strange.length > 0)
        throw new ChannelFault('not_found', '', {
          why: { reason: 'item_missing', what: strange.join(', ').slice(0, 200) },
        })
    }
    const [first] = items
    if (items.length === 1 && first) await setOne(ask, product, first)
    else {
      try {
        await setAll(ask, product, items)
      } catch (error) {
        if (error instanceof ChannelFault && CHANNEL_FAULTS[error.code].applied === 'maybe') doubtful.add(product)
        throw error
      }
    }
    doubtful.delete(product)
    return null
  }

  async function read(unit: string): Promise<StockReading> {
    const product = numbered(unit)
    const { value } = await ask({
      bucket: BUCKETS.stockRead,
      method: 'GET',
      path: `products/${product}?embed=variants,inventories`,
    })
    const told = expectShape(productAnswer, value, 'product').product
    const items = told.variants.map((variant) => ({
      item: variant.variant_code,
      quantity: sellable(expectShape(counted, { ...variant, ...variant.inventories }, 'variant')),
      onSale: told.selling === 'T' && variant.selling === 'T',
      sellerCode: variant.custom_variant_code || null,
    }))
    return { unit, items }
  }

  return {
    set,
    read,
    setOnSale: async (unit, onSale) => {
      const path = `products/${numbered(unit)}`
      await ask({ bucket: BUCKETS.actions, method: 'PUT', path, request: { selling: onSale ? 'T' : 'F' } })
    },
  }
}

/**
 * Sent with every number: without counting (use_inventory F) the number means nothing, and without "sold out"
 * (display_soldout F) sales go on below zero.
 */
const COUNTED = { use_inventory: 'T', display_soldout: 'T' } as const

/** 409 is "so already". The answer repeats what was asked for, so there is nothing to observe in it. */
async function setOne(ask: Ask, product: string, { item, quantity }: ItemQuantity): Promise<void> {
  await ask({
    bucket: BUCKETS.stockWrite,
    method: 'PUT',
    path: `products/${product}/variants/${item}/inventories`,
    request: { ...COUNTED, quantity },
  })
}

async function setAll(ask: Ask, product: string, items: readonly ItemQuantity[]): Promise<void> {
  const writes = openWrites()
  for (let at = 0; at < items.length; at += VARIANTS_PER_CALL)
    await writes.run(() => setSome(ask, product, items.slice(at, at + VARIANTS_PER_CALL)))
}

async function setSome(ask: Ask, product: string, items: readonly ItemQuantity[]): Promise<void> {
  const { equal, value } = await ask({
    bucket: BUCKETS.stockWrite,
    method: 'PUT',
    path: `products/${product}/variants`,
    requests: items.map(({ item, quantity }) => ({ variant_code: item, ...COUNTED, quantity })),
  })
  // Where one that is so already keeps the others from being set, each goes by itself.
  if (equal) {
    const writes = openWrites()
    for (const item of items) await writes.run(() => setOne(ask, product, item))
    return
  }
  const parts = partsOf(value, 'variants', (row) => String(row.variant_code))
  const failed = items.flatMap(({ item }) => {
    const part = parts.get(item)
    if (part?.kind === 'done' || part?.code === 409) return []
    return [`${item} ${part ? `${part.code} ${part.message}` : 'is not in the answer'}`]
  })
  // Some numbers stand and others do not.
  if (failed.length > 0) throw new ChannelFault('unknown', `some variants were not set: ${failed.join('; ')}`)
}

function checkItems(items: readonly ItemQuantity[]): void {
  for (const { item, quantity } of items) {
    if (!/^[A-Z0-9]{12}$/.test(item)) throw new ChannelFault('not_found', `no variant code: ${item.slice(0, 40)}`)
    if (quantity > LARGEST_QUANTITY)
      throw new ChannelFault('refused', '', { why: { reason: 'quantity_too_large', what: `${quantity}` } })
  }
}

/** What is no number must not become part of a path. */
function numbered(unit: string): string {
  if (!isNumberId(unit))
    throw new ChannelFault('not_found', '', { why: { reason: 'id_malformed', what: unit.slice(0, 40) } })
  return unit
}

/** What buyers may buy: where nobody counts, or sales go on below zero, as many as there can be. */
function sellable(counter: z.infer<typeof counted>): number {
  if (counter.use_inventory === 'F' || counter.display_soldout === 'F') return LARGEST_QUANTITY
  return Math.max(0, counter.quantity)
}

const flag = z.enum(['T', 'F'])

const counted = z.object({
  quantity: z.int().min(-1_000_000_000).max(1_000_000_000),
  use_inventory: flag,
  display_soldout: flag,
})

const some = counted.partial()

const productAnswer = z.object({
  product: z.object({
    selling: flag,
    variants: z
      .array(
        some.extend({
          variant_code: z.string().regex(/^[A-Z0-9]{12}$/),
          selling: flag,
          custom_variant_code: someText(100),
          inventories: z.union([some, z.array(some).transform(([first]) => first ?? {})]).nullish(),
        }),
      )
      .min(1),
  }),
})
