import {
  type ChannelClaim,
  ChannelFault,
  type ChannelLineState,
  type ChannelOrder,
} from '../../../modules/channels/adapter.ts'
import type { Ask } from './call.ts'
import { type ClaimRow, claimOf, effectOf, isBackInLists, orderOfClaim, versionOf, withEffect } from './claims.ts'
import { movedByOrders, overtakenBy } from './closings.ts'
import type { Goods } from './goods.ts'
import type { Known } from './known.ts'
import { findOrder, findStatus, type Listed, listClaims, type Span, type Whereabouts } from './lists.ts'
import type { OpenClaims } from './open-claims.ts'
import { cartsOf, orderOf, type ShownRow, type StockTakenAt } from './rows.ts'
import { keyOf, readKey, type Site } from './sites.ts'

/** Cancels whose row cannot be read: where their orders are is asked for, this many in a collection. */
const MOST_UNREAD_CANCELS = 10

/** Ranks of a line that is not cancelled. */
const ADVANCE: readonly ChannelLineState[] = ['pending', 'paid', 'acknowledged', 'shipped', 'delivered', 'completed']

export type RoundDeps = {
  ask: Ask
  goods: Goods
  sites: readonly Site[]
  taken: StockTakenAt
  /** Orders as they were told before, by key; of those of other processes only the units are known. */
  book: ReadonlyMap<string, ChannelOrder>
  known: Known
  /** Returns and exchanges that are not over, and claims as this process last told them. */
  open: OpenClaims
  claimBook: ReadonlyMap<string, ChannelClaim>
  /** Our clock when orders were collected for the first time. */
  since: number
  /** What was told of each row and claim. */
  before: ReadonlyMap<string, string>
}

/** `invoice`: the number it went out with. */
export type Advance = { to: ChannelLineState; invoice?: string }

export type Round = ReturnType<typeof openRound>

type Effect = { effect: 'requested' | 'cancelled'; at: number }

/** One collection: rows as the lists show them, states that moved on, and claims laid over both. */
export function openRound({ ask, goods, sites, taken, book, known, open, claimBook, since, before }: RoundDeps) {
  const shown = new Map<string, ShownRow>()
  const unread = new Set<string>()
  const advanced = new Map<string, Advance>()
  const rows = new Map<string, ClaimRow>()
  const exchanged: Whereabouts[] = []
  const effects = new Map<string, Effect>()
  const versions = new Map(before)

  function addListed(listed: Listed): void {
    for (const row of listed.rows) {
      const other = shown.get(row.key)
      // Told twice while we read: the further one is the newer.
      if (!other || row.row.orderstatus >= other.row.orderstatus) shown.set(row.key, row)
    }
    for (const key of listed.unread) unread.add(key)
  }

  /** An order's state, or that it is paid at all, that was not told before. Remembers it as told. */
  function isNews({ orderNo, status, claimStatus }: Whereabouts): boolean {
    if (sites.some((site) => shown.has(keyOf(site, orderNo)))) return false
    // Unpaid is nothing yet; claims have their own lists.
    if (status === 0 || status > 5) return false
    const version = `${status}|${claimStatus}`
    if (versions.get(`s${orderNo}`) === version) return false
    versions.set(`s${orderNo}`, version)
    return true
  }

  /** Looks for one order, by its key or its number. True when nothing is left to wait for. */
  async function look(id: string): Promise<boolean> {
    const wanted = readKey(id)
    if (!wanted || shown.has(id)) return true
    for (const site of wanted.site === null ? sites : [wanted.site]) {
      const row = await findOrder(ask, site, wanted.orderNo)
      if (row === 'unread') return false
      if (row) {
        addListed({ rows: [row], unread: [] })
        unread.delete(row.key)
        return true
      }
    }
    const where = await findStatus(ask, wanted.orderNo)
    if (!where) return false
    if (where.status === 6 && wanted.site !== null)
      addEffect(id, where.claimStatus === 1 ? 'requested' : 'cancelled', 0)
    return where.status === 0 || where.status > 5
  }

  /** What a row says outweighs what only the status tells (`at` 0), a newer row an older one. */
  function addEffect(key: string, effect: Effect['effect'], at: number): void {
    if ((effects.get(key)?.at ?? 0) <= at) effects.set(key, { effect, at })
  }

  async function readCancels(span: Span): Promise<void> {
    let left = MOST_UNREAD_CANCELS
    for (const site of sites) {
      const listed = await listClaims(ask, site, { kind: 'cancel', status: 0, date: 'requested' }, span)
      await addClaims(listed.rows)
      for (const key of new Set(listed.unread)) {
        const where = left-- > 0 ? await findStatus(ask, readKey(key)!.orderNo) : null
        if (where?.status === 6) addEffect(key, where.claimStatus === 1 ? 'requested' : 'cancelled', 0)
      }
    }
  }

  async function addClaims(claims: readonly ClaimRow[]): Promise<void> {
    for (const claim of claims.toSorted((a, b) => a.row.requestdate - b.row.requestdate)) {
      rows.set(claim.claimKey, claim)
      const effect = effectOf(claim)
      if (effect === 'requested' || effect === 'cancelled') addEffect(claim.orderKey, effect, claim.row.requestdate)
      if (effect === 'over' && (effects.get(claim.orderKey)?.at ?? 0) <= claim.row.requestdate) {
        effects.delete(claim.orderKey)
      }
      // The order is in the lists again, under whatever status it has by now; of what was sent before, that is known.
      const isNews = effect === 'over' || !has(claim.orderKey)
      if (isNews && isBackInLists(claim) && isChanged(claim)) await lookAgain(claim.orderKey)
    }
  }

  /** An order bought and claimed between two collections is told now. What went out before the first one is none of ours. */
  async function lookAgain(key: string): Promise<void> {
    if (shown.has(key)) return
    const isTold = has(key)
    if (!(await look(key))) unread.add(key)
    const row = shown.get(key)?.row
    if (isTold || !row || row.orderstatus <= 2) return
    if ((row.transdate ?? row.paydate ?? row.orderdate) < since) shown.delete(key)
  }

  const has = (key: string): boolean => shown.has(key) || book.has(key) || known.has(key)

  const isChanged = (claim: ClaimRow): boolean => before.get(claim.claimKey) !== versionOf(claim)

  /** Orders to tell by key, claims to tell, and keys of orders that could not be made out of their rows. */
  async function end() {
    const orders = new Map<string, ChannelOrder>()
    for (const row of shown.values()) {
      if (versions.get(row.key) === row.version) continue
      const order = await madeOf(row)
      if (!order) continue
      versions.set(row.key, row.version)
      orders.set(row.key, order)
    }
    for (const [key, advance] of advanced) {
      const order = orders.get(key) ?? book.get(key)
      const isNew = order?.lines.some(({ state }) => isBehind(state, advance.to))
      if (order && isNew) orders.set(key, advancedTo(order, advance))
    }
    const claims = await endClaims(orders)
    for (const [key, { effect, at }] of effects) {
      // Once the claim is over the same row is news again.
      versions.delete(key)
      const order = orders.get(key) ?? (at === 0 ? bookedWithout(key, effect) : null)
      if (order) orders.set(key, withEffect(order, effect, at))
    }
    return { orders, claims, versions, unread: [...unread] }
  }

  /** Claims that moved on; of a cancel its order is told as well. One of an order nobody was told of has no units. */
  async function endClaims(orders: Map<string, ChannelOrder>): Promise<ChannelClaim[]> {
    const claims: ChannelClaim[] = []
    for (const claim of rows.values()) {
      if (!isChanged(claim)) continue
      const { orderKey } = claim
      const order = orders.get(orderKey) ?? book.get(orderKey) ?? (await orderLeft(claim))
      if (order) {
        const isRefused = (shown.get(orderKey)?.row.orderstatus ?? 0) > 2
        claims.push(claimOf(claim, order, isRefused))
        if (effects.has(orderKey)) orders.set(orderKey, order)
      }
      versions.delete(claim.claimKey)
      versions.set(claim.claimKey, versionOf(claim))
    }
    return [...claims, ...closings(claims)]
  }

  /** Claims that no row tells the end of, each state of them told once. */
  function closings(told: readonly ChannelClaim[]): ChannelClaim[] {
    const left = { open, told: claimBook, known }
    const moved = [...overtakenBy(left, told), ...movedByOrders(left, sites, exchanged, new Set(rows.keys()))]
    return moved.filter(({ claimKey, state }) => {
      const isNew = before.get(`o${claimKey}`) !== state
      versions.set(`o${claimKey}`, state)
      return isNew
    })
  }

  function bookedWithout(key: string, effect: Effect['effect']): ChannelOrder | null {
    const order = book.get(key)
    const isToldSo = order?.lines.every((line) =>
      effect === 'requested' ? line.cancelRequested : line.state === 'cancelled',
    )
    return order && !isToldSo ? order : null
  }

  async function orderLeft(claim: ClaimRow): Promise<ChannelOrder | null> {
    const units = known.get(claim.orderKey)
    if (!units) return null
    const unit = await goods.unitOf(claim.row.sitegoodsno).catch((error: unknown) => {
      if (error instanceof ChannelFault && error.code === 'not_found') return claim.row.sitegoodsno
      throw error
    })
    return orderOfClaim(claim, units, unit)
  }

  /** Null: what is asked for on the way cannot be read, so that the order waits. */
  async function madeOf(row: ShownRow): Promise<ChannelOrder | null> {
    try {
      return await orderOf(goods, row, taken)
    } catch (error) {
      if (!(error instanceof ChannelFault) || error.code !== 'garbled') throw error
      unread.add(row.key)
      return null
    }
  }

  return {
    addListed,
    addClaims,
    addExchanged: (where: readonly Whereabouts[]) => void exchanged.push(...where),
    readCancels,
    isNews,
    look,
    end,
    carts: (orders: ReadonlyMap<string, ChannelOrder>) => cartsOf([...orders.values()]),
    has,
    /** What was not looked at after all is news again. */
    forget: (key: string) => void versions.delete(`s${readKey(key)?.orderNo ?? ''}`),
    unread: (): string[] => [...unread],
    /** An order is known to be this far, though no row says so. Which invoice it went out with may be known beside that. */
    advance: (key: string, advance: Advance) => {
      const other = advanced.get(key)
      if (!other || isBehind(other.to, advance.to)) advanced.set(key, advance)
      else if (other.to === advance.to) advanced.set(key, { ...other, ...advance })
    },
  }
}

const isBehind = (state: ChannelLineState, to: ChannelLineState): boolean =>
  state !== 'cancelled' && ADVANCE.indexOf(state) < ADVANCE.indexOf(to)

function advancedTo(order: ChannelOrder, { to, invoice }: Advance): ChannelOrder {
  const lines = order.lines.map((line) =>
    isBehind(line.state, to) ? { ...line, state: to, ...(invoice === undefined ? {} : { invoice }) } : line,
  )
  return { ...order, lines }
}
