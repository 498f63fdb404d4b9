import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJsonBody } from './json-body.ts'

const parse = (text: string | Buffer) => parseJsonBody(Buffer.from(text as string))
const faultAt = (text: string | Buffer) => {
  const parsed = parse(text)
  return 'fault' in parsed ? parsed.fault : null
}

test('what JSON.stringify writes is read as it was', () => {
  const keepable = fc
    .jsonValue({ maxDepth: 5 })
    .filter((value) => !/\\u0000|\\ud[89a-f]|__proto__/i.test(JSON.stringify(value)))
  fc.assert(
    fc.property(keepable, (value) => {
      expect(parse(JSON.stringify(value))).toEqual({ value: JSON.parse(JSON.stringify(value)) })
    }),
  )
})

test('a field that is there twice is named, however it is spelled and wherever it lies', () => {
  expect(faultAt('{"a":1,"a":1}')).toEqual({ pointer: '/a', detail: 'the field is there twice' })
  expect(faultAt('{"a":1,"\\u0061":2}')?.pointer).toBe('/a')
  expect(faultAt('{"lines":[{"a":1},{"b":{"c/d":[],"c/d":{}}}]}')?.pointer).toBe('/lines/1/b/c~1d')
})

test('colons, quotes and braces inside text are no fields', () => {
  expect(parse('{"a":"\\":{\\"a\\":","b":":::","c":["x:y"]}')).toEqual({
    value: { a: '":{"a":', b: ':::', c: ['x:y'] },
  })
})

test('names and text that could not be kept are refused with their place', () => {
  expect(faultAt('{"a":{"__proto__":{"x":1}}}')?.pointer).toBe('/a/__proto__')
  expect(faultAt('{"a":["x","\\u0000"]}')?.pointer).toBe('/a/1')
  expect(faultAt('{"a":"\\ud83d"}')?.pointer).toBe('/a')
  expect(faultAt('{"\\ud83d":1}')).not.toBeNull()
})

test('what is not JSON in UTF-8 is refused as a whole', () => {
  for (const text of ['', ' ', '{', '{"a":NaN}', "{'a':1}", '{"a":1}{"a":1}', '\ufeff{}', '{"a":01}']) {
    expect(faultAt(text), text).toMatchObject({ pointer: '' })
  }
  expect(faultAt(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))?.detail).toBe('the body is not UTF-8')
})

test('a million brackets are refused, and quickly', () => {
  expect(faultAt('['.repeat(500_000) + ']'.repeat(500_000))?.detail).toBe('nested deeper than 16')
})
