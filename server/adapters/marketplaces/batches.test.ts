import { expect, test } from 'vitest'
import { type ActionResult, ChannelFault } from '../../modules/channels/adapter.ts'
import { inBatches, type Keyed } from './batches.ts'

const entries = (...keys: string[]) => keys.map((key) => ({ key, value: key }))
const done = (batch: readonly Keyed<string>[]) =>
  new Map(batch.map(({ key }): [string, ActionResult] => [key, { key, outcome: 'done', code: null, message: null }]))
const outcomes = (results: readonly ActionResult[]) => results.map(({ key, outcome }) => `${key} ${outcome}`)

test('one result a key, in the order asked; a key asked twice is sent once', async () => {
  const sizes: number[] = []
  const results = await inBatches(entries('a', 'b', 'a', 'c'), 2, async (batch) => {
    sizes.push(batch.length)
    return done(batch)
  })
  expect(outcomes(results)).toEqual(['a done', 'b done', 'a done', 'c done'])
  expect(sizes).toEqual([2, 1])
})

test('a key the answer does not mention is unknown', async () => {
  const results = await inBatches(entries('a', 'b'), 9, async (batch) => done(batch.slice(0, 1)))
  expect(outcomes(results)).toEqual(['a done', 'b unknown'])
})

test('a fault of the first call is thrown; of a later one it leaves the rest unknown', async () => {
  const fault = new ChannelFault('unknown', 'no answer')
  await expect(inBatches(entries('a'), 1, () => Promise.reject(fault))).rejects.toBe(fault)
  const results = await inBatches(entries('a', 'b', 'c'), 1, async (batch) => {
    if (batch[0]?.key === 'b') throw fault
    return done(batch)
  })
  expect(outcomes(results)).toEqual(['a done', 'b unknown', 'c unknown'])
})
