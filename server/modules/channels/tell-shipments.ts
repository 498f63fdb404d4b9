import {
  claimTellings,
  heedSeenParcels,
  holdTellings,
  settleTellings,
  type Telling,
  type TellingEnd,
  type TellingResult,
} from '../fulfilment/index.ts'
import { isAhead, type KnownLine, readLines, readLinesOfOrders } from '../orders/index.ts'
import { type ActionResult, CHANNEL_FAULTS, type ChannelAdapter, ChannelFault, type ChannelOrder } from './adapter.ts'
import { transaction } from './again.ts'
import { type Connection, isReachable } from './connection.ts'
import { readConnection } from './connections.ts'
import type { ChannelDeps } from './deps.ts'
import { askingLeaseMs, whileHeld } from './lease.ts'
import { findListingItems } from './listing-queries.ts'
import { wordsOf, wordsOfFault } from './said-words.ts'

/** Calls one claim makes at most, so that no line waits long for the others' turns. */
const CALLS_MAX = 3
const LINES_MAX = 100
/** A connection that cannot be asked now is asked again after this long; its lines stay to be told. */
const FAULT_AGAIN_MS = 5_000
/** A bundle whose last line has not left: looked at again by itself, and at once when something of its order leaves. */
const BUNDLE_AGAIN_MS = 10 * 60_000

/** A line of a parcel with what the marketplace knows it by. */
type ToTell = { telling: Telling; line: KnownLine; item: string }

/**
 * Tells the marketplace which parcels have left: what is due, at most some calls' worth, each line by one worker. Killed
 * anywhere, the line is unknown until its lease runs out, half a minute later; then a collection has shown it, or it is
 * asked about again, which the marketplace answers with "already". Answers how many lines were looked at; 0 when there is
 * nothing to do.
 */
export async function tellShipments(
  deps: ChannelDeps,
  connection: Connection,
  adapter: ChannelAdapter,
): Promise<number> {
  const { company, connectionId } = connection
  const { ship, unknownSettlesMs } = adapter.capabilities
  const most = Math.min(LINES_MAX, CALLS_MAX * ship.linesPerCall)
  const leaseMs = askingLeaseMs(unknownSettlesMs)
  const claimed = await transaction(deps.db, company, async (tx) => {
    const fresh = await readConnection(tx, company, connectionId)
    if (!fresh || !isReachable(fresh)) return null
    const lease = tx.newId()
    const tellings = await claimTellings(tx, { company, connectionId }, lease, { most, leaseMs })
    if (tellings.length === 0) return null
    const orderIds = [...new Set(tellings.map(({ orderId }) => orderId))]
    const lines = await readLinesOfOrders(tx, company, orderIds)
    const listingIds = lines.flatMap(({ listingId }) => listingId ?? [])
    const items = await findListingItems(tx, company, [...new Set(listingIds)])
    return { lease, tellings, lines, items }
  })
  if (!claimed) return 0
  const { lease, tellings, lines, items } = claimed
  const byPlace = new Map(lines.map((line) => [`${line.orderId}/${line.lineNo}`, line]))
  const all = tellings.map((telling): ToTell => {
    const line = byPlace.get(`${telling.orderId}/${telling.lineNo}`)!
    return { telling, line, item: items.get(line.listingId ?? '') ?? '' }
  })
  const { held, ready } = ship.bundled ? sortBundles(adapter, all, lines) : { held: [], ready: all }
  const hold = () => deps.db.transaction([company], (tx) => holdTellings(tx, company, lease, tellings, leaseMs))
  const asked = ready.length > 0 ? await whileHeld(deps.clock, hold, () => ask(deps, connection, adapter, ready)) : []
  const results = [...held, ...asked]
  await transaction(deps.db, company, async (tx) => settleTellings(tx, company, lease, results))
  noteRefused(deps, connection, results)
  return tellings.length
}

/** One call ships all of a bundle, so that it waits for its last line. */
function sortBundles(adapter: ChannelAdapter, all: readonly ToTell[], lines: readonly KnownLine[]) {
  const bundleOf = ({ orderId, actionKey }: KnownLine) => `${orderId}/${adapter.bundleOf?.(actionKey ?? '') ?? ''}`
  const open = lines.filter((line) => line.connectionId !== null && line.cancelled + line.shipped < line.quantity)
  const waiting = Map.groupBy(open, bundleOf)
  const held = all.flatMap(({ telling, line }): TellingResult[] => {
    const others = waiting.get(bundleOf(line))
    if (!others) return []
    const why = { reason: 'bundle_waits' as const, what: others.map(({ lineNo }) => lineNo).join(', ') }
    const words = { code: 'BUNDLE_WAITS', said: null, why }
    return [{ telling, end: { kind: 'pending', againInMs: BUNDLE_AGAIN_MS, ...words } }]
  })
  return { held, ready: all.filter(({ line }) => !waiting.has(bundleOf(line))) }
}

async function ask(
  deps: ChannelDeps,
  connection: Connection,
  adapter: ChannelAdapter,
  lines: readonly ToTell[],
): Promise<TellingResult[]> {
  const unasked = lines.filter(({ telling, line }) => telling.acknowledgeFirst && line.actionKey !== null)
  if (unasked.length > 0 && adapter.capabilities.acknowledge !== null) {
    try {
      // What it answers is left to the shipping: that is refused in words where this was refused.
      await adapter.acknowledge([...new Set(unasked.map(({ line }) => line.actionKey!))])
    } catch (error) {
      const fault = faultOf(deps, connection, error)
      const end = { kind: 'pending' as const, againInMs: pauseOf(fault), ...wordsOfFault(fault) }
      return lines.map(({ telling }) => ({ telling, end }))
    }
  }
  try {
    const results = new Map((await adapter.ship(lines.map(parcelOf))).map((result) => [result.key, result]))
    return lines.map(({ telling, line }) => {
      return { telling, end: endOf(results.get(line.externalLineKey!), adapter) }
    })
  } catch (error) {
    const fault = faultOf(deps, connection, error)
    if (CHANNEL_FAULTS[fault.code].asks === 'park' && lines.length > 1) return halved(deps, connection, adapter, lines)
    return lines.map(({ telling }) => ({ telling, end: endOfFault(fault, adapter) }))
  }
}

/** The request as a whole was refused: whatever is wrong with one line must not keep the others back. */
async function halved(...[deps, connection, adapter, lines]: Parameters<typeof ask>): Promise<TellingResult[]> {
  const orders = [...Map.groupBy(lines, ({ line }) => line.orderId).values()]
  const parts = orders.length > 1 ? orders : lines.map((line) => [line])
  const middle = Math.ceil(parts.length / 2)
  const first = await ask(deps, connection, adapter, parts.slice(0, middle).flat())
  return [...first, ...(await ask(deps, connection, adapter, parts.slice(middle).flat()))]
}

const parcelOf = ({ telling, line, item }: ToTell) => ({
  lineKey: line.externalLineKey!,
  actionKey: line.actionKey ?? '',
  externalOrderId: line.externalId,
  item,
  carrier: telling.carrier,
  invoice: telling.invoice,
  shippedAt: telling.shippedAt,
  replaces: telling.replaces,
})

function endOf(result: ActionResult | undefined, adapter: ChannelAdapter): TellingEnd {
  const words = wordsOf(result)
  switch (result?.outcome) {
    case 'done':
    case 'already':
      return { kind: 'told' }
    case 'refused':
      return { kind: 'refused', ...words }
    default:
      return { kind: 'unknown', againInMs: adapter.capabilities.unknownSettlesMs, ...words }
  }
}

function endOfFault(fault: ChannelFault, adapter: ChannelAdapter): TellingEnd {
  const { asks, applied } = CHANNEL_FAULTS[fault.code]
  const words = wordsOfFault(fault)
  if (asks === 'park') return { kind: 'refused', ...words }
  if (applied === 'maybe') return { kind: 'unknown', againInMs: adapter.capabilities.unknownSettlesMs, ...words }
  return { kind: 'pending', againInMs: pauseOf(fault), ...words }
}

const pauseOf = (fault: ChannelFault): number => Math.max(FAULT_AGAIN_MS, fault.pauseMs ?? 0)

/** A fault of the connection is met and counted by the collection, too. */
function faultOf(deps: ChannelDeps, { channel, connectionId }: Connection, error: unknown): ChannelFault {
  if (!(error instanceof ChannelFault)) throw error
  deps.log.warn({ channel, connection: connectionId, code: error.code, said: error.said }, error.message)
  return error
}

function noteRefused(
  deps: ChannelDeps,
  { channel, connectionId }: Connection,
  results: readonly TellingResult[],
): void {
  const refused = results.flatMap(({ telling, end }) => (end.kind === 'refused' ? [{ ...telling, ...end }] : []))
  for (const { shipmentId, lineNo, code, said, why } of refused) {
    const fields = { channel, connection: connectionId, shipment: shipmentId, line: lineNo, code, said, why }
    deps.log.warn(fields, 'the marketplace does not want a parcel; a person must look')
  }
}

/** Lines of one look-up. */
const CHUNK = 500

/** What a collection shows of parcels ends what was asked and not answered. `seenAt`: database time, epoch ms. */
export async function heedParcels(
  deps: ChannelDeps,
  { company, connectionId }: Connection,
  orders: readonly ChannelOrder[],
  seenAt: number,
): Promise<void> {
  const shown = new Map(
    orders.flatMap(({ lines }) =>
      lines.flatMap(({ lineKey, state, invoice }) =>
        invoice && isAhead(state as KnownLine['state'], 'acknowledged') ? [[lineKey, invoice] as const] : [],
      ),
    ),
  )
  const keys = [...shown.keys()]
  for (let from = 0; from < keys.length; from += CHUNK) {
    await transaction(deps.db, company, async (tx) => {
      const lines = await readLines(tx, company, connectionId, keys.slice(from, from + CHUNK))
      const seen = lines.map(({ orderId, lineNo, externalLineKey }) => {
        return { orderId, lineNo, invoice: shown.get(externalLineKey!)! }
      })
      await heedSeenParcels(tx, company, seen, seenAt)
    })
  }
}
