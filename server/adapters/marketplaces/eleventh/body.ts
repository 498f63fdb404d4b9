import { storable } from '../answers.ts'
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
 * By the document's own declaration, else by the header, else EUC-KR, which the platform reads as code page 949, the
 * larger set Korean servers write under that name. Strict at first, because an answer in another charset must not
 * become wrong names quietly: what is no EUC-KR and is UTF-8 is read as that. What is left is a name cut off in the
 * middle of a character, and that must not lose the other rows. Null when it is in no charset we know.
 */
function textOf(body: Uint8Array, contentType: string): string | null {
  const start = new TextDecoder('latin1').decode(body.subarray(0, 200))
  const label =
    /^[^>]*?encoding\s*=\s*["']([\w-]{1,40})["']/.exec(start)?.[1] ??
    /charset\s*=\s*["']?([\w-]{1,40})/i.exec(contentType)?.[1] ??
    'euc-kr'
  const told = decoderOf(label)
  if (told === null) return null
  const strict = decode(told, body, true) ?? decode('utf-8', body, true)
  if (strict !== null) return strict
  const lenient = decode(told, body, false) ?? ''
  const lost = lenient.split('\uFFFD').length - 1
  return lost <= Math.max(1, lenient.length * MOST_LOST) ? lenient : null
}

function decoderOf(label: string): 'euc-kr' | 'utf-8' | null {
  if (/^(euc-?kr|cp-?949|ms-?949|ks_?c_?5601(-1987)?|windows-949|uhc)$/i.test(label)) return 'euc-kr'
  return /^(utf-?8|us-ascii|ascii)$/i.test(label) ? 'utf-8' : null
}

function decode(label: 'euc-kr' | 'utf-8', body: Uint8Array, fatal: boolean): string | null {
  try {
    return new TextDecoder(label, { fatal }).decode(body)
  } catch {
    return null
  }
}
