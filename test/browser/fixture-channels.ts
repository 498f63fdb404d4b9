import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import {
  type Alarm,
  alarmList,
  alarmsSeen,
  alarmsSeenAnswer,
  type ChannelBoard,
  type ChannelStanding,
  channelBoard,
  pushPreview,
} from '../../contract/channel-board.ts'
import {
  connectionChange,
  connectionCredentials,
  credentialFields,
  lastUnits,
  lastUnitsAnswer,
} from '../../contract/channels.ts'
import { claimList } from '../../contract/claims.ts'
import { type Problem, problem } from '../../contract/problem.ts'
import { driftList, listingReleased, reconciliationList } from '../../contract/upkeep.ts'
import { COUPANG, NAVER } from './fixture-board.ts'

/** The made-up seller's channels: one that is well, one that backs off, one that is only observed, one that is parked. */

export const CAFE24 = '0198f3a0-0000-7000-8000-000000000003'
export const ELEVENTH = '0198f3a0-0000-7000-8000-000000000004'

type Drift = z.infer<typeof driftList>['drift'][number]

export type FixtureChannels = {
  channels: ChannelStanding[]
  strict: ChannelBoard['strict']
  alarms: Alarm[]
  claims: z.infer<typeof claimList>['claims']
  drift: Map<string, Drift[]>
  /** Every change a page has asked for, in order. */
  changes: { path: string; body: unknown }[]
  /** The next answer to this path is this problem. */
  refuseOnce(path: string, with_: Problem): void
  /** Null: not a path of the channels. */
  answer(request: IncomingMessage, url: URL, body: () => Promise<string>): Promise<Answer | null>
}

type Answer = { status: number; body: unknown }

export function fixtureChannels(
  now: Date,
  variants: readonly { id: string; sku: string; name: string }[],
): FixtureChannels {
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000).toISOString()
  const refusals = new Map<string, Problem>()
  const state: FixtureChannels = {
    channels: standings(ago, variants),
    strict: [],
    alarms: alarmsOf(ago),
    claims: claimsOf(now),
    drift: new Map([
      [NAVER, driftOf(ago, 3)],
      [CAFE24, driftOf(ago, 2)],
    ]),
    changes: [],
    refuseOnce: (path, with_) => refusals.set(path, with_),
    async answer(request, url, body) {
      const refusal = refusals.get(url.pathname)
      if (refusal !== undefined) {
        refusals.delete(url.pathname)
        return { status: refusal.status, body: problem.parse(refusal) }
      }
      if (request.method === 'GET') return read(url)
      const sent = await body()
      const asked: unknown = sent === '' ? null : JSON.parse(sent)
      const answer = change(url.pathname, asked)
      if (answer !== null) state.changes.push({ path: `${request.method} ${url.pathname}`, body: asked })
      return answer
    },
  }

  function read(url: URL): Answer | null {
    const [, , things, id = '', part] = url.pathname.split('/')
    if (url.pathname === '/v1/board/channels') {
      return ok(channelBoard, { at: new Date().toISOString(), channels: state.channels, strict: state.strict })
    }
    if (url.pathname === '/v1/alarms') {
      const open = url.searchParams.get('open') === 'true'
      return ok(alarmList, { alarms: state.alarms.filter(({ seen }) => !open || seen === null), next: null })
    }
    if (url.pathname === '/v1/claims') return ok(claimList, { claims: state.claims, next: null })
    if (things !== 'connections') return null
    if (part === 'drift') return ok(driftList, { drift: state.drift.get(id) ?? [], next: null })
    if (part === 'reconciliations') return ok(reconciliationList, { reconciliations: comparedOf(ago), next: null })
    if (part === 'credentials') return ok(credentialFields, { fields: fieldsOf(id) })
    if (part === 'preview') return ok(pushPreview, previewOf(id, ago, variants))
    return null
  }

  function change(path: string, asked: unknown): Answer | null {
    const [, , things, id = '', part] = path.split('/')
    if (path === '/v1/alarms/acknowledgements') {
      const { ids, seen } = alarmsSeen.parse(asked)
      const by = seen ? { by: '김운영', at: new Date().toISOString() } : null
      state.alarms = state.alarms.map((alarm) => (ids.includes(alarm.id) ? { ...alarm, seen: by } : alarm))
      return ok(alarmsSeenAnswer, { alarms: ids.length })
    }
    if (things === 'connections' && part === 'credentials') return signIn(id, connectionCredentials.parse(asked))
    if (things === 'connections' && part === undefined) return changeChannel(id, connectionChange.parse(asked))
    if (things === 'listings' && part === 'fault') {
      const rows = [...state.drift].map(([channel, drift]) => {
        return [
          channel,
          drift.map((row) => (row.listingId === id ? { ...row, done: 'repairing' as const } : row)),
        ] as const
      })
      state.drift = new Map(rows)
      return ok(listingReleased, { listingId: id })
    }
    if (things === 'variants' && part === 'last-units') {
      const { strict } = lastUnits.parse(asked)
      const variant = variants.find((one) => one.id === id)!
      const others = state.strict.filter(({ variantId }) => variantId !== id)
      state.strict = strict ? [...others, { variantId: id, sku: variant.sku, name: variant.name }] : others
      return ok(lastUnitsAnswer, { variantId: id, strict })
    }
    return null
  }

  function changeChannel(id: string, { paused, seen: _, ...to }: z.infer<typeof connectionChange>): Answer {
    const changed = state.channels.map((channel) =>
      channel.id === id
        ? { ...channel, ...to, ...(paused === undefined ? {} : { state: paused ? 'paused' : 'live' }) }
        : channel,
    )
    state.channels = channelBoard.shape.channels.parse(changed)
    // The page reads the channels anew and does not look at this answer.
    return ok(z.object({}), {})
  }

  /** A key that is right begins so; what follows is told a moment later, as by a collection. */
  function signIn(id: string, { credentials }: z.infer<typeof connectionCredentials>): Answer {
    const at = new Date().toISOString()
    const isRight = Object.values(credentials).every((value) => value.startsWith(RIGHT))
    const said = '<ResultMessage>등록되지 않은 인증키</ResultMessage>'
    state.channels = state.channels.map((channel) => {
      if (channel.id !== id) return channel
      if (isRight) return { ...channel, state: 'live', failures: 0, collectedUpTo: at, lastSuccessAt: at, signIn: null }
      return { ...channel, state: 'parked', fault: { code: 'signed_out', why: null, said, at } }
    })
    return ok(z.object({}), {})
  }

  return state
}

export const RIGHT = 'right-'

const fieldsOf = (id: string): z.infer<typeof credentialFields>['fields'] =>
  id === ELEVENTH
    ? [{ name: 'openApiKey', secret: true, needed: 'always', isSet: true }]
    : [
        { name: 'clientId', secret: false, needed: 'always', isSet: true },
        { name: 'clientSecret', secret: true, needed: 'always', isSet: true },
        { name: 'refreshToken', secret: true, needed: 'always', isSet: false },
        { name: 'webhookKey', secret: true, needed: 'may', isSet: false },
      ]

const ok = <Shape extends z.ZodType>(shape: Shape, body: z.input<Shape>): Answer => ({
  status: 200,
  body: shape.parse(body),
})

type Ago = (seconds: number) => string

const NOTHING_WAITS = { zero: 0, drop: 0, fromZero: 0, other: 0, spare: 0, parked: 0, unknown: 0 }

function standings(ago: Ago, variants: readonly { sku: string }[]): ChannelStanding[] {
  const well: ChannelStanding = {
    ...{ id: NAVER, channel: 'naver', name: '스마트스토어', mode: 'push', policy: 'rights', state: 'live' },
    ...{ policySettings: { tail: 'pooled', tailRisk: 0.01 }, drift: 'repair', apiSupported: true, failures: 0 },
    ...{ nextCollectionAt: ago(-4), collectedUpTo: ago(3), lastSuccessAt: ago(1), marginMs: 2_400, outShare: 0.0012 },
    ...{
      parkedUnits: [],
      fault: null,
      signIn: null,
      saleStop: { callsPerExchange: 10 },
      drifted: 3,
      leftEdited: 0,
      lapsing: 0,
    },
    lag: { p50: 138, p99: 590, samples: 1_204 },
    intakeLag: { p50: 1_790, p99: 4_020, samples: 911 },
    budgets: [
      { bucket: 'claims.return.approve', left: 3, burst: 3, perSecond: 2, blockedUntil: null },
      { bucket: 'orders.dispatch', left: 3, burst: 3, perSecond: 2, blockedUntil: null },
      { bucket: 'orders.read', left: 1, burst: 2, perSecond: 2, blockedUntil: null },
      { bucket: 'product.status', left: 3, burst: 3, perSecond: 2, blockedUntil: null },
      { bucket: 'stock.write', left: 1.8, burst: 2, perSecond: 2, blockedUntil: null },
    ],
    waiting: { ...NOTHING_WAITS, zero: 1, other: 2 },
    reconciliation: {
      ...{ startedAt: ago(32_000), result: 'equal', ordersTold: 311, linesLate: 0, linesDiffering: 0, fault: null },
    },
  }
  return [
    well,
    {
      ...well,
      ...{ id: COUPANG, channel: 'coupang', name: '쿠팡', state: 'unreachable', failures: 4, drifted: 0 },
      ...{ policySettings: {}, nextCollectionAt: ago(-6), lastSuccessAt: ago(41), collectedUpTo: ago(44), lapsing: 2 },
      fault: { code: 'unreachable', why: null, said: 'connect ECONNREFUSED api-gateway.coupang.com:443', at: ago(3) },
      budgets: [{ bucket: 'all', left: 4.2, burst: 5, perSecond: 5, blockedUntil: ago(-18) }],
      waiting: { ...NOTHING_WAITS, zero: 3, drop: 5, fromZero: 2, other: 11, spare: 40, parked: 2, unknown: 2 },
      parkedUnits: [{ fault: 'refused', units: 2, skus: [variants[5]!.sku] }],
      reconciliation: {
        ...{ startedAt: ago(9_000), result: 'differed', ordersTold: 207, linesLate: 2, linesDiffering: 1, fault: null },
      },
    },
    {
      ...well,
      ...{ id: CAFE24, channel: 'cafe24', name: '카페24 본점', mode: 'observe', drift: 'report', drifted: 2 },
      ...{ policySettings: {}, leftEdited: 1, outShare: null, reconciliation: null, lag: null, waiting: NOTHING_WAITS },
    },
    {
      ...well,
      ...{ id: ELEVENTH, channel: 'eleventh', name: '11번가', state: 'parked', policy: 'buffered', drifted: 0 },
      ...{ policySettings: { percent: 10 }, lastSuccessAt: ago(4_000), collectedUpTo: ago(4_010), lag: null },
      ...{ intakeLag: null, budgets: [], failures: 1, saleStop: null },
      fault: {
        ...{ code: 'signed_out', why: { reason: 'renewal_refused' }, at: ago(3_990) },
        said: '<ResultMessage>인증키가 유효하지 않습니다</ResultMessage>',
      },
      waiting: { ...NOTHING_WAITS, other: 6 },
    },
  ]
}

const uuid = (n: number): string => `0198f3a0-0000-7000-8000-${(0x600000 + n).toString(16).padStart(12, '0')}`

function alarmsOf(ago: Ago): Alarm[] {
  const alarm = (n: number, facts: NonNullable<Alarm['facts']>, units: number, connectionId: string | null): Alarm => ({
    ...{ id: uuid(n), kind: facts.kind, connectionId, sku: 'BRK-1234-AVT', name: '브레이크 패드 앞 아반떼' },
    ...{ item: '90012', units, facts, detail: null, at: ago(60 * n), seen: null },
  })
  const seen = { by: '김운영', at: ago(90) }
  const skewed = alarm(3, { kind: 'clock_skew', aheadMs: 3_400, allowedMs: 1_000 }, 0, NAVER)
  return [
    alarm(1, { kind: 'rights_above_stock', units: 3 }, 3, null),
    alarm(2, { kind: 'late_order', units: 1, lateMs: 5_210, trustedMs: 4_000 }, 1, COUPANG),
    { ...skewed, seen },
    // Raised by a jaego that kept a sentence.
    {
      ...alarm(4, { kind: 'hand_edit', units: 5 }, 5, CAFE24),
      facts: null,
      detail: '5 units that no order explains',
      seen,
    },
  ]
}

function driftOf(ago: Ago, count: number): Drift[] {
  return Array.from({ length: count }, (_, i): Drift => {
    const done = (['reported', 'repaired', 'kept'] as const)[i]!
    return {
      ...{
        id: uuid(100 + i),
        listingId: uuid(200 + i),
        unit: `9001${i}`,
        item: `9001${i}`,
        sellerCode: `BRR-124${i}-SNT`,
      },
      ...{
        believed: 7,
        showed: 7 + (i === 2 ? -2 : 5),
        units: i === 2 ? -2 : 5,
        cause: i === 1 ? 'not_applied' : 'edited',
      },
      ...{ readAt: ago(500 * (i + 1)), confirmedAt: ago(490 * (i + 1)), done },
      repairedAt: done === 'repaired' ? ago(480 * (i + 1)) : null,
    }
  })
}

function comparedOf(ago: Ago) {
  return [
    {
      ...{ id: uuid(300), startedAt: ago(9_000), endedAt: ago(8_950), result: 'differed' as const },
      ...{ lookedFrom: ago(200_000), comparedUpTo: ago(9_010), ordersTold: 207, linesTold: 260, linesLate: 1 },
      ...{ linesDiffering: 1, fault: null, faultSaid: null },
      findings: [
        {
          ...{ externalId: '2100041880091', lineKey: '2100041880091:90012', kind: 'late' as const },
          ...{ ours: null, theirs: 1, recorded: true },
        },
        {
          ...{ externalId: '2100041880182', lineKey: '2100041880182:90013', kind: 'cancelled' as const },
          ...{ ours: 0, theirs: 1, recorded: false },
        },
      ],
    },
  ]
}

function claimsOf(now: Date) {
  const inMs = (ms: number) => new Date(now.getTime() + ms).toISOString()
  const claim = (n: number, kind: 'cancel' | 'return', lapsesAt: string, reason: string) => ({
    ...{ id: uuid(400 + n), kind, state: 'requested' as const, channel: 'coupang', connectionId: COUPANG },
    ...{ claimKey: `C-${n}`, orderId: uuid(500 + n), externalOrderId: `210004188${n}091`, openedBy: 'marketplace' },
    ...{ faultBy: 'buyer' as const, reason, requestedAt: inMs(-80_000_000), changedAt: inMs(-80_000_000), lapsesAt },
    ...{ lapsesTo: 'approve' as const, returnParcel: null },
  })
  return [claim(1, 'cancel', inMs(25 * 60_000), '단순 변심'), claim(2, 'return', inMs(5.5 * 3_600_000), '상품 파손')]
}

export const SEEN = 'what-would-be-sent'

function previewOf(connectionId: string, ago: Ago, variants: readonly { sku: string; name: string }[]) {
  return {
    ...{ connectionId, looked: 228, unread: 3, differing: 12, seen: SEEN, seenUntil: ago(-600) },
    listings: variants.slice(0, 12).map(({ sku, name }, i) => ({
      ...{ listingId: uuid(700 + i), item: `C${i}`, sku, name, shown: i === 1 ? null : 14 - i, shownAt: ago(30) },
      wouldSend: i < 3 ? 0 : Math.max(1, 9 - i),
    })),
  }
}
