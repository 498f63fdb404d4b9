import type {
  Board,
  BoardConnection,
  BoardListing,
  BoardOrder,
  BoardVariant,
  Explanation,
} from '../../contract/board.ts'

/** A made-up car-parts seller, always the same: what the board's tests and its picture show. */

export const NAVER = '0198f3a0-0000-7000-8000-000000000001'
export const COUPANG = '0198f3a0-0000-7000-8000-000000000002'
const COMPANY = '0198f3a0-0000-7000-8000-0000000000ff'

const PARTS: readonly [code: string, name: string, won: number][] = [
  ['AIR', '에어 필터', 12_900],
  ['BAT', '배터리 80Ah', 118_000],
  ['BLT', '구동 벨트', 23_500],
  ['BRK', '브레이크 패드 앞', 41_000],
  ['BRR', '브레이크 패드 뒤', 38_000],
  ['BUL', 'LED 전조등 H7', 29_900],
  ['CAB', '에어컨 필터', 9_900],
  ['CLT', '부동액 4L', 17_500],
  ['DSC', '브레이크 디스크', 76_000],
  ['FLT', '연료 필터', 19_800],
  ['GSK', '헤드 가스켓', 54_000],
  ['MAT', '고무 바닥 매트', 33_000],
  ['MIR', '사이드미러 커버', 27_000],
  ['OIL', '엔진 오일 필터', 6_900],
  ['PLG', '점화 플러그 4개', 36_000],
  ['SHK', '쇼크 업소버', 98_000],
  ['THR', '서모스탯', 21_000],
  ['TPS', '타이어 공기압 센서', 45_000],
  ['WIP', '와이퍼 블레이드', 11_500],
  ['WPM', '워터 펌프', 67_000],
]
const CARS: readonly [code: string, name: string][] = [
  ['AVT', '아반떼'],
  ['CRN', '카니발'],
  ['GRJ', '그랜저'],
  ['K50', 'K5'],
  ['MRN', '모닝'],
  ['RAY', '레이'],
  ['SNT', '쏘나타'],
  ['SPT', '스포티지'],
  ['SRT', '쏘렌토'],
  ['STA', '스타리아'],
  ['TSN', '투싼'],
]

export function fixtureBoard(now: Date): Board {
  const random = numbers(7)
  const singles = PARTS.flatMap(([part, name], p) =>
    CARS.map(([car, carName], c) => single(`${part}-${1200 + p * 11 + c}-${car}`, `${name} ${carName}`, random, now)),
  )
  const sets = CARS.slice(0, 8).map(([car, carName], c) => bundle(car, carName, c, singles, now))
  const variants = [...singles, ...sets].sort((a, b) => (a.sku < b.sku ? -1 : 1))
  shapeForTheEye(variants)
  return {
    at: now.toISOString(),
    company: { id: COMPANY, name: '한빛 오토파츠' },
    demo: true,
    totals: {
      ordersTaken: 1_284,
      unitsSold: 1_517,
      shortUnits: 0,
      soldTwice: 0,
      racedUnits: 2,
      pushes: 386,
      drift: 1,
      unmapped: 1,
      alarms: 2,
      exposure: { structural: 0, stale: 3 },
      lag: { p50: 142, p99: 618, samples: 64 },
      intakeLag: { p50: 1_830, p99: 4_210, samples: 88 },
    },
    connections: [
      connection(NAVER, 'naver', '스마트스토어', now),
      { ...connection(COUPANG, 'coupang', '쿠팡', now), budget: { bucket: 'all', left: 4.2, perSecond: 5 }, queue: 3 },
    ],
    variants,
    orders: Array.from({ length: 14 }, (_, i) => orderOf(variants, i, new Date(now.getTime() - i * 2_300))),
    errors: [
      {
        at: new Date(now.getTime() - 48_000).toISOString(),
        connectionId: COUPANG,
        code: 'rate_limited',
        why: null,
        said: 'TOO_MANY_REQUESTS: 5 requests per second',
        subject: 'BRK-1234-AVT',
      },
      {
        at: new Date(now.getTime() - 190_000).toISOString(),
        connectionId: NAVER,
        code: 'unknown',
        why: null,
        said: '504 Gateway Time-out',
        subject: 'CAB-1268-GRJ',
      },
    ],
  }
}

const toldNothing = { failure: null, expected: null, units: null, detail: null }
const refused = { code: 'not_found', why: { reason: 'item_missing' as const, what: '90012' }, said: '' }

/** The order number `i` of the day, over the board's own items. The same `i` is the same order. */
export function orderOf(variants: readonly BoardVariant[], i: number, at: Date): BoardOrder {
  const variant = variants[(i * 37 + 11) % variants.length]!
  const naver = i % 3 !== 1
  const quantity = (i % 4) + 1
  return {
    id: uuid(50_000 + i),
    number: naver ? `20261120${String(7_310_000 + i * 17).padStart(8, '0')}` : `${2_100_041_880_000 + i * 91}`,
    channel: naver ? 'naver' : 'coupang',
    connectionId: naver ? NAVER : COUPANG,
    orderedAt: new Date(at.getTime() - 1_900).toISOString(),
    takenAt: at.toISOString(),
    lines: [
      { sku: i === 5 ? null : variant.sku, name: variant.name, quantity },
      ...(i % 5 === 2 ? [{ sku: variants[3]!.sku, name: variants[3]!.name, quantity: 1 }] : []),
    ],
    total: quantity * (PARTS.find(([code]) => variant.sku.startsWith(code))?.[2] ?? 59_000),
    state: i < 3 || i >= 100 ? 'paid' : i === 9 ? 'cancelled' : i < 8 ? 'acknowledged' : 'shipped',
    short: 0,
    unmapped: i === 5,
  }
}

export function explanationOf(board: Board, sku: string, at: Date): Explanation | null {
  const variant = board.variants.find((known) => known.sku === sku)
  if (variant === undefined) return null
  const main = Math.ceil(variant.onHand * 0.7)
  const second = variant.onHand - main
  const ago = (seconds: number) => new Date(at.getTime() - seconds * 1_000).toISOString()
  return {
    sku,
    name: variant.name,
    at: at.toISOString(),
    keptFrom: null,
    available: {
      value: variant.available,
      formula: `${variant.available} = ${variant.onHand} − ${variant.reserved}`,
    },
    warehouses: [
      {
        code: 'ICN',
        name: '인천 창고',
        sellable: true,
        onHand: main,
        reserved: variant.reserved,
        version: 3,
        movements: [
          movement(3, 'reserve', 0, variant.reserved, main, variant.reserved, 'order', '2026112007310017', ago(4)),
          movement(2, 'adjust', -1, 0, main, 0, 'count', 'C-118', ago(1_200)),
          movement(1, 'in', main + 1, 0, main + 1, 0, 'receipt', 'R-2041', ago(86_400)),
        ],
      },
      {
        code: 'DGU',
        name: '대구 창고',
        sellable: true,
        onHand: second,
        reserved: 0,
        version: 1,
        movements: [movement(1, 'in', second, 0, second, 0, 'receipt', 'R-2042', ago(86_400))],
      },
    ],
    reservations:
      variant.reserved === 0
        ? []
        : [{ source: 'order', ref: '2026112007310017', state: 'firm', quantity: variant.reserved, expiresAt: null }],
    shortages: variant.short === 0 ? [] : [{ ref: '2100041880091', open: variant.short, since: ago(40) }],
    listings: variant.listings.map((listing) => {
      const known = board.connections.find(({ id }) => id === listing.connectionId)!
      return {
        connection: known.name,
        channel: known.channel,
        policy: known.policy,
        multiplier: 1,
        buffer: 0,
        desired: listing.desired,
        sent: listing.sent,
        accepted: listing.accepted,
        observed: listing.observed,
        rights: listing.rights,
        why: {
          ko: `가용 ${variant.available}개 가운데 최근에 더 많이 팔린 만큼 ${listing.desired ?? 0}개를 나누었습니다.`,
          en: `Of ${variant.available} available, ${listing.desired ?? 0} went here, where more was sold lately.`,
        },
        journal: [
          { ...toldNothing, at: ago(2), kind: 'observed' as const, value: listing.observed, expected: 4 },
          { ...toldNothing, at: ago(3), kind: 'accepted' as const, value: listing.accepted },
          { ...toldNothing, at: ago(3), kind: 'sent' as const, value: listing.sent },
          { ...toldNothing, at: ago(4), kind: 'sold' as const, value: 1, detail: '2026112007310017' },
          { ...toldNothing, at: ago(9), kind: 'failed' as const, value: 7, failure: refused },
        ],
      }
    }),
  }
}

export function listingOf(connectionId: string, quantity: number, change: Partial<BoardListing> = {}): BoardListing {
  return {
    connectionId,
    desired: quantity,
    sent: quantity,
    accepted: quantity,
    observed: quantity,
    rights: quantity,
    observedAt: '2026-11-20T00:00:00.000Z',
    state: 'true',
    fault: null,
    ...change,
  }
}

function single(sku: string, name: string, random: () => number, now: Date): BoardVariant {
  const onHand = Math.floor(random() ** 2 * 60)
  const reserved = Math.min(onHand, Math.floor(random() * 5))
  const available = onHand - reserved
  const naver = Math.ceil(available * (0.3 + random() * 0.4))
  return {
    id: uuid(Math.floor(random() * 1e12)),
    sku,
    name,
    components: [],
    onHand,
    reserved,
    available,
    short: 0,
    exposure: 0,
    listings: [listingOf(NAVER, naver), listingOf(COUPANG, available - naver)],
    changedAt: now.toISOString(),
  }
}

function bundle(car: string, carName: string, c: number, singles: readonly BoardVariant[], now: Date): BoardVariant {
  const pads = singles.filter(({ sku }) => sku.endsWith(car) && /^(BRK|BRR)/.test(sku))
  const available = Math.min(...pads.map((pad) => pad.available))
  const naver = Math.ceil(available / 2)
  return {
    id: uuid(70_000 + c),
    sku: `SET-${1400 + c}-${car}`,
    name: `브레이크 패드 앞뒤 ${carName}`,
    components: pads.map(({ sku }) => ({ sku, quantity: 1 })),
    onHand: available,
    reserved: 0,
    available,
    short: 0,
    exposure: 0,
    listings: [listingOf(NAVER, naver), listingOf(COUPANG, available - naver)],
    changedAt: now.toISOString(),
  }
}

/** One of every state near the top, where a person looks first. */
function shapeForTheEye(variants: BoardVariant[]): void {
  const change = (i: number, connectionId: string, more: Partial<BoardListing>) => {
    const variant = variants[i]!
    variant.listings = variant.listings.map((listing) =>
      listing.connectionId === connectionId ? { ...listing, ...more } : listing,
    )
  }
  const shown = (i: number, connectionId: string) =>
    variants[i]!.listings.find((listing) => listing.connectionId === connectionId)?.observed ?? 0
  change(1, COUPANG, { state: 'waiting', observed: shown(1, COUPANG) + 1 })
  change(3, NAVER, { state: 'sending', observed: shown(3, NAVER) + 2 })
  change(4, COUPANG, { state: 'unknown', observed: null, accepted: null, fault: 'unknown' })
  change(6, COUPANG, { state: 'parked', fault: 'refused' })
  variants[8]!.listings = variants[8]!.listings.slice(0, 1)
}

function connection(id: string, channel: string, name: string, now: Date): BoardConnection {
  return {
    id,
    channel,
    name,
    mode: 'push',
    policy: 'rights',
    state: 'live',
    lastSuccessAt: now.toISOString(),
    fault: null,
    lag: { p50: 138, p99: 590, samples: 32 },
    intakeLag: { p50: 1_790, p99: 4_020, samples: 44 },
    budget: { bucket: 'stock', left: 1.8, perSecond: 2 },
    queue: 0,
  }
}

function movement(
  version: number,
  kind: 'in' | 'adjust' | 'reserve',
  onHandDelta: number,
  reservedDelta: number,
  onHandAfter: number,
  reservedAfter: number,
  reason: string,
  cause: string,
  at: string,
) {
  const actor = kind === 'adjust' ? 'staff' : 'system'
  return { version, kind, onHandDelta, reservedDelta, onHandAfter, reservedAfter, reason, cause, note: null, actor, at }
}

function uuid(n: number): string {
  return `0198f3a0-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
}

/** mulberry32: the same numbers on every machine. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
