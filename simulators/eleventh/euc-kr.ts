/**
 * EUC-KR: ASCII and KS X 1001, in which 2,350 of the 11,172 syllables have a code. The platform can only read it; the
 * table for writing is what it reads, turned round. Korean servers often write code page 949 under the same name:
 * the other syllables then fill the codes left free, in the order of Unicode.
 */
export type Repertoire = 'ksx1001' | 'cp949'

/** `instead` gives ASCII for a character without a code: emoji, most of Unicode, rare syllables. */
export function encodeEucKr(text: string, repertoire: Repertoire, instead: (character: string) => string): Uint8Array {
  const codes = codesOf(repertoire)
  const bytes = new Uint8Array(text.length * 2)
  let length = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    const code = codes[unit]!
    if (unit < FIRST_WIDE) bytes[length++] = unit
    else if (code === 0) return encodeEucKr(withoutMissing(text, codes, instead), repertoire, instead)
    else {
      bytes[length++] = code >>> 8
      bytes[length++] = code & 0xff
    }
  }
  return bytes.subarray(0, length)
}

export const decodeEucKr = (bytes: Uint8Array) => new TextDecoder('euc-kr').decode(bytes)

function withoutMissing(text: string, codes: Uint16Array, instead: (character: string) => string): string {
  return text.replace(WIDE, (character) => (codes[character.charCodeAt(0)] === 0 ? instead(character) : character))
}

const FIRST_WIDE = 0x80
const WIDE = /[\u{80}-\u{10ffff}]/gu

/** A code unit's two bytes as lead << 8 | trail; 0 = it has none. Built once each, at the first answer. */
const built: Partial<Record<Repertoire, Uint16Array>> = {}

function codesOf(repertoire: Repertoire): Uint16Array {
  built.ksx1001 ??= readKsx1001()
  if (repertoire === 'ksx1001') return built.ksx1001
  built.cp949 ??= extend(built.ksx1001)
  return built.cp949
}

function readKsx1001(): Uint16Array {
  const codes = new Uint16Array(0x1_0000)
  const decoder = new TextDecoder('euc-kr')
  for (let lead = 0xa1; lead <= 0xfe; lead++) {
    // A row at a time; a line break keeps a code that means nothing from swallowing its neighbour.
    const row: number[] = []
    for (let trail = 0xa1; trail <= 0xfe; trail++) row.push(lead, trail, 0x0a)
    for (const [place, character] of decoder.decode(new Uint8Array(row)).split('\n').entries()) {
      if (character.length === 1 && character !== '\ufffd')
        codes[character.charCodeAt(0)] = (lead << 8) | (0xa1 + place)
    }
  }
  return codes
}

const [FIRST_SYLLABLE, LAST_SYLLABLE] = [0xac00, 0xd7a3]
/** From this lead byte on, the upper half of a row is KS X 1001's own. */
const FIRST_SHARED_LEAD = 0xa1

function extend(ksx1001: Uint16Array): Uint16Array {
  const codes = Uint16Array.from(ksx1001)
  let [lead, trail] = [0x81, 0x41]
  for (let syllable = FIRST_SYLLABLE; syllable <= LAST_SYLLABLE; syllable++) {
    if (ksx1001[syllable] !== 0) continue
    codes[syllable] = (lead << 8) | trail
    trail += 1
    if (trail === 0x5b) trail = 0x61
    else if (trail === 0x7b) trail = 0x81
    else if (trail === (lead < FIRST_SHARED_LEAD ? 0xff : 0xa1)) [lead, trail] = [lead + 1, 0x41]
  }
  return codes
}
