const FIRST_CONSONANTS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'
const SYLLABLES_FROM = 0xac00
const SYLLABLES_TO = 0xd7a3
const SYLLABLES_PER_CONSONANT = 588

/**
 * Whether an item answers a search. Every word must be found in the SKU or the name, case and hyphens aside; a word of
 * first consonants (초성, "ㅂㄹㅇㅋ") is found in the first consonants of the name. An empty search finds all.
 */
export function found(search: string, sku: string, name: string): boolean {
  const words = plain(search).split(' ').filter(Boolean)
  if (words.length === 0) return true
  const code = plain(sku).replaceAll('-', '')
  const title = plain(name)
  const joined = title.replaceAll(' ', '')
  return words.every((word) =>
    isConsonants(word)
      ? firstConsonants(joined).includes(word)
      : code.includes(word.replaceAll('-', '')) || joined.includes(word),
  )
}

/** "브레이크" → "ㅂㄹㅇㅋ". What is not a Korean syllable stays itself. */
export function firstConsonants(text: string): string {
  return [...text]
    .map((letter) => {
      const code = letter.codePointAt(0) ?? 0
      if (code < SYLLABLES_FROM || code > SYLLABLES_TO) return letter
      return FIRST_CONSONANTS[Math.floor((code - SYLLABLES_FROM) / SYLLABLES_PER_CONSONANT)] ?? letter
    })
    .join('')
}

function isConsonants(word: string): boolean {
  return [...word].every((letter) => FIRST_CONSONANTS.includes(letter))
}

/** A Korean file name from a Mac comes decomposed; composed, it is found by what people type. */
function plain(text: string): string {
  return text.normalize('NFC').toLowerCase().trim().replaceAll(/\s+/g, ' ')
}
