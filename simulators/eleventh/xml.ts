/** XML as this marketplace writes and reads it: prefixes on some elements and not on others, no attributes that matter. */
import { decodeEucKr } from './euc-kr.ts'

export const NAMESPACE = 'http://skt.tmall.business.openapi.spring.service.client.domain/'

/** null becomes the literal text "null", as in the real one. */
export type Field = readonly [name: string, value: string | number | null]

export const element = (name: string, inside: string) => `<${name}>${inside}</${name}>`

export function fields(rows: readonly Field[], times = 1): string {
  return rows.map(([name, value]) => element(name, xmlText(String(value))).repeat(times)).join('')
}

/** What may not stand in XML at all is left out; no reader would take the whole document with it. */
export function xmlText(text: string): string {
  return text
    .replace(NOT_XML, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters XML 1.0 forbids
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu

/** A request body by its declaration, else by its content type; without either as UTF-8 if it is, else EUC-KR. */
export function readBody(body: Uint8Array, contentType: string): string {
  const declared = /^[^>]*encoding=["']([\w-]+)["']/.exec(Buffer.from(body.subarray(0, 200)).toString('latin1'))?.[1]
  const charset = declared ?? /charset=["']?([\w-]+)/i.exec(contentType)?.[1]
  if (charset !== undefined) return /^utf-?8$/i.test(charset) ? decodeUtf8(body) : decodeEucKr(body)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return decodeEucKr(body)
  }
}

const decodeUtf8 = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** The texts of the innermost elements of that name, whatever their prefix. */
export function textsOf(xml: string, name: string): string[] {
  return sectionsOf(xml, name).map((inside) => readEntities(inside.replace(/^<!\[CDATA\[([\s\S]*)\]\]>$/, '$1').trim()))
}

/** What stands between the tags of each such element. */
export function sectionsOf(xml: string, name: string): string[] {
  const pattern = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([\\s\\S]*?)</(?:\\w+:)?${name}>`, 'g')
  return [...xml.matchAll(pattern)].map((match) => match[1]!)
}

/** The first such text, '' when there is none. */
export const textOf = (xml: string, name: string) => textsOf(xml, name)[0] ?? ''

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function readEntities(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_whole, name: string) => ENTITIES[name]!)
}
