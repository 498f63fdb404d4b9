import { expect, test } from 'vitest'
import type { Clock } from './clock.ts'
import { idsFrom, isId } from './ids.ts'
import { seededRandom } from './random.ts'

const clockAt = (time: { now: number }): Clock => ({ now: () => time.now, monotonic: () => 0, sleep: async () => {} })

test('ids rise, within a millisecond and when the clock is set back', () => {
  const time = { now: 1_800_000_000_000 }
  const newId = idsFrom(clockAt(time), seededRandom(1))
  const ids: string[] = []
  for (let i = 0; i < 1_000; i++) {
    if (i === 500) time.now -= 30_000
    ids.push(newId())
  }
  expect(ids).toEqual([...ids].sort())
  expect(new Set(ids).size).toBe(1_000)
})

test('one seed and one clock give the same ids again', () => {
  const made = (seed: number) => {
    const newId = idsFrom(clockAt({ now: 1_800_000_000_000 }), seededRandom(seed))
    return [newId(), newId(), newId()]
  }
  expect(made(7)).toEqual(made(7))
  expect(made(7)).not.toEqual(made(8))
})

test('an id is a lower-case UUID and nothing else', () => {
  const id = idsFrom(clockAt({ now: 1_800_000_000_000 }), seededRandom(1))()
  expect(isId(id)).toBe(true)
  for (const other of [id.toUpperCase(), `${id} `, id.replaceAll('-', ''), `{${id}}`, '', `${id}\n`]) {
    expect(isId(other), JSON.stringify(other)).toBe(false)
  }
})
