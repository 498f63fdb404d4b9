import { ChannelFault } from '../../modules/channels/adapter.ts'

/**
 * An id as the JSON number the contracts want, digit by digit, though it may not fit a double. Throws
 * `not_found` for text that is no such number: no marketplace can know it.
 */
export function numberOf(id: string): unknown {
  if (!isNumberId(id))
    throw new ChannelFault('not_found', '', { why: { reason: 'id_malformed', what: id.slice(0, 40) } })
  return withRaw.rawJSON(id)
}

/** At most 19 digits, which is what a 64-bit number holds. */
export function isNumberId(id: string): boolean {
  return /^[1-9]\d{0,18}$/.test(id)
}

/** In Node since 21 and not yet in TypeScript's library. */
const withRaw = JSON as typeof JSON & { rawJSON(text: string): unknown }
