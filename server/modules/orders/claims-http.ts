import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  type ClaimAnswer,
  type ClaimHead,
  claimAnswer,
  claimAnswerGiven,
  claimList,
  claimListQuery,
  claimWithdrawal,
  newClaim,
  newInspection,
} from '../../../contract/claims.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Database, Tx } from '../../kernel/db.ts'
import type { OwnWarehouses } from '../inventory/index.ts'
import { answersOf } from './claim-answer-queries.ts'
import { answerClaims } from './claim-answers.ts'
import { type ClaimPlace, listClaims, listToInspect, readClaim } from './claim-list-queries.ts'
import type { ClaimRefusal, OffersOf } from './claim-offers.ts'
import { linesOfClaims, type ReadClaim } from './claim-queries.ts'
import { closeCancels } from './close-cancels.ts'
import { inspectReturns } from './inspect-returns.ts'
import { openClaims } from './open-claims.ts'

export type ClaimRouteDeps = { db: Database; clock: Clock; warehouses: OwnWarehouses; claimOffers: OffersOf }

const PAGE = 50
const HOUR_MS = 3_600_000
const byId = z.strictObject({ id: z.uuid() })

export const claimRoutes =
  ({ db, clock, warehouses, claimOffers }: ClaimRouteDeps): FastifyPluginAsync =>
  async (plain) => {
    const app = plain.withTypeProvider<ZodTypeProvider>()

    app.get(
      '/v1/claims',
      {
        schema: { querystring: claimListQuery, response: { 200: claimList } },
        config: { summary: 'Cancels, returns and exchanges: the next to lapse first, then the newest' },
      },
      async ({ caller: { company }, query }) => {
        const { state = null, kind = null, due, inspection, cursor } = query
        const limit = Number(query.limit ?? PAGE)
        const rows = await db.transaction([company], async (tx) => {
          const dueUntil = due === undefined ? null : (await tx.now()) + Number(due) * HOUR_MS
          const after = cursor === undefined ? null : placeOf(cursor)
          if (inspection === 'waiting') {
            return listToInspect(tx, company, { state, kind, after, limit: limit + 1 })
          }
          // One more than asked says whether there is a next page.
          return listClaims(tx, company, { state, kind, dueUntil, after, limit: limit + 1 })
        })
        const page = rows.slice(0, limit)
        return { claims: page.map(headOf), next: rows.length > limit ? cursorOf(page.at(-1)!) : null }
      },
    )

    app.get(
      '/v1/claims/:id',
      {
        schema: { params: byId, response: { 200: claimAnswer } },
        config: { summary: 'A claim with its lines, what inspections found, and what was answered' },
      },
      async ({ caller: { company }, params }, reply) => {
        const found = await db.transaction([company], (tx) => answerOf(tx, company, params.id))
        return found ?? reply.refuse('not-found', 'There is no claim of this id.')
      },
    )

    app.post(
      '/v1/claims',
      {
        schema: { body: newClaim, response: { 201: claimAnswer } },
        config: { summary: 'Cancel units of an order, or expect them back' },
      },
      async (request, reply) => {
        const { company, actor } = request.caller
        const { reason = '', faultBy = 'unknown', cause = null, ...claim } = request.body
        const from = await warehouses.of(company)
        return reply.once(async (tx) => {
          const asked = { ...claim, company, actor, reason, faultBy, cause, warehouses: from }
          const [outcome] = await openClaims(tx, [asked], claimOffers)
          if (outcome?.kind !== 'opened') throw reply.refusal(outcome as ClaimRefusal)
          return { status: 201, body: (await answerOf(tx, company, outcome.claimId))! }
        })
      },
    )

    app.post(
      '/v1/claims/:id/answers',
      {
        schema: { params: byId, body: claimAnswerGiven, response: { 200: claimAnswer } },
        config: { summary: 'Approve, refuse, receive or resend; the marketplace is told' },
      },
      async (request, reply) => {
        const { answer, reason = '', parcel } = request.body
        const shippedAt = parcel?.shippedAt === undefined ? clock.now() : Date.parse(parcel.shippedAt)
        const given = { answer, reason, parcel: parcel ? { ...parcel, shippedAt } : null }
        return onClaim(
          request,
          reply,
          async (tx, at) => (await answerClaims(tx, [{ ...at, ...given }], claimOffers))[0]!,
        )
      },
    )

    app.post(
      '/v1/claims/:id/withdrawal',
      {
        schema: { params: byId, body: claimWithdrawal, response: { 200: claimAnswer } },
        config: { summary: 'Let a cancel be that you asked a marketplace for and that it refused' },
      },
      async (request, reply) => onClaim(request, reply, async (tx, at) => (await closeCancels(tx, [at]))[0]!),
    )

    app.post(
      '/v1/claims/:id/inspections',
      {
        schema: { params: byId, body: newInspection, response: { 200: claimAnswer } },
        config: { summary: 'What came back: sellable units go on hand again, damaged ones aside, lost ones are noted' },
      },
      async (request, reply) => {
        const { warehouse = null, damagedWarehouse = null, lines } = request.body
        const seen = lines.map(({ lineNo, sellable = 0, damaged = 0, lost = 0, note = '' }) => ({
          ...{ lineNo, sellable, damaged, lost, note },
        }))
        const found = { warehouse, damagedWarehouse, lines: seen }
        return onClaim(request, reply, async (tx, at) => (await inspectReturns(tx, [{ ...at, ...found }]))[0]!)
      },
    )
  }

/** Does something to a claim, once, and answers the claim as it is then. */
function onClaim(
  request: FastifyRequest,
  reply: FastifyReply,
  act: (
    tx: Tx,
    at: { company: string; actor: string; claimId: string },
  ) => Promise<{ kind: 'answered' | 'inspected' | 'closed' } | ClaimRefusal>,
): Promise<FastifyReply> {
  const { company, actor } = request.caller
  const claimId = (request.params as z.infer<typeof byId>).id
  return reply.once(async (tx) => {
    const outcome = await act(tx, { company, actor, claimId })
    if ('detail' in outcome) throw reply.refusal(outcome)
    return { status: 200, body: (await answerOf(tx, company, claimId))! }
  })
}

async function answerOf(tx: Tx, company: string, claimId: string): Promise<ClaimAnswer | null> {
  const at = [{ company, claimId }]
  const [claim, lines, answers] = await Promise.all([
    readClaim(tx, company, claimId),
    linesOfClaims(tx, at),
    answersOf(tx, at),
  ])
  if (!claim) return null
  return {
    ...headOf(claim),
    lines: lines.map(({ lineNo, quantity, sellable, damaged, lost, replacementLineNo }) => ({
      ...{ lineNo, quantity, sellable, damaged, lost, replacementLineNo },
    })),
    answers: answers.map(({ claimId: _, attempts: __, givenIn: ___, ...given }) => ({
      ...given,
      answeredAt: given.answeredAt.toISOString(),
      toldAt: given.toldAt?.toISOString() ?? null,
    })),
  }
}

const headOf = ({ claimId, company: _, warehouses: __, lapses, ...claim }: ReadClaim): ClaimHead => ({
  ...claim,
  id: claimId,
  requestedAt: new Date(claim.requestedAt).toISOString(),
  changedAt: new Date(claim.changedAt).toISOString(),
  lapsesAt: lapses ? new Date(lapses.at).toISOString() : null,
  lapsesTo: lapses?.answer ?? null,
})

/** A page that ends among the claims with a deadline says so: the next one begins behind it there. */
const cursorOf = ({ claimId, state, lapses }: ReadClaim): string =>
  state === 'requested' && lapses ? `${lapses.at}_${claimId}` : claimId

function placeOf(cursor: string): ClaimPlace {
  const [at, claimId] = cursor.includes('_') ? cursor.split('_') : [null, cursor]
  return { lapsesAt: at == null ? null : Number(at), claimId: claimId! }
}
