import { expect, test } from 'vitest'
import { ChannelFault } from '../../../modules/channels/adapter.ts'
import type { Ask } from './call.ts'
import { writeStock } from './stock.ts'

const soldOut = { originProduct: { statusType: 'OUTOFSTOCK', salePrice: 9_900, stockQuantity: 0 } }
const settings = { optionRows: 'changed', answerIsStored: false } as const

test('a fault after the stock was written is unknown: the number may stand', async () => {
  let written = false
  const ask: Ask = async ({ method }) => {
    if (method === 'PATCH') written = true
    else if (written) throw new ChannelFault('rate_limited', 'slow down', { pauseMs: 1_000 })
    return soldOut
  }
  const failure = await writeStock(ask, '111', [{ item: '111', quantity: 5 }], settings).catch((error) => error)
  expect(written).toBe(true)
  expect(failure).toMatchObject({ code: 'unknown' })
})

test('a fault before the stock was written keeps its own name', async () => {
  const ask: Ask = async () => {
    throw new ChannelFault('rate_limited', 'slow down')
  }
  const failure = await writeStock(ask, '111', [{ item: '111', quantity: 5 }], settings).catch((error) => error)
  expect(failure).toMatchObject({ code: 'rate_limited' })
})
