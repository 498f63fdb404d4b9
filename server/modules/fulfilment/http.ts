import type { FastifyPluginAsync } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  bulkAnswer,
  bulkShipments,
  carrierList,
  newShipments,
  shipmentAnswer,
  shipmentList,
  shipmentsQuery,
} from '../../../contract/fulfilment.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Database } from '../../kernel/db.ts'
import { isId } from '../../kernel/ids.ts'
import { answersOf, readShipments, shipmentById } from './answers.ts'
import { deliverLines } from './deliver-lines.ts'
import { tellAgain } from './queries.ts'
import { kindOf, whyNot } from './refusals.ts'
import type { ShippingRules } from './rules.ts'
import { type NewShipment, type ShipOutcome, shipLines, shipmentsToTell } from './ship-lines.ts'

export type FulfilmentRouteDeps = {
  db: Database
  clock: Clock
  /** jaego's codes of carriers and their names. */
  carriers: Readonly<Record<string, string>>
  rules: ShippingRules
}

const NO_SHIPMENT = 'There is no shipment of this id.'
/** Goods do not leave before the year 2000; a day ahead covers clocks that are wrong and zones that are mixed up. */
const SHIPPED_FROM = Date.UTC(2000, 0, 1)
const SHIPPED_AHEAD_MS = 86_400_000

const byId = z.object({ id: z.string() })
const nothing = z.strictObject({}).optional()

export const fulfilmentRoutes =
  ({ db, clock, carriers, rules }: FulfilmentRouteDeps): FastifyPluginAsync =>
  async (plain) => {
    const app = plain.withTypeProvider<ZodTypeProvider>()
    const carrierNames = Object.entries(carriers).map(([code, name]) => ({ code, name }))

    app.get(
      '/v1/carriers',
      { schema: { response: { 200: carrierList } }, config: { summary: 'Carriers and their codes' } },
      async () => ({ carriers: carrierNames }),
    )

    app.post(
      '/v1/shipments',
      {
        schema: { body: newShipments, response: { 201: shipmentList } },
        config: {
          summary: 'Parcels leave, or get their right number: all of them or none; marketplaces are told by themselves',
        },
      },
      async (request, reply) => {
        const rows = request.body.shipments
        const faults = rows.flatMap((row, i) => faultsOf(row, `/shipments/${i}`))
        if (faults.length > 0) throw reply.refusal(wrong(faults))
        return reply.once(async (tx) => {
          const outcomes = await shipLines(
            tx,
            rules,
            rows.map((row) => asked(request.caller, row, linesOf(row.lines))),
          )
          const refused = outcomes.flatMap((outcome, i) => {
            const why = whyNot(outcome)
            return why ? [{ outcome, pointer: `/shipments/${i}${why.field}`, detail: why.detail }] : []
          })
          if (refused.length > 0) {
            const errors = refused.slice(0, 20).map(({ pointer, detail }) => ({ pointer, detail }))
            throw reply.refusal({ kind: kindOf(refused[0]!.outcome), detail: refused[0]!.detail, errors })
          }
          return {
            status: 201,
            body: { shipments: await answersOf(tx, request.caller.company, shipmentIds(outcomes)) },
          }
        })
      },
    )

    app.post(
      '/v1/shipments/bulk',
      {
        schema: { body: bulkShipments, response: { 200: bulkAnswer } },
        config: { summary: 'Parcels leave, up to 500, each row on its own' },
      },
      async (request, reply) => {
        const rows = request.body
        const faults = rows.map((row) => faultsOf(row, '')[0] ?? null)
        return reply.once(async (tx) => {
          const parcels = parcelsOf(rows.flatMap((row, i) => (faults[i] ? [] : [{ ...row, i }])))
          const outcomes = await shipLines(
            tx,
            rules,
            parcels.map((parcel) => asked(request.caller, parcel[0]!, linesOfRows(parcel))),
          )
          const byRow = new Map(parcels.flatMap((parcel, at) => parcel.map(({ i }) => [i, outcomes[at]!] as const)))
          const answers = rows.map((_, i) => rowAnswer(i, byRow.get(i) ?? null, faults[i] ?? null))
          const refused = answers.filter(({ outcome }) => outcome === 'refused').length
          return { status: 200, body: { shipped: rows.length - refused, refused, rows: answers } }
        })
      },
    )

    app.get(
      '/v1/shipments',
      {
        schema: { querystring: shipmentsQuery, response: { 200: shipmentList } },
        config: { summary: 'The parcels of an order, and what its marketplace has been told' },
      },
      async (request, reply) => {
        const { company } = request.caller
        const found = await db.transaction([company], (tx) => readShipments(tx, company, request.query.order))
        return found ? { shipments: found } : reply.refuse('not-found', 'There is no order of this id or number.')
      },
    )

    app.post(
      '/v1/shipments/:id/tell',
      {
        schema: { params: byId, body: nothing, response: { 200: shipmentAnswer } },
        config: { summary: 'Tell the marketplace again what it refused or did not answer' },
      },
      async (request, reply) => {
        const { company } = request.caller
        const { id } = request.params
        if (!isId(id)) return reply.refuse('not-found', NO_SHIPMENT)
        return reply.once(async (tx) => {
          for (const connectionId of await tellAgain(tx, company, id)) {
            tx.announce(shipmentsToTell, connectionId, { connectionId })
          }
          const body = await shipmentById(tx, company, id)
          if (!body) throw reply.refusal({ kind: 'not-found', detail: NO_SHIPMENT })
          return { status: 200, body }
        })
      },
    )

    app.post(
      '/v1/shipments/:id/deliver',
      {
        schema: { params: byId, body: nothing, response: { 200: shipmentAnswer } },
        config: { summary: 'The parcel has reached its buyer' },
      },
      async (request, reply) => {
        const { company } = request.caller
        const { id } = request.params
        if (!isId(id)) return reply.refuse('not-found', NO_SHIPMENT)
        return reply.once(async (tx) => {
          const shipment = await shipmentById(tx, company, id)
          if (!shipment) throw reply.refusal({ kind: 'not-found', detail: NO_SHIPMENT })
          const { orderId, lines } = shipment
          await deliverLines(
            tx,
            lines.map(({ lineNo }) => ({ company, orderId, lineNo })),
          )
          return { status: 200, body: (await shipmentById(tx, company, id))! }
        })
      },
    )

    function faultsOf(row: { carrier: string; shippedAt?: string | undefined }, at: string) {
      const faults: { pointer: string; detail: string }[] = []
      if (!Object.hasOwn(carriers, row.carrier)) {
        faults.push({ pointer: `${at}/carrier`, detail: `no such carrier; GET /v1/carriers lists them` })
      }
      if (row.shippedAt !== undefined) {
        const left = Date.parse(row.shippedAt)
        if (!(left >= SHIPPED_FROM && left <= clock.now() + SHIPPED_AHEAD_MS)) {
          faults.push({ pointer: `${at}/shippedAt`, detail: 'between the year 2000 and now' })
        }
      }
      return faults
    }

    function asked(
      { company, actor }: { company: string; actor: string },
      row: { order: string; carrier: string; invoice: string; shippedAt?: string | undefined },
      lines: NewShipment['lines'],
    ): NewShipment {
      const { order, carrier, invoice } = row
      const shippedAt = row.shippedAt === undefined ? clock.now() : Date.parse(row.shippedAt)
      return { company, actor, order, carrier, invoice, shippedAt, lines }
    }
  }

const linesOf = (lines: readonly { lineNo: number; quantity?: number | undefined }[] | undefined) =>
  lines?.map(({ lineNo, quantity = null }) => ({ lineNo, quantity })) ?? null

type Row = { order: string; carrier: string; invoice: string; lineNo?: number | undefined; i: number }

/** A sheet has a row a line: those of one order, carrier and invoice lie in one parcel. */
const parcelsOf = <R extends Row>(rows: readonly R[]): R[][] => [
  ...Map.groupBy(rows, ({ order, carrier, invoice }) => `${order}\n${carrier}\n${invoice}`).values(),
]

const linesOfRows = (rows: readonly Row[]): NewShipment['lines'] => {
  const numbers = rows.flatMap(({ lineNo }) => lineNo ?? [])
  if (numbers.length < rows.length) return null
  return [...new Set(numbers)].map((lineNo) => ({ lineNo, quantity: null }))
}

const shipmentIds = (outcomes: readonly ShipOutcome[]): string[] =>
  outcomes.flatMap((outcome) => ('shipmentId' in outcome ? [outcome.shipmentId] : []))

const wrong = (errors: readonly { pointer: string; detail: string }[]) => ({
  kind: 'invalid-request' as const,
  detail: `The body is wrong at ${errors[0]!.pointer}: ${errors[0]!.detail}.`,
  errors: errors.slice(0, 20),
})

function rowAnswer(row: number, outcome: ShipOutcome | null, fault: { pointer: string; detail: string } | null) {
  const why = outcome ? whyNot(outcome) : null
  if (!outcome || why) {
    const pointer = `/${row}${fault?.pointer ?? why!.field}`
    return { row, outcome: 'refused' as const, shipmentId: null, pointer, detail: fault?.detail ?? why!.detail }
  }
  const { kind, shipmentId } = outcome as ShipOutcome & { kind: 'shipped' | 'already' | 'corrected' }
  return { row, outcome: kind, shipmentId, pointer: null, detail: null }
}
