import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { newId } from '../../../test/shop.ts'
import { ChannelFault, type ChannelFaultCode } from './adapter.ts'
import { takeFault } from './faults-taken.ts'
import { tokensInMemory } from './tokens-in-memory.ts'
import { URGENCY, type Urgency } from './urgency.ts'

/** What becomes of a claim whose call failed. */

let market: Market
beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())

/** How a write of this urgency ends, that failed so. */
async function failed(urgency: Urgency, code: ChannelFaultCode) {
  const deps = market.jaego.channels
  const calls = { ...deps, spend: async () => {}, learn: () => {}, tokens: tokensInMemory() }
  const adapter = deps.marketplaces.naver!({ baseUrl: 'http://127.0.0.1', credentials: {}, settings: {} }, calls)
  const connection = await market.connection('naver')
  const { company, connectionId } = connection
  const claim = { company, connectionId, unit: newId(), lease: newId(), write: true, read: false, urgency, attempt: 1 }
  const context = { deps, connection, adapter, flush: async () => {} }
  return takeFault(context, claim, new ChannelFault(code, ''))
}

test('what became of a zero is asked as soon as zeros are proven, of any other write with the drops', async () => {
  const { readInMs, unknownForMs, readUrgency } = await failed(URGENCY.zero, 'unknown')
  expect(readInMs).toBe(unknownForMs)
  expect(readUrgency).toBe(URGENCY.zero)
  expect(await failed(URGENCY.other, 'unknown')).toMatchObject({ readUrgency: URGENCY.drop })
})
