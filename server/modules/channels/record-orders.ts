import type { Tx } from '../../kernel/db.ts'
import { componentsOf, findVariants, readVariants, type Variant } from '../catalog/index.ts'
import { lockAvailability } from '../inventory/index.ts'
import {
  addLines,
  advanceLines,
  cancelLines,
  isAhead,
  type KnownLine,
  type NewLine,
  type NewOrder,
  readLines,
  takeOrders,
} from '../orders/index.ts'
import type { ChannelOrder, ChannelOrderLine } from './adapter.ts'
import { observedSale } from './allocation/demand.ts'
import { recorded } from './allocation/rights.ts'
import type { Connection } from './connection.ts'
import type { ChannelDeps } from './deps.ts'
import { type JournalEntry, note } from './journal.ts'
import { type Listing, soldOnChannel, upToDate } from './listing.ts'
import { findListings, insertListings, lockListings, updateListings } from './listing-queries.ts'
import { newListing } from './listings.ts'
import { movePromises } from './promises.ts'
import { needsOf, scopeOf } from './scope.ts'
import { wantRead } from './unit-queries.ts'

/** A line met for the first time, with the listing it was bought from. */
type FreshLine = { order: ChannelOrder; line: ChannelOrderLine; listing: Listing; variant: Variant | null }

/**
 * Records what we have not seen: orders, late lines of known orders, their stock and what they did to the listing's
 * rights, in one transaction. Each line is known by the marketplace's most stable key and recorded once, in whatever
 * order, however often it is told.
 */
export async function recordNewOrders(
  deps: ChannelDeps,
  connection: Connection,
  orders: readonly ChannelOrder[],
): Promise<void> {
  const { company, connectionId } = connection
  const keys = orders.flatMap((order) => order.lines.map((line) => line.lineKey))
  const known = await deps.db.transaction([company], (tx) => readLines(tx, company, connectionId, keys))
  const knownKeys = new Set(known.map((line) => line.externalLineKey))
  const fresh = orders.filter((order) => order.lines.some((line) => !knownKeys.has(line.lineKey)))
  if (fresh.length === 0) return
  const numbers = new Map<string, string>()
  for (const order of fresh) numbers.set(order.externalId, await deps.numbers.next(company))
  await deps.db.transaction([company], async (tx) => {
    // Asked again inside: another worker may have recorded them meanwhile.
    const now = await readLines(tx, company, connectionId, keys)
    const nowKeys = new Map(now.map((line) => [line.externalLineKey, line]))
    const lines = await linesWithListings(tx, connection, fresh, nowKeys)
    if (lines.length > 0) await recordLines(tx, connection, lines, now, numbers)
  })
}

async function linesWithListings(
  tx: Tx,
  connection: Connection,
  orders: readonly ChannelOrder[],
  known: ReadonlyMap<string | null, KnownLine>,
): Promise<FreshLine[]> {
  const { company, connectionId } = connection
  const fresh = orders.flatMap((order) =>
    order.lines.filter((line) => !known.has(line.lineKey)).map((line) => ({ order, line })),
  )
  const listings = await listingsFor(
    tx,
    connection,
    fresh.map(({ line }) => line),
  )
  const variantIds = [...new Set([...listings.values()].flatMap((listing) => listing.variantId ?? []))]
  const variants = await readVariants(
    tx,
    variantIds.map((variantId) => ({ company, variantId })),
  )
  const byId = new Map(variants.map((variant) => [variant.variantId, variant]))
  return fresh.map(({ order, line }) => {
    const listing = listings.get(itemKey(line))!
    return { order, line, listing, variant: listing.variantId ? (byId.get(listing.variantId) ?? null) : null }
  })

  /** An item we have never seen becomes a listing: mapped at once when its seller code is a SKU, waiting otherwise. */
  async function listingsFor(tx: Tx, connection: Connection, lines: readonly ChannelOrderLine[]) {
    const found = await findListings(tx, company, connectionId, lines)
    const byKey = new Map(found.map((listing) => [itemKey(listing), listing]))
    const unknown = new Map(lines.filter((line) => !byKey.has(itemKey(line))).map((line) => [itemKey(line), line]))
    if (unknown.size === 0) return byKey
    const codes = [...unknown.values()].flatMap((line) => line.sellerCode ?? [])
    const skus = new Map(
      (await findVariants(tx, company, codes)).map((variant) => [variant.sku.toUpperCase(), variant]),
    )
    const now = await tx.now()
    const made = [...unknown.values()].map((line) => {
      const variantId = skus.get(line.sellerCode?.trim().toUpperCase() ?? '')?.variantId ?? null
      return newListing(tx, connection, { ...line, variantId, multiplier: 1, observed: null }, now)
    })
    insertListings(tx, made, 'seller code')
    for (const listing of await findListings(tx, company, connectionId, made)) byKey.set(itemKey(listing), listing)
    return byKey
  }
}

const itemKey = ({ unit, item }: { unit: string; item: string }): string => `${unit}\n${item}`

async function recordLines(
  tx: Tx,
  connection: Connection,
  lines: readonly FreshLine[],
  known: readonly KnownLine[],
  numbers: ReadonlyMap<string, string>,
): Promise<void> {
  const orderIds = new Map(known.map((line) => [line.externalId, line]))
  const groups = new Map<string, FreshLine[]>()
  for (const line of lines) groups.set(line.order.externalId, [...(groups.get(line.order.externalId) ?? []), line])
  const orders = [...groups.values()].map((group) => newOrder(tx, connection, group, numbers))
  const isLate = (order: NewOrder) => orderIds.has(order.externalId)
  const outcomes = await takeOrders(
    tx,
    orders.filter((order) => !isLate(order)),
  )
  if (outcomes.some((outcome) => outcome.kind !== 'taken')) {
    throw new Error(`recording an order was answered ${outcomes.map((outcome) => outcome.kind).join(', ')}`)
  }
  await addLines(
    tx,
    orders.filter(isLate).flatMap((order) => {
      const known = orderIds.get(order.externalId)!
      // Numbers above any the order can have: its own lines count from 1.
      return order.lines.map((line, i) => ({ order, orderId: known.orderId, line, lineNo: lateLineNo(line, i) }))
    }),
  )
  await moveRights(
    tx,
    connection,
    lines.map(({ listing, line }) => saleOf(listing, line)),
  )
}

/** Late lines are numbered by their key, so that two workers agree. */
function lateLineNo(line: NewLine, place: number): number {
  let hash = 7
  for (const sign of line.externalLineKey ?? `${place}`) hash = (Math.imul(hash, 31) + sign.codePointAt(0)!) >>> 0
  return 1_000 + (hash % 1_000_000_000)
}

function newOrder(
  tx: Tx,
  connection: Connection,
  group: readonly FreshLine[],
  numbers: ReadonlyMap<string, string>,
): NewOrder {
  const { order } = group[0]!
  return {
    company: connection.company,
    orderId: tx.newId(),
    number: numbers.get(order.externalId)!,
    channel: connection.channel,
    connectionId: connection.connectionId,
    externalId: order.externalId,
    actor: `channel:${connection.channel}`,
    whenShort: 'record',
    holdForMs: null,
    drawsOn: 'rights',
    currency: 'KRW',
    shippingFee: order.shippingFee ?? 0,
    discount: 0,
    tax: 0,
    buyerName: order.buyerName,
    shippingAddress: order.address,
    billingAddress: null,
    country: 'KR',
    orderedAt: order.orderedAt,
    paidAt: order.paidAt,
    shipBy: null,
    warehouses: connection.warehouses,
    lines: group.map(newLine),
  }
}

function newLine({ line, listing, variant }: FreshLine): NewLine {
  return {
    variantId: variant?.variantId ?? null,
    sku: variant?.sku ?? line.sellerCode,
    listingId: listing.listingId,
    multiplier: listing.multiplier,
    takes: variant === null ? [] : componentsOf(variant).map((part) => ({ ...part, margin: 0 })),
    productName: line.productName,
    variantName: line.optionName,
    unitPrice: line.unitPrice,
    quantity: line.quantity,
    // What is behind paid is caught up by recordChanges, through the same verbs as for lines known before.
    state: 'paid',
    externalLineKey: line.lineKey,
    actionKey: line.actionKey,
  }
}

type Move = { listing: Listing; quantity: number; at: number; kind: 'sold' | 'restocked' }

const saleOf = (listing: Listing, line: ChannelOrderLine): Move => ({
  listing,
  quantity: line.quantity,
  at: line.soldAt,
  kind: 'sold',
})

/** Tells the listings' rights, in the ledger's transaction, what was sold or came back to the marketplace's shelf. */
async function moveRights(tx: Tx, connection: Connection, moves: readonly Move[]): Promise<void> {
  const { company, connectionId } = connection
  const ids = new Map(moves.map(({ listing }) => [listing.listingId, listing]))
  const mapped = [...ids.values()].flatMap(({ variantId }) => (variantId ? [{ company, variantId }] : []))
  const { variants, components } = await scopeOf(tx, mapped)
  const needed = components.filter((part) =>
    [...ids.values()].some((listing) => needsOf(listing, variants).some((need) => need.variantId === part.variantId)),
  )
  const stock = new Map((await lockAvailability(tx, needed)).map((row) => [row.variantId, row]))
  const now = await tx.now()
  const locked = await lockListings(tx, [...ids.values()])
  const journal: JournalEntry[] = []
  const changes = locked.map((before) => {
    let after = upToDate(before, connection)
    for (const { quantity, at, kind, listing } of moves) {
      if (listing.listingId !== before.listingId) continue
      const signed = kind === 'sold' ? quantity : -quantity
      const believed = soldOnChannel(after, signed, at)
      const demand = kind === 'sold' ? observedSale(after.demand, quantity, at) : after.demand
      after = { ...believed, demand, rights: recorded(after.rights, at, signed) }
      const lag = kind === 'sold' ? { lagMs: Math.max(0, now - at) } : {}
      journal.push({ company, listingId: before.listingId, kind, value: quantity, ...lag })
    }
    return { before, after }
  })
  movePromises(tx, changes, variants, new Map([[connectionId, connection]]), stock)
  updateListings(
    tx,
    changes.map(({ after }) => after),
  )
  note(tx, journal)
  const raced = changes.filter(({ before, after }) => after.racedSince > before.racedSince)
  wantRead(
    tx,
    raced.map(({ after: { unit } }) => ({ company, connectionId, unit })),
    0,
  )
}

/**
 * Brings known lines to what the marketplace now tells: cancels by quantity, states forward by rank. Cancels give
 * stock back by our own rule, once, whether or not the marketplace put the units back on its shelf.
 */
export async function recordChanges(
  deps: ChannelDeps,
  connection: Connection,
  orders: readonly ChannelOrder[],
): Promise<void> {
  const { company, connectionId } = connection
  const told = new Map(orders.flatMap((order) => order.lines.map((line) => [line.lineKey, line] as const)))
  await deps.db.transaction([company], async (tx) => {
    const known = await readLines(tx, company, connectionId, [...told.keys()])
    const changed = known.filter((line) => hasChanged(line, told.get(line.externalLineKey!)!))
    if (changed.length === 0) return
    await recordCancels(deps, tx, connection, changed, told)
    await advanceLines(
      tx,
      changed.map((line) => {
        const { state, actionKey } = told.get(line.externalLineKey!)!
        return { line, state: state === 'shipped' || state === 'cancelled' ? line.state : state, actionKey }
      }),
    )
  })
}

const cancelledOf = (told: ChannelOrderLine): number => (told.state === 'cancelled' ? told.quantity : told.cancelled)

const hasChanged = (line: KnownLine, told: ChannelOrderLine): boolean =>
  cancelledOf(told) > line.cancelled || isAhead(told.state, line.state) || told.actionKey !== line.actionKey

async function recordCancels(
  deps: ChannelDeps,
  tx: Tx,
  connection: Connection,
  lines: readonly KnownLine[],
  told: ReadonlyMap<string, ChannelOrderLine>,
): Promise<void> {
  const { company, connectionId } = connection
  const cancelled = lines.filter((line) => cancelledOf(told.get(line.externalLineKey!)!) > line.cancelled)
  if (cancelled.length === 0) return
  const variantIds = [...new Set(cancelled.flatMap((line) => line.variantId ?? []))]
  const variants = await readVariants(
    tx,
    variantIds.map((variantId) => ({ company, variantId })),
  )
  const takes = new Map(variants.map((variant) => [variant.variantId, componentsOf(variant)]))
  const given = await cancelLines(
    tx,
    `channel:${connection.channel}`,
    cancelled.map((line) => ({
      line,
      cancelled: cancelledOf(told.get(line.externalLineKey!)!),
      takes: line.variantId ? (takes.get(line.variantId) ?? []) : [],
    })),
  )
  if (deps.marketplaces[connection.channel] === undefined) return
  const items = cancelled.map((line) => told.get(line.externalLineKey!)!)
  const listings = new Map((await findListings(tx, company, connectionId, items)).map((l) => [itemKey(l), l]))
  const moves = items.flatMap((line, i): Move[] => {
    const listing = listings.get(itemKey(line))
    if (!listing || given[i] === 0 || connection.settings.restocksOnCancel === 'no') return []
    return [{ listing, quantity: given[i]!, at: line.changedAt, kind: 'restocked' }]
  })
  if (moves.length > 0) {
    await moveRights(tx, connection, moves)
    // Whether the units went back on the shelf is not documented: only a read tells.
    wantRead(
      tx,
      moves.map(({ listing: { unit } }) => ({ company, connectionId, unit })),
      0,
    )
  }
}
