import { storable } from '../answers.ts'
import { decodeKorean } from './korean.ts'
import { readXml, type XmlElement } from './xml.ts'

export type Read = { kind: 'xml'; root: XmlElement } | { kind: 'empty' } | { kind: 'html' } | { kind: 'unreadable' }

/** What a marketplace answered. NUL and lone surrogates are replaced by U+FFFD. Never throws. */
export function readAnswer(body: Uint8Array, contentType: string): Read {
  if (body.length === 0) return { kind: 'empty' }
  const text = textOf(body, contentType)
  if (text === null) return { kind: 'unreadable' }
  if (text.trim() === '') return { kind: 'empty' }
  const root = readXml(storable(text))
  if (root === null) return { kind: /^\s*<(!doctype\s+)?html/i.test(text) ? 'html' : 'unreadable' }
  return root.name.toLowerCase() === 'html' ? { kind: 'html' } : { kind: 'xml', root }
}

/** Characters lost where names were cut off in the middle of one; more says that the charset is another. */
const MOST_LOST = 0.01

/**
 * By the document's own declaration, else by the header, else EUC-KR. Strict at first, because an answer in another
 * charset must not become wrong names quietly: what is no EUC-KR and is UTF-8 is read as that. What is left is a name
 * cut off in the middle of a character, and that must not lose the other rows. Null when it is in no charset we know.
 */
function textOf(body: Uint8Array, contentType: string): string | null {
  const start = new TextDecoder('latin1').decode(body.subarray(0, 200))
  const label =
    /^[^>]*?encoding\s*=\s*["']([\w-]{1,40})["']/.exec(start)?.[1] ??
    /charset\s*=\s*["']?([\w-]{1,40})/i.exec(contentType)?.[1] ??
    'euc-kr'
  const isUtf8 = /^(utf-?8|us-ascii|ascii)$/i.test(label)
  if (!isUtf8 && !KOREAN.test(label)) return null
  const korean = isUtf8 ? null : decodeKorean(body)
  if (korean?.lost === 0) return korean.text
  const utf8 = strictUtf8(body)
  if (utf8 !== null) return utf8
  const text = korean?.text ?? new TextDecoder().decode(body)
  const lost = korean?.lost ?? text.split('\uFFFD').length - 1
  return lost <= Math.max(1, text.length * MOST_LOST) ? text : null
}

/** What EUC-KR and the larger set written under its name are called. */
const KOREAN = /^(euc-?kr|cp-?949|ms-?949|ks_?c_?5601(-1987)?|windows-949|uhc)$/i

function strictUtf8(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return null
  }
}
