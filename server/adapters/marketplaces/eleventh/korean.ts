/**
 * EUC-KR as Korean servers write it: KS X 1001, and in the codes it leaves free the other modern syllables, which
 * Windows calls code page 949. The platform's own decoder knows the first alone and makes control characters and
 * letters of the second, without complaint, so the rest of the table is filled in here.
 */

/** `lost`: characters no table has, each U+FFFD now. An ASCII byte is never swallowed, whatever stands before it. */
export function decodeKorean(bytes: Uint8Array): { text: string; lost: number } {
  table ??= extended(ksx1001())
  const units = new Uint16Array(bytes.length)
  let length = 0
  let lost = 0
  for (let at = 0; at < bytes.length; at++) {
    const lead = bytes[at]!
    if (lead < 0x80) {
      units[length++] = lead
      continue
    }
    const trail = bytes[at + 1] ?? 0
    const unit = table[(lead << 8) | trail]!
    if (unit === 0) lost++
    units[length++] = unit === 0 ? 0xfffd : unit
    if (unit !== 0 || trail >= 0x80) at++
  }
  return { text: new TextDecoder('utf-16le').decode(units.subarray(0, length)), lost }
}

/** Lead byte << 8 | trail byte → code unit; 0 = no such character. */
let table: Uint16Array | undefined

const [FIRST, LAST] = [0xa1, 0xfe]

/** A row at a time; a line break keeps a code that means nothing from taking its neighbour along. */
function ksx1001(): Uint16Array {
  const made = new Uint16Array(0x1_0000)
  const decoder = new TextDecoder('euc-kr')
  for (let lead = FIRST; lead <= LAST; lead++) {
    const row = Array.from({ length: LAST - FIRST + 1 }, (_, place) => [lead, FIRST + place, 0x0a]).flat()
    for (const [place, character] of decoder.decode(new Uint8Array(row)).split('\n').entries()) {
      const isOne = character.length === 1 && character !== '\uFFFD' && character.charCodeAt(0) >= 0xa0
      if (isOne) made[(lead << 8) | (FIRST + place)] = character.charCodeAt(0)
    }
  }
  return made
}

const [FIRST_SYLLABLE, LAST_SYLLABLE] = [0xac00, 0xd7a3]

/** The 8,822 syllables KS X 1001 leaves out, in the order of Unicode, over the free codes in theirs. */
function extended(made: Uint16Array): Uint16Array {
  const known = new Set(made)
  const free = freeCodes()
  for (let syllable = FIRST_SYLLABLE; syllable <= LAST_SYLLABLE; syllable++) {
    if (!known.has(syllable)) made[free.next().value!] = syllable
  }
  return made
}

/** Trail bytes are letters and what is above ASCII; from lead 0xa1 on the upper part of a row is KS X 1001's own. */
function* freeCodes(): Generator<number, undefined> {
  for (let lead = 0x81; lead <= 0xc6; lead++) {
    const last = lead < FIRST ? LAST : FIRST - 1
    for (const [from, to] of [
      [0x41, 0x5a],
      [0x61, 0x7a],
      [0x81, last],
    ] as const) {
      for (let trail = from; trail <= to; trail++) yield (lead << 8) | trail
    }
  }
  return undefined
}
