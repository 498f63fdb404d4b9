import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instants, jsons, plain, texts } from './arrays.ts'

test('a text with quotes, commas, braces, backslashes or the word NULL is one quoted element', () => {
  expect(texts(['a"b', 'c\\d', '{e,f}', 'NULL', '', null])).toBe('{"a\\"b","c\\\\d","{e,f}","NULL","",NULL}')
})

test('no text can end its own element: unescaped quotes are exactly the two around it', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('"', '\\', ',', '{', '}', 'a', '가', '\n') })), (items) => {
      const literal = texts(items)
      const elements = [...literal.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, inner]) =>
        inner!.replace(/\\(.)/gs, '$1'),
      )
      expect(elements).toEqual(items)
    }),
  )
})

test('numbers, ids and nulls go as they are; instants as ISO in UTC; objects as JSON', () => {
  expect(plain([1, null, true, 'id'])).toBe('{1,NULL,true,id}')
  expect(plain([])).toBe('{}')
  expect(instants([0, null])).toBe('{"1970-01-01T00:00:00.000Z",NULL}')
  expect(jsons([{ a: '"' }, null, undefined])).toBe('{"{\\"a\\":\\"\\\\\\"\\"}",NULL,NULL}')
})

test('an instant that is none is an error here, not a wrong time there', () => {
  expect(() => instants([Number.NaN])).toThrow(RangeError)
})
