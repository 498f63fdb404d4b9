import type { ClaimAnswer, ClaimHead } from '../../../contract/claims.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { HttpPort } from '../../kernel/http-port.ts'
import { type Random, seededRandom } from '../../kernel/random.ts'
import { openOwnApi } from './own-api.ts'
import { carrierOf, invoiceOf } from './packing-table.ts'
import type { DemoWorld } from './world.ts'

const EVERY_MS = 1_500
/** Claims looked at in a round, in each state that is open. */
const LOOKED_AT = 50
const OPEN = ['requested', 'approved', 'collected'] as const
const REFUSED_SHARE = 0.15
/** Of what comes back. */
const DAMAGED_SHARE = 0.2
const LOST_SHARE = 0.1
/** A marketplace that still refuses is left to tomorrow. */
const ROUNDS_MAX = 40
/** Rounds a parcel has to reach the seller where a carrier tells of it; without a word it is taken as here. */
const PARCEL_ROUNDS = 3
const SEEN_MAX = 20_000
/** A parcel may be on its way for so many, and an answer on its way to the marketplace. */
const IDLE_ROUNDS = PARCEL_ROUNDS + 1

type Answer = ClaimAnswer['answers'][number]['answer']

/** What the desk has made up its mind about. `left`: answers to give yet, the next one first. */
type File = { left: Answer[]; rounds: number; isInspected: boolean }

/**
 * The seller's claims desk, over our own API: it approves most of what buyers ask for, refuses some, looks at what
 * comes back and sends other goods. It does not know what a marketplace offers; the API says so.
 */
export function claimsDesk(
  http: HttpPort,
  clock: Clock,
  url: string,
  world: DemoWorld,
  seed: number,
): { stop(): Promise<void>; finish(mostMs: number): Promise<void> } {
  const random = seededRandom(seed + 277)
  const stopped = new AbortController()
  const files = new Map<string, File>()
  let idleRounds = 0
  const api = openOwnApi(http, url, world)

  const round = async (): Promise<void> => {
    idleRounds += 1
    for (const state of OPEN) {
      const page = await api<{ claims?: ClaimHead[] }>('GET', `/v1/claims?state=${state}&limit=${LOOKED_AT}`, null)
      for (const { id, kind } of page?.body.claims ?? []) {
        if (!files.has(id)) files.set(id, { left: mind(kind, random), rounds: 0, isInspected: false })
        await work(id, files.get(id)!)
      }
    }
    for (const id of files.keys()) {
      if (files.size <= SEEN_MAX) break
      files.delete(id)
    }
  }

  const work = async (id: string, file: File): Promise<void> => {
    if (file.left.length === 0 || ++file.rounds > ROUNDS_MAX) return
    const claim = (await api<ClaimAnswer>('GET', `/v1/claims/${id}`, null))?.body
    if (!claim?.answers || claim.answers.some(({ told }) => told === 'waiting' || told === 'unknown')) return
    file.left = file.left.filter((answer) => !claim.answers.some((one) => one.answer === answer && one.told === 'told'))
    const isHere = claim.state === 'collected' || file.rounds > PARCEL_ROUNDS
    if (claim.kind !== 'cancel' && file.left[0] !== 'refuse') {
      if (!isHere || !(await inspected(claim, file))) return
    }
    // An answer the API does not offer here is passed over; what the marketplace refused is tried again.
    for (const answer of [...file.left]) {
      const given = await api<{ status?: number }>('POST', `/v1/claims/${id}/answers`, { answer, ...parcelFor(answer) })
      if (given?.status === 200) idleRounds = 0
      if (given?.status !== 422) return
      file.left.shift()
    }
  }

  const parcelFor = (answer: Answer) =>
    answer === 'refuse' || answer === 'resend'
      ? { parcel: { carrier: carrierOf(random), invoice: invoiceOf(seed, 50_000 + files.size, random) } }
      : {}

  const inspected = async (claim: ClaimAnswer, file: File): Promise<boolean> => {
    if (file.isInspected) return true
    if (claim.lines.some(({ lineNo }) => lineNo === null)) return false
    const lines = claim.lines.map(({ lineNo, quantity }) => ({ lineNo, ...lookAt(quantity, random) }))
    const answer = await api<object>('POST', `/v1/claims/${claim.id}/inspections`, { lines })
    file.isInspected = answer !== null && answer.status < 500
    return file.isInspected
  }

  const working = (async () => {
    while (!stopped.signal.aborted) {
      await clock.sleep(EVERY_MS, stopped.signal)
      if (!stopped.signal.aborted) await round()
    }
  })()

  const stop = async () => {
    stopped.abort()
    await working
  }
  return {
    stop,
    /** Works off what lies there, until nothing was to do for some rounds. */
    async finish(mostMs) {
      const until = clock.monotonic() + mostMs
      while (idleRounds < IDLE_ROUNDS && clock.monotonic() < until) await clock.sleep(EVERY_MS)
      await stop()
    },
  }
}

/** Whoever refuses in vain, since the marketplace has no such answer, gives in. */
function mind(kind: ClaimHead['kind'], random: Random): Answer[] {
  const yes: Answer[] =
    kind === 'cancel' ? ['approve'] : kind === 'return' ? ['receive', 'approve'] : ['receive', 'resend']
  return random.next() < REFUSED_SHARE ? ['refuse', ...yes] : yes
}

function lookAt(quantity: number, random: Random): { sellable: number; damaged: number; lost: number } {
  const found = { sellable: 0, damaged: 0, lost: 0 }
  for (let unit = 0; unit < quantity; unit++) {
    const luck = random.next()
    found[luck < LOST_SHARE ? 'lost' : luck < LOST_SHARE + DAMAGED_SHARE ? 'damaged' : 'sellable'] += 1
  }
  return found
}
