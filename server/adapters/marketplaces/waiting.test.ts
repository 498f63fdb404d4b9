import { expect, test } from 'vitest'
import { addWaiting, afterAsking, completeUntil, readWaiting, writeWaiting } from './waiting.ts'

test('a row that was found waits no more, one that was asked for in vain has a try more', () => {
  const waiting = addWaiting([{ id: 'a', since: 5, tries: 2 }], ['a', 'b', 'b', 'c'], 9)
  const left = afterAsking(waiting, new Set(['a', 'b']), new Set(['b']))
  expect(left).toEqual([
    { id: 'a', since: 5, tries: 3 },
    { id: 'c', since: 9, tries: 0 },
  ])
  expect(completeUntil(20, left)).toBe(5)
  expect(completeUntil(20, [])).toBe(20)
})

test('rows come back from a cursor as they went in, and a broken cursor is no crash', () => {
  const rows = [
    { id: '2026112000000011', since: 1_700_000_000_000, tries: 3 },
    { id: 'b', since: 1, tries: 0 },
  ]
  expect(readWaiting(writeWaiting(rows))).toEqual(rows)
  expect(readWaiting('x:y:z a 1:2')).toEqual([])
  expect(readWaiting(null)).toEqual([])
})

test('a row is given up after two hundred tries, and more than two hundred rows are not believed', () => {
  expect(afterAsking([{ id: 'a', since: 1, tries: 199 }], new Set(['a']), new Set())).toEqual([])
  const many = Array.from({ length: 201 }, (_, at) => ({ id: `${at}`, since: 1, tries: 0 }))
  expect(writeWaiting(many)).toBeNull()
})
