import { randomFillSync } from 'node:crypto'

/** Chance comes in through this port, so that a run can be repeated from its seed. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** Fills `bytes` in place and returns it. */
  fill(bytes: Uint8Array): Uint8Array
}

/** Drawn from the system this much at a time: four bytes a call cost several µs an id. */
const pool = new Uint8Array(8_192)
let used = pool.length

function fill(bytes: Uint8Array): Uint8Array {
  if (bytes.length > pool.length) return randomFillSync(bytes)
  if (used + bytes.length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  bytes.set(pool.subarray(used, used + bytes.length))
  // What was handed out is not kept: a secret drawn from here must not stay readable.
  pool.fill(0, used, used + bytes.length)
  used += bytes.length
  return bytes
}

const word = new Uint32Array(1)
const wordBytes = new Uint8Array(word.buffer)

export const realRandom: Random = {
  next: () => {
    fill(wordBytes)
    return word[0]! / 2 ** 32
  },
  fill,
}

/** A repeatable stream (mulberry32): equal seeds give equal numbers on every machine. Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    fill: (bytes) => {
      for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(next() * 256)
      return bytes
    },
  }
}
