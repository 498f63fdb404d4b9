import { expect, test } from 'vitest'
import { firstConsonants, found } from './search.ts'

test('first consonants find a name, across its spaces', () => {
  expect(firstConsonants('브레이크 패드')).toBe('ㅂㄹㅇㅋ ㅍㄷ')
  expect(found('ㅂㄹㅇㅋ', 'BRK-1', '브레이크 패드')).toBe(true)
  expect(found('ㅋㅍㄷ', 'BRK-1', '브레이크 패드')).toBe(true)
  expect(found('ㅂㅍ', 'BRK-1', '브레이크 패드')).toBe(false)
})

test('every word must be found, in SKU or name, without regard to case and hyphens', () => {
  expect(found('brk1234', 'BRK-1234-RD', '브레이크 패드')).toBe(true)
  expect(found('패드 brk-12', 'BRK-1234-RD', '브레이크 패드')).toBe(true)
  expect(found('패드 oil', 'BRK-1234-RD', '브레이크 패드')).toBe(false)
  expect(found('   ', 'BRK-1234-RD', '브레이크 패드')).toBe(true)
})

test('a name typed on a Mac, in decomposed letters, is found all the same', () => {
  expect(found('패드'.normalize('NFD'), 'BRK-1', '브레이크 패드')).toBe(true)
})
