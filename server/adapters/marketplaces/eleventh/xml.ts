/**
 * A reader of the little XML this marketplace writes: elements and their text. It is somebody else's text, so it is
 * bounded, costs no stack, and knows no DTD: there is nothing in it that could be expanded, fetched or executed.
 */
export type XmlElement = {
  /** Without its prefix: the same element comes as ns2:order and as order. */
  name: string
  /** Its own text, without its children's; '' when there is none. */
  text: string
  children: XmlElement[]
}

/** Real answers are four deep. */
const DEEPEST = 32

/** 3,000 rows of 60 fields, twice each where every tag is doubled. */
const MOST_ELEMENTS = 500_000

const LONGEST_NAME = 100

/** The document's root, or null for anything that is not one whole, well-formed document within the bounds. Never throws. */
export function readXml(document: string): XmlElement | null {
  const text = document.replace(/^\uFEFF/, '')
  const root: XmlElement = { name: '', text: '', children: [] }
  const open: XmlElement[] = [root]
  let elements = 0
  let at = PROLOG.exec(text)?.[0].length ?? 0
  while (at < text.length) {
    const inside = open[open.length - 1]!
    const mark = text.indexOf('<', at)
    const end = mark < 0 ? text.length : mark
    if (end > at && !addText(inside, readReferences(text.slice(at, end)))) return null
    if (mark < 0) break
    const piece = readPiece(text, mark)
    if (piece === null) return null
    at = piece.next
    if (piece.kind === 'text' && !addText(inside, piece.text)) return null
    if (piece.kind === 'close') {
      if (open.length === 1 || open.pop()!.name !== piece.name) return null
    }
    if (piece.kind === 'open') {
      if (++elements > MOST_ELEMENTS || open.length > DEEPEST) return null
      const element: XmlElement = { name: piece.name, text: '', children: [] }
      inside.children.push(element)
      if (!piece.isEmpty) open.push(element)
    }
  }
  return open.length === 1 && root.children.length === 1 ? root.children[0]! : null
}

/**
 * The texts of an element's children by name. Missing, empty and the literal "null" are all left out; of a name that
 * comes twice the first counts, since one public client saw every tag of a row doubled. Has no prototype.
 */
export function fieldsOf(element: XmlElement): Fields {
  const fields = Object.create(null) as Fields
  for (const { name, text } of element.children) {
    const value = text.trim()
    if (value !== '' && value !== 'null' && FIELD.test(name)) fields[name] ??= value
  }
  return fields
}

export type Fields = Record<string, string | undefined>

const PROLOG = /^\s*<\?xml\s[^<>]{0,200}\?>/
const FIELD = /^[A-Za-z]\w*$/

type Piece =
  | { kind: 'open'; name: string; isEmpty: boolean; next: number }
  | { kind: 'close'; name: string; next: number }
  | { kind: 'text'; text: string; next: number }

/** What begins with this `<`. A DTD, a second declaration and anything unfinished is null. */
function readPiece(text: string, mark: number): Piece | null {
  if (text.startsWith('<![CDATA[', mark)) return upTo(text, mark + 9, ']]>', (inside) => inside)
  if (text.startsWith('<!--', mark)) return upTo(text, mark + 4, '-->', () => '')
  const end = endOfTag(text, mark)
  if (end < 0) return null
  const isClosing = text[mark + 1] === '/'
  const isEmpty = !isClosing && text[end - 1] === '/'
  const tag = text.slice(mark + (isClosing ? 2 : 1), isEmpty ? end - 1 : end)
  const parts = (isClosing ? CLOSING : OPENING).exec(tag)
  const name = parts?.[1]
  if (name === undefined || name.length > LONGEST_NAME) return null
  return isClosing ? { kind: 'close', name, next: end + 1 } : { kind: 'open', name, isEmpty, next: end + 1 }
}

const CLOSING = /^(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)\s*$/
const OPENING = /^(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)(?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*$/

function upTo(text: string, from: number, end: string, take: (inside: string) => string): Piece | null {
  const place = text.indexOf(end, from)
  return place < 0 ? null : { kind: 'text', text: take(text.slice(from, place)), next: place + end.length }
}

/** A tag is never this long; looking further would let every `<` of a broken answer search to its end. */
const LONGEST_TAG = 2_000

/** The `>` of this tag; one inside a quoted value does not count. -1 when there is none. */
function endOfTag(text: string, mark: number): number {
  let quote = ''
  const limit = Math.min(text.length, mark + LONGEST_TAG)
  for (let at = mark + 1; at < limit; at++) {
    const sign = text[at]!
    if (quote !== '') {
      if (sign === quote) quote = ''
    } else if (sign === '"' || sign === "'") quote = sign
    else if (sign === '>') return at
    else if (sign === '<') return -1
  }
  return -1
}

/** Outside the root only blanks may stand. */
function addText(element: XmlElement, text: string): boolean {
  if (element.name === '') return text.trim() === ''
  element.text += text
  return true
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/** The five names and numbers; anything else stays as it was written, which expands nothing and loses no row. */
function readReferences(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{1,4}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return NAMED.get(name) ?? whole
    return characterOf(decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal))
  })
}

function characterOf(code: number): string {
  const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
  return isCharacter ? String.fromCodePoint(code) : '\uFFFD'
}
