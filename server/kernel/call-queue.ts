/**
 * The one queue that the lanes of a group commit take their batches from.
 *
 * A key is with one lane at a time, and calls that share a key keep their order: two lanes never wait for each other's
 * rows. Each lane takes its share of all that is under way, not all that waits, so that one lane's batch is decided
 * while PostgreSQL writes the other's: with everything in one batch it waits while we think, and we while it writes.
 *
 * Many calls of one key, of which only one lane can take any, go in two groups for the same reason: while one is written,
 * the other is answered and asks again. Left alone they fell into groups of 224 and 32, one after the other.
 */
export type CallQueue<Call> = {
  waiting(): number
  add(call: Call): void
  /** Whether a lane that is idle has something to do, now that this call was added. */
  mayStart(call: Call): boolean
  /** The next batch, empty when there is nothing that a lane may take. */
  take(): Call[]
  /** The batch has been answered: its keys are free. */
  ended(batch: readonly Call[]): void
}

/** Groups of one key are no smaller than this: each costs a millisecond whatever its size. */
const GROUP_MIN = 64

/** Calls looked at for one batch: what waits behind so many that may not go has to wait for them. */
const LOOKED_AT_MAX = 1_024

export function openCallQueue<Call extends { keys: readonly string[] }>(of: {
  lanes: number
  batchMax: number
}): CallQueue<Call> {
  let queue: Call[] = []
  const busy = new Set<string>()
  let underWay = 0
  /** Calls of the batch that ended last: their callers are about to ask again. */
  let answered = 0

  return {
    waiting: () => queue.length,
    add: (call) => void queue.push(call),
    mayStart: (call) => !call.keys.some((key) => busy.has(key)),
    take() {
      const share = Math.ceil((queue.length + underWay) / of.lanes)
      const group = Math.max(share, GROUP_MIN, Math.ceil((queue.length + underWay + answered) / 2))
      const batch: Call[] = []
      const left: Call[] = []
      const taken = new Set<string>()
      const passed = new Set<string>()
      let looked = 0
      for (; looked < queue.length && looked < LOOKED_AT_MAX && batch.length < of.batchMax; looked++) {
        const call = queue[looked]!
        const isFree = !call.keys.some((key) => busy.has(key) || passed.has(key))
        // Beyond its share a lane takes only what no other could take beside it.
        if (isFree && (batch.length < share || (batch.length < group && call.keys.some((key) => taken.has(key))))) {
          batch.push(call)
          for (const key of call.keys) taken.add(key)
        } else {
          left.push(call)
          for (const key of call.keys) passed.add(key)
        }
      }
      queue = left.length === 0 ? queue.slice(looked) : left.concat(queue.slice(looked))
      for (const key of taken) busy.add(key)
      underWay += batch.length
      return batch
    },
    ended(batch) {
      underWay -= batch.length
      answered = batch.length
      for (const call of batch) for (const key of call.keys) busy.delete(key)
    },
  }
}
