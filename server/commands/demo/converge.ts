import { statement } from '../../kernel/db.ts'
import type { CallCount, Truth } from './marketplace-doors.ts'
import type { Stage } from './stage.ts'

/** What still differs between us and the marketplaces, in words; empty when all is one. */
export type Difference = string

const LISTINGS = statement<{
  connection_id: string
  item: string
  sku: string
  desired: number | null
  observed: number | null
}>(
  'demo_listings',
  `select l.connection_id, l.item, v.sku, l.desired, l.observed from channels.listing l
   join catalog.variant v on v.company_id = l.company_id and v.variant_id = l.variant_id
   where l.company_id = $1
   order by l.listing_id`,
)

const LINES = statement<{
  connection_id: string
  external_line_key: string
  quantity: number
  cancelled: number
  times: number
}>(
  'demo_lines',
  `select connection_id, external_line_key, quantity, cancelled, count(*) over (partition by connection_id, external_line_key)::integer as times
   from orders.order_line
   where company_id = $1 and connection_id is not null
   order by order_id, line_no`,
)

const WAITING = statement<{ markers: number; writes: number; unknown: number }>(
  'demo_waiting',
  `select (select count(*)::integer from channels.marker where company_id = $1) as markers,
     (select count(*)::integer from channels.unit where company_id = $1 and write_due_at is not null) as writes,
     (select count(*)::integer from channels.unit where company_id = $1 and unknown_until > kernel.now()) as unknown`,
)

/** Compares every order and every number with the marketplaces' own truth. */
export async function differences(stage: Stage): Promise<Difference[]> {
  const { jaego, world, simulators } = stage
  const ours = await jaego.db.transaction([world.company], async (tx) => ({
    listings: await tx.query(LISTINGS, [world.company]),
    lines: await tx.query(LINES, [world.company]),
    waiting: (await tx.query(WAITING, [world.company]))[0]!,
  }))
  const found: Difference[] = []
  const { markers, writes, unknown } = ours.waiting
  if (markers + writes + unknown > 0) found.push(`waiting: ${markers} markers, ${writes} writes, ${unknown} unknown`)
  for (const channel of ['naver', 'coupang'] as const) {
    const truth = await simulators[channel].get<Truth>('state')
    const connectionId = world.connections[channel]
    const stock = new Map(truth.items.map((item) => [item.item, item.stock]))
    for (const row of ours.listings.filter((row) => row.connection_id === connectionId)) {
      const theirs = stock.get(row.item)
      if (row.desired !== theirs) found.push(`${channel} ${row.sku}: desired ${row.desired}, shows ${theirs}`)
      else if (row.observed !== theirs) found.push(`${channel} ${row.sku}: observed ${row.observed}, shows ${theirs}`)
    }
    const known = new Map(
      ours.lines.filter((l) => l.connection_id === connectionId).map((l) => [l.external_line_key, l]),
    )
    for (const line of truth.lines) {
      const mine = known.get(line.lineKey)
      if (!mine && line.cancelled < line.quantity) found.push(`${channel} order ${line.orderId} is missing`)
      if (mine && mine.times > 1) found.push(`${channel} order ${line.orderId} was taken ${mine.times} times`)
      if (mine && mine.cancelled !== line.cancelled) {
        found.push(`${channel} order ${line.orderId}: ${mine.cancelled} cancelled here, ${line.cancelled} there`)
      }
    }
  }
  return found
}

const LOOK_EVERY_MS = 500

/** Waits until all is one, at most `mostMs`. Answers what is still different, and how long it took. */
export async function converge(
  stage: Stage,
  mostMs: number,
  tell: (left: readonly Difference[]) => void,
): Promise<{ left: Difference[]; ms: number }> {
  const { clock } = stage.jaego
  const started = clock.monotonic()
  for (;;) {
    const left = await differences(stage)
    tell(left)
    const ms = Math.round(clock.monotonic() - started)
    if (left.length === 0 || ms > mostMs) return { left, ms }
    await clock.sleep(LOOK_EVERY_MS)
  }
}

/** Calls the marketplaces counted as over their budget. */
export async function callsOverBudget(stage: Stage): Promise<number> {
  let over = 0
  for (const channel of ['naver', 'coupang'] as const) {
    const counts = await stage.simulators[channel].get<CallCount[]>('calls')
    // Coupang's one budget is the vendor's; its other rows say where calls went.
    const budgets = channel === 'coupang' ? counts.filter(({ bucket }) => bucket === 'vendor') : counts
    over += budgets.reduce((sum, { refused }) => sum + refused, 0)
  }
  return over
}
