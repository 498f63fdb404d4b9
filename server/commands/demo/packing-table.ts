import type { Clock } from '../../kernel/clock.ts'
import type { HttpPort } from '../../kernel/http-port.ts'
import { type Random, seededRandom } from '../../kernel/random.ts'
import { openOwnApi } from './own-api.ts'
import type { DemoWorld } from './world.ts'

/** A round now and then, as parcels are fetched: each tells a marketplace in one call or two of its few a second. */
const EVERY_MS = 4_000
/** Orders looked at in a round, newest first, and parcels that leave in one. */
const LOOKED_AT = 100
const PARCELS_MAX = 20
/** The rest waits for another day, so that every state is there to be seen. */
const SHARE = 0.4
const SEEN_MAX = 20_000
const CARRIERS = ['cj', 'hanjin', 'lotte', 'logen', 'epost'] as const

export type PackingTally = { sent: number; refused: number }

/** The seller's packing table: a share of the acknowledged orders leaves over our own API, as from a courier's sheet. */
export function packingTable(
  http: HttpPort,
  clock: Clock,
  url: string,
  world: DemoWorld,
  seed: number,
): { stop(): Promise<PackingTally> } {
  const random = seededRandom(seed + 177)
  const stopped = new AbortController()
  const tally: PackingTally = { sent: 0, refused: 0 }
  const seen = new Set<string>()

  const api = openOwnApi(http, url, world)

  const round = async (): Promise<void> => {
    const page = await api<{ orders?: { id: string }[] }>(
      'GET',
      `/v1/orders?state=acknowledged&limit=${LOOKED_AT}`,
      null,
    )
    const fresh = (page?.body.orders ?? []).filter(({ id }) => !seen.has(id))
    for (const { id } of fresh) seen.add(id)
    for (const id of seen) {
      if (seen.size <= SEEN_MAX) break
      seen.delete(id)
    }
    const rows = fresh
      .filter(() => random.next() < SHARE)
      .slice(0, PARCELS_MAX)
      .map(({ id }) => ({ order: id, carrier: carrierOf(random), invoice: invoiceOf(seed, seen.size, random) }))
    if (rows.length === 0) return
    const answer = await api<{ shipped?: number; refused?: number }>('POST', '/v1/shipments/bulk', rows)
    tally.sent += answer?.body.shipped ?? 0
    tally.refused += answer?.body.refused ?? 0
  }

  const packing = (async () => {
    while (!stopped.signal.aborted) {
      await clock.sleep(EVERY_MS, stopped.signal)
      if (!stopped.signal.aborted) await round()
    }
  })()

  return {
    async stop() {
      stopped.abort()
      await packing
      return tally
    },
  }
}

export const carrierOf = (random: Random): string => CARRIERS[Math.floor(random.next() * CARRIERS.length)]!

/** Twelve digits, the first a 0: a number would lose it. */
export const invoiceOf = (seed: number, count: number, random: Random): string =>
  `0${seed % 10}${String(count % 100_000).padStart(5, '0')}${String(Math.floor(random.next() * 100_000)).padStart(5, '0')}`
