import type { Tx } from '../../kernel/db.ts'
import { componentsOf, findVariants, readVariants, type Variant } from '../catalog/index.ts'
import { applyStock } from '../inventory/index.ts'
import {
  addLines,
  advanceLines,
  isAhead,
  type KnownLine,
  type NewLine,
  type NewOrder,
  readdressOrders,
  readLines,
  settleLines,
  takeOrders,
} from '../orders/index.ts'
import type { ChannelOrder, ChannelOrderLine } from './adapter.ts'
import { transaction } from './again.ts'
import { tellAlarms } from './alarms.ts'
import { checkStamps, latenessOf } from './assumptions.ts'
import type { Connection } from './connection.ts'
import type { ChannelDeps } from './deps.ts'
import type { Listing } from './listing.ts'
import { findListings, insertListings } from './listing-queries.ts'
import { newListing } from './listings.ts'
import { backOnShelf, type Move, moveRights } from './shelf.ts'
import { knowUnits } from './unit-queries.ts'

/** A line met for the first time, with the listing it was bought from. */
type FreshLine = { order: ChannelOrder; line: ChannelOrderLine; listing: Listing; variant: Variant | null }

/**
 * Records what we have not seen: orders, late lines of known orders, their stock and what they did to the listing's
 * rights, in one transaction. Each line is known by the marketplace's most stable key and recorded once, in whatever
 * order, however often it is told, by however many workers. Answers how many lines were new; how late each came is added
 * to `lateness` (ms, see latenessOf).
 */
export async function recordNewOrders(
  deps: ChannelDeps,
  connection: Connection,
  told: readonly ChannelOrder[],
  lateness: number[] = [],
): Promise<number> {
  const { company, connectionId } = connection
  const orders = told.map((order) => ({ ...order, lines: order.lines.filter((line) => isBought(line, connection)) }))
  const keys = orders.flatMap((order) => order.lines.map((line) => line.lineKey))
  const known = await deps.db.transaction([company], (tx) => readLines(tx, company, connectionId, keys))
  const knownKeys = new Set(known.map((line) => line.externalLineKey))
  const fresh = orders.filter((order) => order.lines.some((line) => !knownKeys.has(line.lineKey)))
  if (fresh.length === 0) return 0
  const numbers = new Map<string, string>()
  for (const order of fresh) numbers.set(order.externalId, await deps.numbers.next(company))
  const { lines, alarms } = await transaction(deps.db, company, async (tx) => {
    // Asked again inside: another worker may have recorded them meanwhile.
    const now = await readLines(tx, company, connectionId, keys)
    const nowKeys = new Map(now.map((line) => [line.externalLineKey, line]))
    const lines = await linesWithListings(tx, connection, fresh, nowKeys)
    if (lines.length === 0) return { lines, alarms: [] }
    await recordLines(tx, connection, lines, numbers)
    return { lines, alarms: await checkStamps(tx, connection, lines) }
  })
  tellAlarms(deps.log, alarms)
  lateness.push(...latenessOf(connection, lines))
  return lines.length
}

/** Before the payment nothing has left the shelf, unless this marketplace takes it with the order. */
export const isBought = (line: ChannelOrderLine, { settings }: Connection): boolean =>
  line.state !== 'pending' || settings.stockTakenAt === 'order'

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
    knowUnits(
      tx,
      made.map(({ unit }) => ({ company, connectionId, unit })),
    )
    for (const listing of await findListings(tx, company, connectionId, made)) byKey.set(itemKey(listing), listing)
    return byKey
  }
}

const itemKey = ({ unit, item }: { unit: string; item: string }): string => `${unit}\n${item}`

async function recordLines(
  tx: Tx,
  connection: Connection,
  lines: readonly FreshLine[],
  numbers: ReadonlyMap<string, string>,
): Promise<void> {
  const groups = new Map<string, FreshLine[]>()
  for (const line of lines) groups.set(line.order.externalId, [...(groups.get(line.order.externalId) ?? []), line])
  const orders = [...groups.values()].map((group) => newOrder(tx, connection, group, numbers))
  const outcomes = await takeOrders(tx, orders)
  // Known with other lines: these came later, since a page border or a filter ran through the checkout.
  const late = orders.filter((_, i) => outcomes[i]!.kind !== 'taken')
  const orderIds = await orderIdsOf(tx, late)
  await addLines(
    tx,
    late.flatMap((order, o) =>
      // Numbers above any the order can have: its own lines count from 1.
      order.lines.map((line, i) => ({ order, orderId: orderIds[o]!, line, lineNo: lateLineNo(line, i) })),
    ),
  )
  await moveRights(
    tx,
    connection,
    lines.map(({ listing, line }) => saleOf(listing, line)),
  )
}

/**
 * An order's first reservation carries its id and its name at the source. Settling one that is firm already changes
 * nothing and says which it is.
 */
async function orderIdsOf(tx: Tx, orders: readonly NewOrder[]): Promise<string[]> {
  const outcomes = await applyStock(
    tx,
    orders.map(({ company, connectionId, externalId, actor }) => ({
      ...{ verb: 'settle' as const, company, source: connectionId!, ref: externalId, actor },
    })),
  )
  return outcomes.map((outcome) => {
    if (outcome.kind !== 'already' || outcome.reservationId === null) {
      throw new Error(`an order that was known is ${outcome.kind}`)
    }
    return outcome.reservationId
  })
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
    // What was cancelled before we were told takes nothing, not even for a moment: nobody else must miss it.
    takes:
      variant === null || cancelledOf(line) >= line.quantity
        ? []
        : componentsOf(variant).map((part) => ({ ...part, margin: 0 })),
    productName: line.productName,
    variantName: line.optionName,
    unitPrice: line.unitPrice,
    quantity: line.quantity,
    // What is behind paid is caught up by recordChanges, through the same verbs as for lines known before.
    state: line.state === 'pending' ? 'pending' : 'paid',
    externalLineKey: line.lineKey,
    actionKey: line.actionKey || null,
  }
}

const saleOf = (listing: Listing, line: ChannelOrderLine): Move => ({
  listing,
  quantity: line.quantity,
  at: line.soldAt,
  kind: 'sold',
})

/**
 * Brings known lines to what the marketplace now tells: cancels by quantity, states forward by rank. Cancels give
 * stock back by our own rule, once, whether or not the marketplace put the units back on its shelf. An address may come
 * later than its order, and change until the parcel leaves.
 */
export async function recordChanges(
  deps: ChannelDeps,
  connection: Connection,
  orders: readonly ChannelOrder[],
): Promise<void> {
  const { company, connectionId } = connection
  const told = new Map(orders.flatMap((order) => order.lines.map((line) => [line.lineKey, line] as const)))
  await transaction(deps.db, company, async (tx) => {
    const known = await readLines(tx, company, connectionId, [...told.keys()])
    readdressOrders(
      tx,
      orders.flatMap(({ externalId, address }) => (address ? [{ company, connectionId, externalId, address }] : [])),
    )
    const changed = known.filter((line) => hasChanged(line, told.get(line.externalLineKey!)!))
    if (changed.length === 0) return
    await recordCancels(deps, tx, connection, changed, told)
    await advanceLines(
      tx,
      changed.map((line) => {
        const { state, actionKey } = told.get(line.externalLineKey!)!
        return { line, state: nextState(line, state), ...(actionKey === '' ? {} : { actionKey }) }
      }),
    )
  })
}

/** Goods leave our books when we ship them: whoever sent them off at the marketplace has accepted the order, no more. */
function nextState(line: KnownLine, told: ChannelOrderLine['state']): KnownLine['state'] {
  if (told === 'cancelled') return line.state
  return isAhead(told, 'acknowledged') && !isAhead(line.state, 'acknowledged') ? 'acknowledged' : told
}

export const cancelledOf = (told: Pick<ChannelOrderLine, 'state' | 'quantity' | 'cancelled'>): number =>
  told.state === 'cancelled' ? told.quantity : told.cancelled

const hasChanged = (line: KnownLine, told: ChannelOrderLine): boolean =>
  cancelledOf(told) > line.cancelled ||
  isAhead(told.state, line.state) ||
  (told.actionKey !== '' && told.actionKey !== line.actionKey)

async function recordCancels(
  deps: ChannelDeps,
  tx: Tx,
  connection: Connection,
  lines: readonly KnownLine[],
  told: ReadonlyMap<string, ChannelOrderLine>,
): Promise<void> {
  const cancelled = lines.flatMap((line) => {
    const { changedAt, ...news } = told.get(line.externalLineKey!)!
    return cancelledOf(news) > line.cancelled ? [{ line, cancelled: cancelledOf(news), at: changedAt }] : []
  })
  await backOnShelf(deps, tx, connection, await settleLines(tx, `channel:${connection.channel}`, cancelled))
}
