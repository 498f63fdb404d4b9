import { CHANNEL_FAULTS, ChannelFault, type Collected, type Cursor } from '../../modules/channels/adapter.ts'

/**
 * One call is sent so often at most. With three calls in ten failing, a collection of ten came through whole 3 times in a
 * hundred; with two tries a call it is 39, with three 76.
 */
const MOST_TRIES = 3

/** In one collection, whatever calls they are of. */
const MOST_REPEATS = 12

export type Repeats = {
  /**
   * For calls that only read; each takes its turn in the budget. Outside a collection they are sent once, and a call for
   * a token, whose fault is `unreachable` (signed-in.ts), always is.
   */
  again<T>(send: () => Promise<T>): Promise<T>
  during(collect: (cursor: Cursor | null) => Promise<Collected>): (cursor: Cursor | null) => Promise<Collected>
}

/**
 * The pages of a collection that fail in passing are asked for again within it, since a collection counts whole or not at
 * all. Only while the marketplace answers: a call given up is followed by calls sent once, until one is answered, so that
 * an outage costs two calls more, and not each collection three.
 */
export function openRepeats(): Repeats {
  let left = 0
  let isAnswering = false

  return {
    again: async (send) => {
      for (let tries = 1; ; tries++) {
        try {
          const answer = await send()
          isAnswering = true
          return answer
        } catch (error) {
          const mayAgain = isAnswering && left > 0 && tries < MOST_TRIES
          if (!mayAgain || !isPassing(error)) {
            isAnswering = isAboutTheCall(error)
            throw error
          }
          left -= 1
        }
      }
    },
    during: (collect) => async (cursor) => {
      left = MOST_REPEATS
      try {
        return await collect(cursor)
      } finally {
        left = 0
      }
    },
  }
}

/** No answer, a gateway's, or one that is cut off or somebody else's. An answer beyond the port's cap would be so again. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof ChannelFault) || error.said === 'answer too long') return false
  return CHANNEL_FAULTS[error.code].asks === 'ask' && error.pauseMs === null
}

/** It answers: only this id or this request is nothing to it. */
function isAboutTheCall(error: unknown): boolean {
  return error instanceof ChannelFault && CHANNEL_FAULTS[error.code].asks === 'park'
}
