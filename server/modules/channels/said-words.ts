import type { ActionResult, ChannelFault, FaultWhy } from './adapter.ts'

/** `said`: the marketplace's or the network's own words, verbatim. `why`: what we found ourselves. */
export type SaidWords = { code: string | null; said: string | null; why: FaultWhy | null }

const LONGEST = 300

/** There is always something to be read: where nobody said a word, that is what we say. */
export function wordsOf(result: ActionResult | undefined): SaidWords {
  const { code = null, message = null, why = null } = result ?? {}
  const said = message?.slice(0, LONGEST) || null
  if (why !== null || said !== null) return { code, said, why }
  return { code, said, why: code === null ? { reason: 'unanswered' } : { reason: 'no_words', what: code } }
}

export const wordsOfFault = ({ code, said, why }: ChannelFault): SaidWords => ({ code, said: said || null, why })
