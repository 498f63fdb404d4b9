import { statement } from '../server/kernel/db.ts'
import type { Told } from './storm-marketplaces.ts'
import type { StormStage } from './storm-stage.ts'

/** When hardly anything was wanted any more, by channel: epoch ms of the marketplaces' clock. */
export type Ended = ReadonlyMap<string, number>

/** `wanted`: units by place of a SKU. `began`: when they were counted. */
export type Outcome = { wanted: readonly number[]; began: number; ended: Ended; told: Record<string, Told> }

/** What came of a storm, by channel and together, as the marketplaces and our journal have it. Times are s. */
export async function report(stage: StormStage, { wanted, began, ended, told }: Outcome) {
  const byChannel: Record<string, object> = {}
  const all = { zero: [] as number[], proven: [] as number[], wrong: 0 }
  for (const [channel, { stock, history, calls }] of Object.entries(told)) {
    const zeros = stage.items[channel]!.filter(({ place }) => wanted[place] === 0)
    const zeroAt = new Map<string, number>()
    for (const { item, to, at } of history) if (at >= began && to === 0 && !zeroAt.has(item)) zeroAt.set(item, at)
    const proofs = await provenZeros(stage, channel, began)
    const zero = zeros.map(({ item }) => (zeroAt.get(item) ?? Number.POSITIVE_INFINITY) - began)
    const proven = zeros.map(({ item }) => (proofs.get(item) ?? Number.POSITIVE_INFINITY) - began)
    const wrong = await wrongNumbers(stage, channel, stock)
    const endedAt = ended.get(channel)
    all.zero.push(...zero)
    all.proven.push(...proven)
    all.wrong += wrong
    byChannel[channel] = {
      zeros: zeros.length,
      zeros_proven: proven.filter(Number.isFinite).length,
      shown_zero_s: inSeconds(zero),
      proven_zero_s: inSeconds(proven),
      all_true_s: endedAt === undefined ? null : round((endedAt - began) / 1_000),
      still_wrong: wrong,
      writes: history.filter(({ cause, at }) => cause === 'write' && at >= began).length,
      over_budget: Object.fromEntries(
        calls.flatMap(({ bucket, refused }) => (refused > 0 && isBudget(bucket) ? [[bucket, refused]] : [])),
      ),
    }
    console.error(channel.padEnd(9), JSON.stringify(byChannel[channel]))
  }
  const refused = Object.values(told).flatMap(({ calls }) => calls.filter(({ bucket }) => isBudget(bucket)))
  const lag = await intakeLag(stage, began)
  console.error('intake lag', JSON.stringify(lag))
  return {
    shown_zero_s: inSeconds(all.zero),
    proven_zero_s: inSeconds(all.proven),
    all_true: ended.size === Object.keys(told).length && all.wrong === 0,
    by_channel: byChannel,
    permanent_errors: stage.refusals.size,
    permanent_errors_repeated: [...stage.refusals.values()].reduce((sum, times) => sum + times - 1, 0),
    over_budget_calls: refused.reduce((sum, bucket) => sum + bucket.refused, 0),
    intake_lag_ms: lag,
  }
}

/** The other counts of marketplaces say where calls went, or are of calls refused for another reason. */
const isBudget = (bucket: string): boolean =>
  !['forced', 'unauthorized', 'oauth', 'unsigned', 'unknown', 'no-right'].includes(bucket) && !bucket.startsWith('api:')

const PROVEN = statement<{ item: string; at: Date }>(
  'bench_storm_proven',
  `select l.item, min(j.at) as at
   from channels.journal j
   join channels.listing l on l.company_id = j.company_id and l.listing_id = j.listing_id
   join channels.connection c on c.company_id = l.company_id and c.connection_id = l.connection_id and c.channel = $3
   where j.company_id = $1 and j.at >= $2 and j.kind = 'observed' and j.value = 0
   group by 1`,
)

async function provenZeros(stage: StormStage, channel: string, since: number): Promise<Map<string, number>> {
  const rows = await stage.inTx((tx) => tx.query(PROVEN, [stage.company, new Date(since), channel]))
  return new Map(rows.map(({ item, at }) => [item, at.getTime()]))
}

/** Listings that show something else than they should, of those not refused for good. */
export async function stillWrong(stage: StormStage): Promise<number> {
  const told = Object.entries(await stage.tell())
  const wrong = await Promise.all(told.map(([channel, { stock }]) => wrongNumbers(stage, channel, stock)))
  return wrong.reduce((sum, listings) => sum + listings, 0)
}

const DESIRED = statement<{ item: string; desired: number }>(
  'bench_storm_desired',
  `select l.item, l.desired
   from channels.listing l
   join channels.connection c on c.company_id = l.company_id and c.connection_id = l.connection_id and c.channel = $2
   where l.company_id = $1 and l.fault is null`,
)

async function wrongNumbers(stage: StormStage, channel: string, stock: Readonly<Record<string, number>>) {
  const rows = await stage.inTx((tx) => tx.query(DESIRED, [stage.company, channel]))
  return rows.filter(({ item, desired }) => stock[item] !== undefined && stock[item] !== desired).length
}

const LAGS = statement<{ channel: string; calm: boolean; lag: number }>(
  'bench_storm_lags',
  `select c.channel, j.at < $2 as calm, j.lag_ms as lag
   from channels.journal j
   join channels.listing l on l.company_id = j.company_id and l.listing_id = j.listing_id
   join channels.connection c on c.company_id = l.company_id and c.connection_id = l.connection_id
   where j.company_id = $1 and j.kind = 'sold'`,
)

/** From the sale at the marketplace to its record in our books, before the storm and from then on. */
async function intakeLag(stage: StormStage, began: number) {
  const rows = await stage.inTx((tx) => tx.query(LAGS, [stage.company, new Date(began)]))
  const of = (calm: boolean, ...channels: string[]) => {
    const lags = rows.filter((row) => row.calm === calm && channels.includes(row.channel)).map(({ lag }) => lag)
    return { orders: lags.length, ...spread(lags) }
  }
  const channels = Object.keys(stage.items)
  const byChannel = channels.map((channel) => [channel, { calm: of(true, channel), storm: of(false, channel) }])
  return { calm: of(true, ...channels), storm: of(false, ...channels), by_channel: Object.fromEntries(byChannel) }
}

const inSeconds = (ms: readonly number[]) => spread(ms.map((one) => one / 1_000))

/** What was not reached in time is null. */
function spread(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (q: number) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
    return value === undefined || !Number.isFinite(value) ? null : round(value)
  }
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

const round = (value: number): number => Math.round(value * 10) / 10
