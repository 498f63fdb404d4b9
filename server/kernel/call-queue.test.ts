import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openCallQueue } from './call-queue.ts'

type Call = { id: number; keys: string[] }

const filled = (calls: readonly Call[], of = { lanes: 2, batchMax: 256 }) => {
  const queue = openCallQueue<Call>(of)
  for (const call of calls) queue.add(call)
  return queue
}
const calls = (...keys: string[][]): Call[] => keys.map((names, id) => ({ id, keys: names }))
const ids = (batch: readonly Call[]) => batch.map(({ id }) => id)

test('each lane takes its share of what is under way; one lane alone takes all', () => {
  const five = calls(['a'], ['b'], ['c'], ['d'], ['e'])
  const queue = filled(five)
  expect([ids(queue.take()), ids(queue.take()), ids(queue.take())]).toEqual([[0, 1, 2], [3, 4], []])
  expect(ids(filled(five, { lanes: 1, batchMax: 4 }).take())).toEqual([0, 1, 2, 3])
})

test('calls of one key go together beyond the share: no other lane could take them meanwhile', () => {
  const queue = filled(calls(['hot'], ['hot'], ['cold'], ['hot'], ['hot']))
  expect(ids(queue.take())).toEqual([0, 1, 2, 3, 4])
  expect(queue.take()).toEqual([])
})

test('many calls of one key go in two groups, counting those who were answered last and are about to ask again', () => {
  const queue = filled(calls(...Array.from({ length: 256 }, () => ['hot'])))
  const take = () => {
    const batch = queue.take()
    queue.ended(batch)
    return batch
  }
  const sizes: number[] = []
  let first = take()
  for (let round = 0; round < 6; round++) {
    // Who was answered asks again while the others are written.
    const asksAgain = first
    first = take()
    sizes.push(first.length)
    for (const call of asksAgain) queue.add(call)
  }
  expect(sizes).toEqual([128, 128, 128, 128, 128, 128])
})

test('up to 64 calls of one key stay together: a batch costs the same whether it holds one or sixty', () => {
  expect(filled(calls(...Array.from({ length: 64 }, () => ['hot']))).take()).toHaveLength(64)
})

test('a key is with one lane at a time, and a call that waits for it lets nobody of its own keys pass', () => {
  const queue = filled(calls(['a'], ['b']))
  const first = queue.take()
  const second = queue.take()
  for (const [id, keys] of [['a', 'c'], ['c'], ['d']].entries()) queue.add({ id: 10 + id, keys })
  expect(queue.mayStart({ id: 12, keys: ['d'] })).toBe(true)
  expect(queue.mayStart({ id: 10, keys: ['a', 'c'] })).toBe(false)
  queue.ended(second)
  expect(ids(queue.take())).toEqual([12])
  queue.ended(first)
  expect(ids(queue.take())).toEqual([10, 11])
})

test('whatever comes and ends: every call is taken once, calls that share a key in the order they came, never two lanes at one key', () => {
  const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 3 })
  const action = fc.oneof(
    { weight: 3, arbitrary: keys.map((names) => ({ kind: 'add' as const, names })) },
    { weight: 2, arbitrary: fc.constant({ kind: 'take' as const }) },
    { weight: 2, arbitrary: fc.nat(3).map((lane) => ({ kind: 'end' as const, lane })) },
  )
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), fc.integer({ min: 1, max: 4 }), (actions, lanes) => {
      const queue = openCallQueue<Call>({ lanes, batchMax: 7 })
      const [added, taken, running]: [Call[], Call[], Call[][]] = [[], [], []]
      const take = () => {
        const batch = queue.take()
        const busy = new Set(running.flat().flatMap((call) => call.keys))
        for (const call of batch) for (const key of call.keys) expect(busy.has(key)).toBe(false)
        if (batch.length > 0) running.push(batch)
        taken.push(...batch)
        return batch.length
      }
      for (const step of actions) {
        if (step.kind === 'add') {
          const call = { id: added.length, keys: [...new Set(step.names)] }
          added.push(call)
          queue.add(call)
        } else if (step.kind === 'take' && running.length < lanes) take()
        else if (step.kind === 'end' && running[step.lane]) queue.ended(running.splice(step.lane, 1)[0]!)
      }
      // With every lane free nothing waits for ever: two rounds a call are more than enough.
      for (let round = 0; round <= 2 * added.length; round++) {
        for (const batch of running.splice(0)) queue.ended(batch)
        take()
      }
      expect(ids(taken).toSorted((a, b) => a - b)).toEqual(ids(added))
      for (const key of ['a', 'b', 'c', 'd', 'e']) {
        const ofKey = ids(taken.filter((call) => call.keys.includes(key)))
        expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b))
      }
    }),
  )
})
