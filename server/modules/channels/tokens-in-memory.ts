import type { TokenStore, Tokens } from './adapter.ts'

/** The tokens of one adapter that is alone in the world: a test, a bench, the demo's own look at a marketplace. */
export function tokensInMemory(first: Tokens | null = null): TokenStore {
  let newest = first
  let renewing: Promise<Tokens> | null = null
  return {
    read: async () => newest,
    renew: async (seen, ask) => {
      if (renewing) return renewing
      if (newest !== null && newest !== seen && JSON.stringify(newest) !== JSON.stringify(seen)) return newest
      renewing = ask(newest, async () => {})
      try {
        newest = await renewing
        return newest
      } finally {
        renewing = null
      }
    },
  }
}
