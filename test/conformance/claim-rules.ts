import { describe, expect, test } from 'vitest'
import type { ClaimAnswer, ClaimAnswerKind, ClaimKind } from '../../server/modules/channels/adapter.ts'
import { answerTo, askedFor, openWatch, sellFor, sellOneMore } from './claims-told.ts'
import { faultOf, onStage } from './shop.ts'
import { capabilitiesOf, type Scene, type Stage } from './stage.ts'

const KINDS: readonly ClaimKind[] = ['cancel', 'return', 'exchange']
const ANSWERS: readonly ClaimAnswerKind[] = ['approve', 'refuse', 'receive', 'resend']
const FINAL = ['done', 'refused', 'withdrawn']

/** collectOrders of claims: told, moved, taken back, none lost. The answers are in claim-answer-rules.ts. */
export function claimRules(name: string, scene: Scene): void {
  const { buyers } = scene
  if (!buyers) return
  const capabilities = capabilitiesOf(scene)
  const byQuantity = capabilities.sellerCancel?.byQuantity ?? true

  describe(`${name}: claims`, () => {
    test.each(buyers.asks)('a %s the buyer asks for is told once, with its order, line, quantity and times', (kind) =>
      onStage(scene, async (stage, shop) => {
        const { watch, lineKey, orderId } = await sellFor(scene, stage, shop, kind)
        expect(watch.claims.size).toBe(0)
        buyers.ask(stage, kind, lineKey, null)
        await watch.until(kind, () => watch.claims.size > 0)
        const [claim] = [...watch.claims.values()]
        const { actionKey } = watch.lines.get(lineKey)!
        expect(claim).toMatchObject({ kind, externalOrderId: orderId, lines: [{ lineKey, actionKey, quantity: 3 }] })
        expect(capabilities.claims[kind].length > 0 ? ['requested'] : ['requested', 'approved']).toContain(claim!.state)
        for (const at of [claim!.requestedAt, claim!.changedAt]) {
          expect(Math.abs(at - stage.simulator.now())).toBeLessThan(120_000)
        }
        expect(JSON.stringify(claim!.raw).length).toBeLessThanOrEqual(64 * 1024)
        for (let round = 0; round < buyers.toldWithin; round++) await watch.collect()
        expect([...watch.timesTold.values()]).toEqual([1])
        expect(recordOf(stage)).toMatchObject([{ lineKey, kind, quantity: 3, end: 'open' }])
      }),
    )

    test('a cancel asked for leaves its line wanted until somebody decides', () =>
      onStage(scene, async (stage, shop) => {
        const { watch, lineKey } = await askedFor(scene, stage, shop, 'cancel')
        await watch.until('the wish on the line', () => watch.lines.get(lineKey)?.cancelRequested === true)
        expect(watch.lines.get(lineKey)).toMatchObject({ state: 'acknowledged', cancelled: 0 })
      }))

    if (byQuantity) {
      test.each(buyers.asks)('a %s of some units tells how many', (kind) =>
        onStage(scene, async (stage, shop) => {
          const { lineKey, claim } = await askedFor(scene, stage, shop, kind, 2)
          expect(claim.lines).toMatchObject([{ lineKey, quantity: 2 }])
        }),
      )
    }

    test.each(buyers.takesBack)('a %s the buyer takes back says so, and the line is wanted as before', (kind) =>
      onStage(scene, async (stage, shop) => {
        const { watch, lineKey, claim } = await askedFor(scene, stage, shop, kind)
        buyers.takeBack(stage, claim)
        await watch.until('the withdrawal', () => watch.claims.get(claim.claimKey)?.state === 'withdrawn')
        const { lines } = watch.claims.get(claim.claimKey)!
        expect(lines.map((line) => [line.lineKey, line.quantity])).toEqual([[lineKey, 3]])
        expect(recordOf(stage)).toMatchObject([{ lineKey, kind, quantity: 3, end: 'void' }])
        await watch.until('the line', () => watch.lines.get(lineKey)?.cancelRequested === false)
        // Whatever a list goes on showing of it: what is over stays over.
        for (let round = 0; round < buyers.toldWithin; round++) await watch.collect()
        expect(watch.claims.get(claim.claimKey)?.state).toBe('withdrawn')
        expect(watch.lines.get(lineKey)).toMatchObject({ cancelled: 0, cancelRequested: false })
        expect(kind === 'cancel' ? ['acknowledged'] : ['shipped', 'delivered']).toContain(
          watch.lines.get(lineKey)!.state,
        )
      }),
    )

    test.each(buyers.asks)('a %s asked for while the marketplace could not be reached is told afterwards', (kind) =>
      onStage(scene, async (stage, shop) => {
        const { watch, lineKey } = await sellFor(scene, stage, shop, kind)
        stage.simulator.setFaults({ outageUntil: stage.simulator.now() + 3_600_000 })
        buyers.ask(stage, kind, lineKey, null)
        expect(['unreachable', 'unknown']).toContain(await faultOf(watch.collect()))
        stage.simulator.setFaults({ outageUntil: 0 })
        await watch.until(kind, () => watch.claimOf(lineKey) !== undefined)
        expect(watch.claimOf(lineKey)).toMatchObject({ kind })
      }),
    )

    test('what was told but not kept is told again to whoever comes with the old cursor', () =>
      onStage(scene, async (stage, shop) => {
        const { watch, lineKey } = await sellFor(scene, stage, shop, 'cancel')
        const { cursor } = watch
        buyers.ask(stage, 'cancel', lineKey, null)
        for (const adapter of [stage.adapter, stage.adapter, stage.another()]) {
          const again = openWatch(scene, { ...stage, adapter })
          again.cursor = cursor
          await again.until('the cancel', () => again.claimOf(lineKey) !== undefined)
        }
      }))

    test.each(buyers.asks)(
      'a row of a %s that breaks the contract keeps no other out, and is told once it is right',
      (kind) =>
        onStage(scene, async (stage, shop) => {
          const { watch, lineKey: first } = await sellFor(scene, stage, shop, kind)
          const { lineKey: second } = await sellOneMore(scene, stage, shop, watch, kind)
          const other = openWatch(scene, { ...stage, adapter: stage.another() })
          other.cursor = watch.cursor
          buyers.ask(stage, kind, first, null)
          await other.until(kind, () => other.claimOf(first) !== undefined)
          const broken = other.claimOf(first)!.claimKey
          buyers.ask(stage, kind, second, null)

          let spoilt = 0
          stage.spoilAnswers((body) => {
            const changed = buyers.breakRow(body, broken)
            if (changed !== body) spoilt++
            return changed
          })
          await watch.until(`the other ${kind}`, () => watch.claimOf(second) !== undefined)
          expect(watch.claimOf(first)).toBeUndefined()
          expect(spoilt).toBeGreaterThan(0)
          stage.spoilAnswers(null)
          await watch.until(`the ${kind} that was broken`, () => watch.claimOf(first) !== undefined)
        }),
    )
  })

  describe(`${name}: answers to claims`, () => {
    for (const kind of KINDS) {
      for (const answer of ANSWERS.filter((each) => !capabilities.claims[kind].includes(each))) {
        test(`to ${answer} a ${kind} is not offered, so it is refused without a call`, () =>
          onStage(scene, async ({ adapter, sent }) => {
            const lines = [{ lineKey: '1', actionKey: '1', quantity: 1 }]
            const wanted = { claimKey: '1', kind, answer, externalOrderId: '1', lines, reason: '', parcel: null }
            expect(await faultOf(adapter.answerClaims([wanted]))).toBe('refused')
            expect(sent).toEqual([])
          }))
      }
    }

    test.each(KINDS.flatMap((kind) => capabilities.claims[kind].map((answer) => [kind, answer] as const)))(
      'a %s whose numbers are none of this marketplace’s is answered with %s as little: we say why, in nobody’s words',
      (kind, answer) =>
        onStage(scene, async (stage) => {
          const parcel = { carrier: 'cj', invoice: '098765432109', shippedAt: Date.now() }
          const lines = [{ lineKey: '없음', actionKey: '없음', quantity: 1 }]
          const wanted = { claimKey: '없음', kind, answer, externalOrderId: '없음', lines, reason: '', parcel }
          const ours = { key: '없음', outcome: 'refused', code: 'NOT_SENT', message: null }
          const why = { reason: expect.stringMatching(/^(id_malformed|claim_missing)$/) }
          expect(await stage.adapter.answerClaims([wanted])).toMatchObject([{ ...ours, why }])
        }),
    )

    for (const kind of buyers.asks) {
      const offered = capabilities.claims[kind]
      const yes = (['receive', 'approve', 'resend'] as const).filter((answer) => offered.includes(answer))
      if (yes.length > 0) {
        test(`a ${kind} is seen through by ${yes.join(', ')}: each done once, already when repeated, and told as done`, () =>
          onStage(scene, async (stage, shop) => {
            const { watch, lineKey, claim } = await askedFor(scene, stage, shop, kind)
            if (kind !== 'cancel') buyers.sendBack(stage, claim)
            for (const answer of yes) {
              // What an answer needs may have been told since: an exchange's other parcel has an order line of its own.
              for (let round = 0; round < buyers.toldWithin; round++) await watch.collect()
              const given = [answerTo(watch.claims.get(claim.claimKey)!, answer)]
              const results = await stage.adapter.answerClaims(given)
              expect(results).toMatchObject([{ key: claim.claimKey, outcome: 'done' }])
              expect(await stage.adapter.answerClaims(given)).toMatchObject([{ outcome: 'already' }])
            }
            if (kind === 'exchange') buyers.getParcels(stage, [lineKey])
            await watch.until('the end', () => watch.claims.get(claim.claimKey)?.state === 'done')
            expect(recordOf(stage)).toMatchObject([{ lineKey, kind, quantity: 3, end: 'done' }])
            if (kind === 'cancel') {
              await watch.until('the line', () => watch.lines.get(lineKey)?.state === 'cancelled')
              expect(watch.lines.get(lineKey)).toMatchObject({ cancelled: 3, cancelRequested: false })
              expect(stage.marketplace.doors.truth().lines[0]?.cancelled).toBe(3)
            }
          }))
      }
      if (offered.includes('refuse')) {
        test(`a ${kind} can be refused: done once, already when repeated, and told as refused`, () =>
          onStage(scene, async (stage, shop) => {
            const { watch, lineKey, claim } = await askedFor(scene, stage, shop, kind)
            const given = [answerTo(claim, 'refuse')]
            expect(await stage.adapter.answerClaims(given)).toMatchObject([{ key: claim.claimKey, outcome: 'done' }])
            expect(await stage.adapter.answerClaims(given)).toMatchObject([{ outcome: 'already' }])
            await watch.until('the end', () => FINAL.includes(watch.claims.get(claim.claimKey)?.state ?? ''))
            expect(watch.claims.get(claim.claimKey)?.state).toBe('refused')
            const own = recordOf(stage).filter((each) => each.kind === kind)
            expect(own).toMatchObject([{ lineKey, quantity: 3, end: 'void' }])
            expect(stage.marketplace.doors.truth().lines[0]?.cancelled).toBe(0)
            await watch.until('the line', () => watch.lines.get(lineKey)?.cancelRequested === false)
            if (kind === 'cancel' && capabilities.refusingCancelShips) {
              expect(watch.lines.get(lineKey)?.state).toBe('shipped')
              expect(stage.marketplace.doors.truth().lines[0]?.invoice).toBe('098765432109')
            }
          }))
      }
    }

    if (capabilities.claims.cancel.includes('refuse') && capabilities.refusingCancelShips) {
      test('where shipping refuses a cancel, a refusal without a parcel, or with a carrier unknown here, is refused', () =>
        onStage(scene, async (stage, shop) => {
          const { claim } = await askedFor(scene, stage, shop, 'cancel')
          const parcel = { carrier: 'owl', invoice: '098765432109', shippedAt: Date.now() }
          const refusalOf = (parcel: ClaimAnswer['parcel']) =>
            stage.adapter.answerClaims([answerTo(claim, 'refuse', { parcel })])
          const ours = { key: claim.claimKey, outcome: 'refused', code: expect.any(String), message: null }
          expect(await refusalOf(null)).toEqual([{ ...ours, why: { reason: 'parcel_needed' } }])
          expect(await refusalOf(parcel)).toEqual([{ ...ours, why: { reason: 'carrier_unknown', what: 'owl' } }])
          expect(stage.marketplace.doors.truth().lines[0]?.invoice).toBe('')
        }))
    }

    if (capabilities.claims.cancel.includes('approve')) {
      test('of several answers each has its result, in the order asked, and one that cannot be leaves the others', () =>
        onStage(scene, async (stage, shop) => {
          const { watch, claim } = await askedFor(scene, stage, shop, 'cancel')
          const { lineKey } = await sellOneMore(scene, stage, shop, watch, 'cancel')
          buyers.ask(stage, 'cancel', lineKey, null)
          await watch.until('the second cancel', () => watch.claimOf(lineKey) !== undefined)
          const second = watch.claimOf(lineKey)!
          const { lineKey: unclaimed, orderId } = await sellOneMore(scene, stage, shop, watch, 'cancel')
          const { actionKey } = watch.lines.get(unclaimed)!
          const strange = {
            ...answerTo(claim, 'approve'),
            claimKey: '987654321',
            externalOrderId: orderId,
            lines: [{ lineKey: unclaimed, actionKey, quantity: 1 }],
          }
          const results = await stage.adapter.answerClaims([
            answerTo(claim, 'approve'),
            strange,
            answerTo(second, 'approve'),
          ])
          expect(results.map(({ key, outcome }) => [key, outcome])).toEqual([
            [claim.claimKey, 'done'],
            ['987654321', 'refused'],
            [second.claimKey, 'done'],
          ])
          const truth = stage.marketplace.doors.truth().lines
          expect(truth.find((line) => line.lineKey === unclaimed)?.cancelled).toBe(0)
          expect(await stage.adapter.answerClaims([])).toEqual([])
        }))

      test('an answer that timed out is unknown, and already when given again', () =>
        onStage(scene, async (stage, shop) => {
          const { claim } = await askedFor(scene, stage, shop, 'cancel')
          const given = [answerTo(claim, 'approve')]
          stage.beforeSend((request) =>
            stage.simulator.setFaults({ timeoutAfterCommit: scene.isWrite(request) ? 1 : 0 }),
          )
          expect(await faultOf(stage.adapter.answerClaims(given))).toBe('unknown')
          stage.beforeSend(() => stage.simulator.setFaults({ timeoutAfterCommit: 0 }))
          expect(await stage.adapter.answerClaims(given)).toMatchObject([{ outcome: 'already' }])
        }))
    }
    if (byQuantity && capabilities.claims.cancel.includes('approve')) {
      test('a cancel of some units, approved, leaves the others wanted', () =>
        onStage(scene, async (stage, shop) => {
          const { watch, lineKey, claim } = await askedFor(scene, stage, shop, 'cancel', 1)
          await stage.adapter.answerClaims([answerTo(claim, 'approve')])
          await watch.until('the end', () => watch.claims.get(claim.claimKey)?.state === 'done')
          await watch.until('the line', () => watch.lines.get(lineKey)?.cancelled === 1)
          expect(watch.lines.get(lineKey)).toMatchObject({ state: 'acknowledged', quantity: 3, cancelRequested: false })
        }))
    }
  })
}

/** What the marketplace itself holds of claims. */
const recordOf = ({ marketplace }: Stage) => marketplace.afterwards?.claims() ?? []
