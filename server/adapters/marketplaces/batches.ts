import { type ActionResult, ChannelFault } from '../../modules/channels/adapter.ts'

export type Keyed<T> = { key: string; value: T }

/**
 * Does an action in calls of at most `size`, one after the other, and gives one result a key in the order
 * asked. A fault of the first call is thrown. After that some keys have been acted on, so a fault of a later
 * call leaves the remaining ones `unknown` rather than losing what is known of the earlier.
 */
export async function inBatches<T>(
  entries: readonly Keyed<T>[],
  size: number,
  act: (batch: readonly Keyed<T>[]) => Promise<ReadonlyMap<string, ActionResult>>,
): Promise<ActionResult[]> {
  const unique = [...new Map(entries.map((entry) => [entry.key, entry])).values()]
  const results = new Map<string, ActionResult>()
  for (let start = 0; start < unique.length; start += size) {
    try {
      for (const [key, result] of await act(unique.slice(start, start + size))) results.set(key, result)
    } catch (error) {
      if (start === 0 || !(error instanceof ChannelFault)) throw error
      for (const { key } of unique.slice(start)) results.set(key, unknownResult(key, error.code, error.said))
      break
    }
  }
  return entries.map(({ key }) => results.get(key) ?? notMentioned(key))
}

/** The answer tells of others and not of this one. */
export const notMentioned = (key: string): ActionResult => ({
  ...unknownResult(key, null, null),
  why: { reason: 'unanswered' },
})

export function unknownResult(key: string, code: string | null, message: string | null): ActionResult {
  return { key, outcome: 'unknown', code, message }
}
