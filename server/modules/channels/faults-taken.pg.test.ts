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
const failed = (urgency: Urgency, code: ChannelFaultCode) =>
  taken({ write: true, read: false, urgency, attempt: 1 }, new ChannelFault(code, ''))

/** How a read ends, that failed so often. */
const unread = (attempt: number, error: Error) =>
  taken({ write: false, read: true, urgency: URGENCY.drop, attempt }, error)

async function taken(what: { write: boolean; read: boolean; urgency: Urgency; attempt: number }, error: Error) {
  const deps = market.jaego.channels
  const calls = { ...deps, spend: async () => {}, learn: () => {}, tokens: tokensInMemory() }
  const adapter = deps.marketplaces.naver!({ baseUrl: 'http://127.0.0.1', credentials: {}, settings: {} }, calls)
  const connection = await market.connection('naver')
  const { company, connectionId } = connection
  const claim = { company, connectionId, unit: newId(), lease: newId(), ...what }
  const context = { deps, connection, adapter, flush: async () => {} }
  return takeFault(context, claim, error)
}

test('what became of a zero is asked as soon as zeros are proven, of any other write with the drops', async () => {
  const { readInMs, unknownForMs, readUrgency } = await failed(URGENCY.zero, 'unknown')
  expect(readInMs).toBe(unknownForMs)
  expect(readUrgency).toBe(URGENCY.zero)
  expect(await failed(URGENCY.other, 'unknown')).toMatchObject({ readUrgency: URGENCY.drop })
})

const failures = async () => (await market.connection('naver')).failures

test.each([
  ['answered with what nobody can read', new ChannelFault('garbled', '')],
  ['met a mistake of ours', new TypeError('of undefined')],
])(
  'a read that %s is its unit’s affair: the connection stays open, and the unit waits ever longer',
  async (_, error) => {
    const before = await failures()
    expect((await unread(1, error)).readInMs).toBeLessThanOrEqual(1_000)
    expect((await unread(6, error)).readInMs).toBeGreaterThan(8_000)
    expect((await unread(99, error)).readInMs).toBeGreaterThan(45_000)
    expect((await unread(99, error)).readInMs).toBeLessThanOrEqual(120_000)
    expect(await failures()).toBe(before)
  },
)

test('a read without an answer closes the connection until the next collection, and its unit waits seconds', async () => {
  const before = await failures()
  expect((await unread(99, new ChannelFault('unknown', ''))).readInMs).toBeLessThanOrEqual(8_000)
  expect(await failures()).toBe(before + 1)
})
