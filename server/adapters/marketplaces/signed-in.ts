import type { Clock } from '../../kernel/clock.ts'
import {
  type AskForTokens,
  CHANNEL_FAULTS,
  ChannelFault,
  type TokenStore,
  type Tokens,
} from '../../modules/channels/adapter.ts'

/** Told by an answer, by our clock: when it was asked for and when the token that goes with calls ends. */
export type Token = Tokens & { readonly askedAt: number; readonly endsAt: number }

export type SignedIn<T extends Token> = {
  /** Tokens that work for a while, from memory where possible. */
  current(): Promise<T>
  /** Others, after a call with `refused` was answered with 401. Throws `signed_out` when that cannot help. */
  renew(refused: T): Promise<T>
}

export type Begin = Parameters<AskForTokens>[1]

/** How this marketplace gives tokens. */
export type Desk<T extends Token> = {
  /** The kept ones where they belong to these credentials; else null. */
  recognise(kept: Tokens): T | null
  /** One token call, which `begin` precedes; `kept` is the newest there is, whoever it belongs to. */
  ask(kept: Tokens | null, begin: Begin): Promise<T>
}

/** With less left they are renewed, while the old ones still work; of a shorter life a quarter. */
const RENEW_BELOW_MS = 30 * 60_000
/** With more left a renewal that fails is nobody's trouble yet. */
const STILL_GOOD_MS = 60_000
/** A refusal this soon after the last one, of the key or of a token, will not get better by asking again. */
const NO_STORM_MS = 30_000

/**
 * The tokens of one adapter: remembered here, kept and renewed by the connection's store. One renewal at a time; while
 * it may not be asked again everybody is told why, without a look into the store.
 */
export function openSignedIn<T extends Token>(clock: Clock, store: TokenStore, desk: Desk<T>): SignedIn<T> {
  let kept: Tokens | null = null
  let held: T | null = null
  let renewing: Promise<T> | null = null
  let stopped: { at: number; forMs: number; fault: ChannelFault } | null = null
  let renewedAt: number | null = null

  /** A clock that was set must not keep anybody out for longer. */
  const isWithin = (at: number, ms: number) => Math.abs(clock.now() - at) < ms
  const hold = (tokens: Tokens | null) => {
    kept = tokens
    held = tokens && desk.recognise(tokens)
    return held
  }

  async function renewOnce(): Promise<T> {
    if (stopped && isWithin(stopped.at, stopped.forMs)) throw stopped.fault
    try {
      // What another process keeps meanwhile may belong to credentials of before; then the second turn asks.
      const got = hold(await store.renew(kept, desk.ask)) ?? hold(await store.renew(kept, desk.ask))
      if (!got) throw new ChannelFault('signed_out', '', { why: { reason: 'tokens_of_others' } })
      stopped = null
      return got
    } catch (error) {
      if (error instanceof ChannelFault) {
        const forMs = error.pauseMs ?? (error.code === 'signed_out' ? NO_STORM_MS : 0)
        stopped = { at: clock.now(), forMs: Math.min(forMs, NO_STORM_MS), fault: error }
      }
      throw error
    }
  }

  const renewTogether = (): Promise<T> => {
    renewing ??= renewOnce().finally(() => {
      renewing = null
    })
    return renewing
  }

  const tokens: SignedIn<T> = {
    current: async () => {
      if (!held && !renewing) hold(await store.read())
      const now = held
      const leftMs = now ? now.endsAt - clock.now() : 0
      if (now && leftMs >= Math.min(RENEW_BELOW_MS, (now.endsAt - now.askedAt) / 4)) return now
      try {
        return await renewTogether()
      } catch (error) {
        if (now && leftMs > STILL_GOOD_MS && error instanceof ChannelFault) return now
        throw error
      }
    },
    renew: async (refused) => {
      if (held && JSON.stringify(held) !== JSON.stringify(refused)) return held
      if (renewing) return renewing
      // Where a token works for some calls only, a permission is missing, and no new token would bring it.
      if (renewedAt !== null && isWithin(renewedAt, NO_STORM_MS)) {
        throw new ChannelFault('signed_out', '', { why: { reason: 'renewal_refused' } })
      }
      const renewed = await renewTogether()
      renewedAt = clock.now()
      return renewed
    },
  }
  return {
    current: () => tokens.current().catch(beforeTheCall),
    renew: (refused) => tokens.renew(refused).catch(beforeTheCall),
  }
}

/** Whatever became of the token call: the call it was for has not been made. Nor is a token asked for again with it. */
function beforeTheCall(error: unknown): never {
  if (!(error instanceof ChannelFault) || CHANNEL_FAULTS[error.code].asks !== 'ask') throw error
  throw new ChannelFault('unreachable', error.said, { pauseMs: error.pauseMs, why: { reason: 'signing_in' } })
}
