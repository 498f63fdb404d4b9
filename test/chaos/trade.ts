import { setTimeout as sleep } from 'node:timers/promises'
import { CommitUnknown, isConnectionLost } from '../../server/kernel/db.ts'
import { seededRandom } from '../../server/kernel/random.ts'
import { openClaimOffers } from '../../server/modules/channels/index.ts'
import { openApi } from '../api.ts'
import { buy } from '../faults/market-truth.ts'
import type { Market } from '../marketplaces.ts'
import { receive } from '../shop.ts'

/** Buyers at two marketplaces and a seller over the API, at work while processes die under them. */
export type Trade = {
  /** Lines sold so far. */
  sold(): number
  /** Nobody buys or asks to cancel any more; the seller goes on with what is open. */
  stopBuying(): Promise<void>
  /** What a marketplace is still to be told, or has not answered, in words. */
  untold(): Promise<string[]>
  judge(): { sold: number; shipped: number; cancelled: number; wronglyCancelled: number; wronglySent: number }
  close(): Promise<void>
}

const GOODS = 8
const OPENING = 30
const RESTOCK = 6
const BUY_EVERY_MS = 250
const LOOK_EVERY_MS = 300
/** One in so many purchases, a delivery comes. */
const RESTOCK_EVERY = 5

/** What becomes of a line, chosen once. */
type Fate = 'ship' | 'buyer cancels' | 'seller cancels' | 'rest'
const FATES: readonly Fate[] = ['ship', 'ship', 'ship', 'buyer cancels', 'seller cancels', 'rest']

type Line = { lineKey: string; orderId: string; lineNo: number; name: 'naver' | 'coupang' }

export async function openTrade(market: Market, seed: number): Promise<Trade> {
  const random = seededRandom(seed * 1_000)
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random.next() * of.length)]!
  const api = await openApi({ shop: market.shop, deps: { claimOffers: openClaimOffers(market.jaego.channels) } })
  const goods: { variantId: string; item: Record<'naver' | 'coupang', string> }[] = []
  for (let i = 0; i < GOODS; i++) {
    const variantId = await market.shop.stock(`CHAOS-${i}`, OPENING)
    goods.push({ variantId, item: await market.list(`CHAOS-${i}`, variantId, { naver: OPENING, coupang: 0 }) })
  }
  const fates = new Map<string, Fate>()
  const invoices = new Map<string, string>()
  const cancelled = new Map<string, number>()
  const mistakes: string[] = []
  let isBuying = true
  let isOpen = true
  /** The seller has gone through all there was, and it was nothing new. */
  let isIdle = false

  async function shop(): Promise<void> {
    for (let nth = 0; isBuying; nth++) {
      const { variantId, item } = pick(goods)
      const name = pick(['naver', 'coupang'] as const)
      buy(market[name], item[name], 1 + Math.floor(random.next() * 3))
      if (nth % RESTOCK_EVERY === 0) {
        const delivery = receive(market.shop.company, variantId, market.shop.warehouses[0]!, RESTOCK)
        await surviving(() => market.shop.apply(delivery))
      }
      await sleep(BUY_EVERY_MS)
    }
  }

  async function sell(): Promise<void> {
    while (isOpen) {
      isIdle = false
      const before = fates.size
      await surviving(async () => {
        for (const line of await acknowledged(market)) await decide(line)
        await approveAll()
        isIdle = fates.size === before
      })
      await sleep(LOOK_EVERY_MS)
    }
  }

  async function decide(line: Line): Promise<void> {
    const { lineKey, orderId, lineNo, name } = line
    const fate = fates.get(lineKey) ?? pick(FATES)
    fates.set(lineKey, fate)
    if (fate === 'ship' && !invoices.has(lineKey)) {
      const invoice = `0${70_000_000_000 + fates.size}`
      invoices.set(lineKey, invoice)
      await asked(`ship-${lineKey}`, '/v1/shipments', { shipments: [{ order: orderId, carrier: 'cj', invoice }] })
    } else if (fate === 'seller cancels' && !cancelled.has(lineKey)) {
      const body = { orderId, kind: 'cancel', lines: [{ lineNo, quantity: 1 }], cause: 'sold_out' }
      await asked(`cancel-${lineKey}`, '/v1/claims', body)
      cancelled.set(lineKey, 1)
    } else if (fate === 'buyer cancels' && !cancelled.has(lineKey)) {
      const came = market[name].sim.cancel(lineKey, 1)
      if (came.kind === 'requested' || came.kind === 'cancelled') cancelled.set(lineKey, 1)
    }
  }

  /** Repeats, under one key, until it is answered: whoever asked may not know that it was done. */
  async function asked(key: string, url: string, body: unknown): Promise<void> {
    while (isOpen) {
      const answer = await api.post(url, body, { 'idempotency-key': key })
      if (answer.statusCode < 300) return
      if (answer.statusCode < 500 && answer.statusCode !== 409) throw new Error(`${key}: ${answer.body}`)
      await sleep(LOOK_EVERY_MS)
    }
  }

  async function approveAll(): Promise<void> {
    const answer = await api.get('/v1/claims?state=requested')
    if (answer.statusCode !== 200) return
    for (const { id } of answer.json().claims as { id: string }[]) {
      await api.post(`/v1/claims/${id}/answers`, { answer: 'approve' }, { 'idempotency-key': `approve-${id}` })
    }
  }

  /** PostgreSQL is killed under us as well: what fails for it is tried again with the next look. */
  async function surviving(work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => {
      if (!isConnectionLost(error) && !(error instanceof CommitUnknown)) mistakes.push(String(error))
    })
  }

  const buying = shop()
  const selling = sell()
  const lines = () => market.all.flatMap(({ machine }) => machine.doors.truth().lines)
  return {
    sold: () => lines().length,
    async stopBuying() {
      isBuying = false
      await buying
    },
    untold: async () => {
      const rows = await market.shop.rows<{ what: string }>(UNTOLD)
      const undecided = (await acknowledged(market)).filter(({ lineKey }) => !fates.has(lineKey))
      const waiting = undecided.map(({ lineKey }) => `line ${lineKey} waits for the seller`)
      return [...rows.map(({ what }) => what), ...waiting, ...(isIdle ? [] : ['the seller is at work']), ...mistakes]
    },
    judge: () => ({
      sold: lines().length,
      shipped: invoices.size,
      cancelled: cancelled.size,
      wronglyCancelled: lines().filter((line) => line.cancelled !== (cancelled.get(line.lineKey) ?? 0)).length,
      wronglySent: lines().filter(({ lineKey, invoice }) => invoice !== (invoices.get(lineKey) ?? '')).length,
    }),
    async close() {
      isBuying = false
      isOpen = false
      await Promise.all([buying, selling])
      await api.close()
    },
  }
}

const acknowledged = ({ shop, naver }: Market) =>
  shop.rows<Line>(
    `select external_line_key as "lineKey", order_id as "orderId", line_no as "lineNo",
       case when connection_id = $1 then 'naver' else 'coupang' end as name
     from orders.order_line where state = 'acknowledged' and claim is null and cancelled = 0
     order by external_line_key`,
    [naver.connectionId],
  )

const UNTOLD = `
  select 'parcel of ' || order_id || ' is ' || telling || ' ' || coalesce(said, why::text, '') as what
  from fulfilment.shipment_line where telling <> 'told'
  union all
  select 'answer ' || answer || ' to ' || claim_id || ' is ' || told || ' ' || coalesce(message, '')
  from orders.claim_answer where told not in ('told', 'overtaken')
  union all
  select 'line ' || external_line_key || ' is not accepted' from orders.order_line
  where connection_id is not null and state = 'paid' and cancelled < quantity
  union all
  select kind || ' ' || claim_id || ' is ' || state from orders.claim where state not in ('done', 'withdrawn')`
