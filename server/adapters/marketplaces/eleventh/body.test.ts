import { expect, test } from 'vitest'
import { readAnswer } from './body.ts'

/** 가 in EUC-KR, and 갂, which only the larger set written under that name has. */
const [GA, GAKK] = [
  [0xb0, 0xa1],
  [0x81, 0x41],
]

const ascii = (text: string) => [...text].map((sign) => sign.charCodeAt(0))
const utf8 = (text: string) => [...new TextEncoder().encode(text)]
const document = (encoding: string, inside: number[]) =>
  new Uint8Array([...ascii(`<?xml version="1.0"${encoding}?><a>`), ...inside, ...ascii('</a>')])
const decoder = new TextDecoder('euc-kr')
const EUC_KR = ' encoding="EUC-KR"'

function textOf(body: Uint8Array, contentType = '') {
  const read = readAnswer(body, contentType)
  return read.kind === 'xml' ? read.root.text : read.kind
}

test('bytes are read by the declaration, then by the header, then as EUC-KR', () => {
  expect(textOf(document(EUC_KR, GA!))).toBe('가')
  expect(textOf(document(EUC_KR, GA!), 'text/xml;charset=UTF-8')).toBe('가')
  expect(textOf(document(' encoding="utf-8"', utf8('가')), 'text/xml;charset=EUC-KR')).toBe('가')
  expect(textOf(document('', utf8('가')), 'text/xml; charset=UTF-8')).toBe('가')
  expect(textOf(document('', GA!))).toBe('가')
})

test('rare syllables come as the bytes Korean servers write for them, first and last of their table', () => {
  expect(textOf(document(EUC_KR, [...GAKK!, ...GA!]))).toBe('갂가')
  expect(textOf(document(EUC_KR, [0x8c, 0x63, 0xc6, 0x52]))).toBe('똠힣')
})

test('letters, signs and hanja of KS X 1001 are what the platform reads them as', () => {
  const all = Array.from({ length: 94 }, (_, lead) =>
    Array.from({ length: 94 }, (__, trail) => [0xa1 + lead, 0xa1 + trail]),
  )
  const codes = all.flat().filter((code) => /^[^\uFFFD\0-\x9f]$/.test(decoder.decode(new Uint8Array(code))))
  expect(codes.length).toBeGreaterThan(8_000)
  const bytes = codes.flat()
  expect(textOf(document(EUC_KR, bytes))).toBe(decoder.decode(new Uint8Array(bytes)))
})

test('UTF-8 under the name of EUC-KR is read as what it is, not as wrong names', () => {
  expect(textOf(document(EUC_KR, utf8('브레이크 패드')))).toBe('브레이크 패드')
})

test('a name cut off inside a character loses that character and nothing after it', () => {
  const row = (inside: number[]) => [...ascii('<b>'), ...inside, ...ascii('</b>')]
  const read = readAnswer(document(EUC_KR, [...row([...GA!, 0xb0]), ...row(GA!)]), '')
  expect(read.kind === 'xml' && read.root.children.map(({ text }) => text)).toEqual(['가\uFFFD', '가'])
})

test.each([
  ['another charset', document(' encoding="Shift_JIS"', [0x88, 0xa0])],
  [
    'bytes that are no text',
    document(
      EUC_KR,
      Array.from({ length: 400 }, () => 0xff),
    ),
  ],
  ['UTF-16', new Uint8Array([0xff, 0xfe, ...ascii('<a/>').flatMap((code) => [code, 0])])],
  ['half a document', document(EUC_KR, GA!).subarray(0, 45)],
])('%s is unreadable', (_, body) => {
  expect(textOf(body)).toBe('unreadable')
})

test('nothing is empty, a web page is html, and NUL is U+FFFD', () => {
  expect(textOf(new Uint8Array())).toBe('empty')
  expect(textOf(new Uint8Array(ascii('  \n')))).toBe('empty')
  expect(textOf(new Uint8Array(ascii('<html><head><title>502</title></head></html>')))).toBe('html')
  expect(textOf(new Uint8Array(ascii('<!DOCTYPE html><html><br></html>')))).toBe('html')
  expect(textOf(document(EUC_KR, [...GA!, 0, ...GA!]))).toBe('가\uFFFD가')
})
