import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anId, maybeInstant, rawWithin, readBody, sayable, someText, won } from './answers.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('reading a body', () => {
  test('keeps whole numbers beyond 2^53 digit by digit, and the others as numbers', () => {
    const text = '{"box":700000000000000123,"neg":-700000000000000123,"order":31000000000456,"price":9900.5,"big":1e30}'
    expect(readBody(bytes(text))).toEqual({
      kind: 'json',
      value: {
        box: '700000000000000123',
        neg: '-700000000000000123',
        order: 31_000_000_000_456,
        price: 9900.5,
        big: 1e30,
      },
    })
  })

  test('replaces what PostgreSQL cannot store, in values and in names', () => {
    const read = readBody(bytes('{"a\\u0000":["\\ud800x","\\udc00","\\ud83d\\ude00"]}'))
    expect(read).toEqual({ kind: 'json', value: { 'a\uFFFD': ['\uFFFDx', '\uFFFD', '😀'] } })
  })

  test('tells HTML, nothing and half an answer apart from JSON', () => {
    expect(readBody(bytes(' \n<!DOCTYPE html>')).kind).toBe('html')
    expect(readBody(bytes(' ')).kind).toBe('empty')
    expect(readBody(bytes('{"a":')).kind).toBe('unreadable')
    expect(readBody(new Uint8Array([0xff, 0xfe, 0x00])).kind).toBe('unreadable')
  })

  test('gives up on answers that nest deeper than any real one, brackets in strings apart', () => {
    expect(readBody(bytes('['.repeat(65) + ']'.repeat(65))).kind).toBe('unreadable')
    expect(readBody(bytes(`["${'['.repeat(500)}\\"${'{'.repeat(500)}"]`)).kind).toBe('json')
  })

  test('never throws, and what it reads can be written again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes)), (body) => {
        const read = readBody(body)
        if (read.kind === 'json') expect(JSON.stringify(read.value)).not.toMatch(/\\u0000|\\ud[89a-f]/)
      }),
    )
  })
})

test('money is an integer of won, or the newer object of units in KRW; nothing else', () => {
  expect(won.parse(19_900)).toBe(19_900)
  expect(won.parse({ currencyCode: 'KRW', units: 19_900, nanos: 0 })).toBe(19_900)
  expect(won.safeParse({ currencyCode: 'USD', units: 1, nanos: 0 }).success).toBe(false)
  expect(won.safeParse(99.5).success).toBe(false)
})

test('an id is text however it came, and never something that could change a path', () => {
  expect([anId.parse(501), anId.parse('2026112000000011')]).toEqual(['501', '2026112000000011'])
  for (const strange of ['', 'a b', '../x', 'a?b', -1, 1.5, null]) expect(anId.safeParse(strange).success).toBe(false)
})

test('long text is cut where one can see it, and never through a character', () => {
  expect(someText(4).parse('가나다라마')).toBe('가나다…')
  expect(someText(3).parse('a😀😀')).toBe('a\uFFFD…')
  expect([someText().parse(null), someText().parse(undefined), someText().parse(7)]).toEqual(['', '', '7'])
})

test('a missing time is none, a time that is no time is an error', () => {
  expect([maybeInstant.parse(null), maybeInstant.parse('')]).toEqual([null, null])
  expect(maybeInstant.safeParse('2026-13-01T00:00:00Z').success).toBe(false)
})

test('what goes into an error is one short line without the secrets in it', () => {
  expect(sayable('key  s3cret\nrefused', ['s3cret', 'x'])).toBe('key *** refused')
  expect(sayable('y'.repeat(5_000), [])).toHaveLength(300)
})

test('raw words of 64 kB are kept, longer ones are left out and say so', () => {
  expect(rawWithin({ a: 1 })).toEqual({ a: 1 })
  expect(rawWithin(['가'.repeat(30_000)])).toEqual({ leftOut: 'longer than 64 kB', bytes: 90_004 })
})
