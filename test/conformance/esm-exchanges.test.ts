import { describe, expect, test } from 'vitest'
import type { ChannelClaim } from '../../server/modules/channels/adapter.ts'
import type { EsmSwitches } from '../../simulators/esm/index.ts'
import { answerTo, openWatch, sellFor, type Watch } from './claims-told.ts'
import { asEsm, esmScene, type Site } from './esm-scene.ts'
import { linesOf, onStage, type Shop, stored } from './shop.ts'
import type { Stage } from './stage.ts'

type Asked = { stage: Stage; watch: Watch; lineKey: string; orderId: string; siteType: number; claim: ChannelClaim }

const BOTH: readonly Site[] = ['iac', 'gmkt']

/** Every way of reading what the pages leave open about an exchange's end. */
const READINGS: readonly Partial<EsmSwitches>[] = (['shipping', 'in_claim'] as const).flatMap((resentOrder) =>
  (['resent', 'delivered'] as const).map((exchangeApproved) => ({ resentOrder, exchangeApproved })),
)

/** Three units of the plain product arrived at a buyer of this site, who asks, and it is told. */
function asked(
  site: Site,
  switches: Partial<EsmSwitches>,
  act: (asked: Asked) => Promise<void>,
  kind: 'return' | 'exchange' = 'exchange',
): Promise<void> {
  const scene = esmScene(undefined, switches)
  return onStage(scene, async (stage, shop) => {
    const { watch, lineKey, orderId } = await sellFor(scene, stage, at(site, stage, shop), kind)
    scene.buyers!.ask(stage, kind, lineKey, null)
    await watch.until(kind, () => watch.claimOf(lineKey) !== undefined)
    const siteType = site === 'iac' ? 1 : 2
    await act({ stage, watch, lineKey, orderId, siteType, claim: watch.claimOf(lineKey)! })
  })
}

function at(site: Site, stage: Stage, shop: Shop): Shop {
  const { items } = stage.marketplace.doors.truth()
  const isOf = (item: string) => (/^[A-Z]/.test(item) ? 'iac' : 'gmkt') === site
  const own = items.find(({ unit, item }) => unit === shop.plain.unit && isOf(item))!
  return { ...shop, plain: { ...shop.plain, item: own.item } }
}

/** The seller in the marketplace's own pages. */
function byHand({ stage, lineKey, siteType }: Asked, method: string, path: string, body: object = {}) {
  const headers = new Map(stage.sent[0]!.headers.map(([name, value]): [string, string] => [name.toLowerCase(), value]))
  const request = {
    method,
    path: `/claim/v1/sa/${path.replace('{no}', lineKey)}`,
    query: '',
    headers,
    body: new TextEncoder().encode(JSON.stringify({ SiteType: siteType, ...body })),
  }
  const { body: said } = stage.marketplace.handle(request, stage.simulator.now(), () => 0.5)
  expect(JSON.parse(String(said)).ResultCode).toBe(0)
}

const PARCEL = { DeliveryCompCode: 10013, InvoiceNo: '123456789012' }

const arrive = ({ stage, lineKey }: Asked) =>
  expect(asEsm(stage.marketplace).arrive(lineKey, stage.simulator.now())).toBe(true)

const stateOf = ({ watch, claim }: Asked) => watch.claims.get(claim.claimKey)?.state

/** Writes since, by the end of their path. */
const sentSince = ({ stage }: Asked, from: number, end: string) =>
  stage.sent.slice(from).filter(({ method, url }) => method !== 'GET' && url.endsWith(end)).length

describe.each(BOTH)('an exchange at %s', (site) => {
  test.each(READINGS)('is told to its end, once each step, by a process that never saw it before: %o', (switches) =>
    asked(site, switches, async (exchange) => {
      const { stage, watch, claim, lineKey, orderId } = exchange
      for (const answer of ['receive', 'resend'] as const) {
        expect(await stage.adapter.answerClaims([answerTo(claim, answer)])).toMatchObject([{ outcome: 'done' }])
      }
      await watch.until('that the goods are back', () => stateOf(exchange) !== 'requested').catch(() => {})
      arrive(exchange)
      const other = openWatch(esmScene(), { ...stage, adapter: stage.another() })
      other.cursor = stored(watch.cursor)
      await other.until('the end', () => other.claims.get(claim.claimKey)?.state === 'done')
      expect(other.claims.get(claim.claimKey)).toMatchObject({
        ...{ kind: 'exchange', externalOrderId: orderId, requestedAt: expect.any(Number) },
        lines: [{ lineKey, quantity: 3, actionKey: `${site === 'iac' ? 'A' : 'G'}${lineKey}` }],
      })
      const told = other.timesTold.get(claim.claimKey)
      for (let round = 0; round < 9; round++) await other.collect()
      expect(other.timesTold.get(claim.claimKey)).toBe(told)
      expect(other.claims.size).toBe(1)
    }),
  )

  test.each(READINGS)('that somebody answered by hand is told as agreed, then as done: %o', (switches) =>
    asked(site, switches, async (exchange) => {
      const { watch, claim } = exchange
      byHand(exchange, 'PUT', 'exchange/{no}/pickup')
      byHand(exchange, 'POST', 'exchange/{no}/resend', PARCEL)
      if (switches.exchangeApproved === 'resent') {
        await watch.until('that it is agreed', () => stateOf(exchange) === 'approved')
        const told = watch.timesTold.get(claim.claimKey)
        for (let round = 0; round < 9; round++) await watch.collect()
        expect(watch.timesTold.get(claim.claimKey)).toBe(told)
      }
      arrive(exchange)
      await watch.until('the end', () => stateOf(exchange) === 'done')
      expect(watch.claims.get(claim.claimKey)).toMatchObject({ faultBy: 'buyer', lapses: null })
      expect(linesOf(await watch.collect())).toEqual([])
    }),
  )

  test('whose other goods went out with another invoice keeps it, however often ours is given', () =>
    asked(site, { resendFirst: 'taken', exchangeStatusZero: 'all' }, async (exchange) => {
      const { stage, claim } = exchange
      byHand(exchange, 'POST', 'exchange/{no}/resend', PARCEL)
      const before = stage.sent.length
      expect(await stage.adapter.answerClaims([answerTo(claim, 'resend')])).toMatchObject([{ outcome: 'already' }])
      expect(sentSince(exchange, before, '/resend')).toBe(0)
    }))

  test('that the buyer let be takes no other goods', () =>
    asked(site, {}, async (exchange) => {
      const { stage, lineKey, claim } = exchange
      asEsm(stage.marketplace).withdrawClaim(lineKey, stage.simulator.now())
      const before = stage.sent.length
      expect(await stage.adapter.answerClaims([answerTo(claim, 'resend')])).toMatchObject([
        { outcome: 'refused', code: 'NOT_EXCHANGED' },
      ])
      expect(await stage.adapter.answerClaims([answerTo(claim, 'receive')])).toMatchObject([{ outcome: 'refused' }])
      expect(sentSince(exchange, before, '/resend')).toBe(0)
    }))

  test('needs a parcel to send other goods, of a carrier there is', () =>
    asked(site, {}, async ({ stage, claim }) => {
      const parcel = { carrier: 'owl', invoice: '098765432109', shippedAt: Date.now() }
      for (const given of [null, parcel]) {
        const answer = answerTo(claim, 'resend', { parcel: given })
        expect(await stage.adapter.answerClaims([answer])).toMatchObject([{ outcome: 'refused' }])
      }
    }))

  test('may be turned into a return by hand: it ends as withdrawn, and the return is told', () =>
    asked(site, {}, async (exchange) => {
      const { watch, lineKey } = exchange
      byHand(exchange, 'POST', 'exchange/{no}/return')
      await watch.until('the return', () => watch.claimOf(lineKey)?.kind === 'return')
      await watch.until('its end', () => stateOf(exchange) === 'withdrawn')
      expect(watch.claimOf(lineKey)?.state).toBe(site === 'iac' ? 'done' : 'requested')
    }))
})

test('at G마켓 other goods wait for the first ones, in the marketplace’s words', () =>
  asked('gmkt', {}, async ({ stage, claim }) => {
    const resend = [answerTo(claim, 'resend')]
    expect(await stage.adapter.answerClaims(resend)).toMatchObject([
      { outcome: 'refused', message: expect.stringContaining('교환수거 완료 후') },
    ])
    await stage.adapter.answerClaims([answerTo(claim, 'receive')])
    expect(await stage.adapter.answerClaims(resend)).toMatchObject([{ outcome: 'done' }])
  }))

test('at G마켓 the answer lifts a hold that somebody set, and a hold is still a request', () =>
  asked('gmkt', { withoutRight: [] }, async (exchange) => {
    const { stage, watch, claim } = exchange
    byHand(exchange, 'POST', 'exchange/{no}/hold', { HoldReason: 1 })
    for (let round = 0; round < 9; round++) await watch.collect()
    expect(stateOf(exchange)).toBe('requested')
    await stage.adapter.answerClaims([answerTo(claim, 'receive')])
    await watch.until('that the goods are back', () => stateOf(exchange) === 'collected')
    expect(await stage.adapter.answerClaims([answerTo(claim, 'resend')])).toMatchObject([{ outcome: 'done' }])
  }))

test.each(BOTH)('a return at %s that is turned into an exchange by hand ends as withdrawn', (site) =>
  asked(
    site,
    {},
    async (back) => {
      const { watch, lineKey } = back
      byHand(back, 'POST', 'return/{no}/exchange', site === 'iac' ? PARCEL : {})
      await watch.until('the end of the return', () => stateOf(back) === 'withdrawn')
      // 옥션 has the other goods on their way at once, and no list names what is on its way.
      if (site === 'gmkt') expect(watch.claimOf(lineKey)).toMatchObject({ kind: 'exchange', state: 'requested' })
    },
    'return',
  ),
)

test('without the right to see exchanges orders and returns are told all the same', () =>
  asked(
    'iac',
    { withoutRight: ['exchange-list'] },
    async ({ watch, lineKey }) => expect(watch.claimOf(lineKey)).toMatchObject({ kind: 'return', state: 'requested' }),
    'return',
  ))
