import type { FastifyPluginAsync } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { newOrder, orderAnswer, orderList, orderListQuery, orderTaken } from '../../../contract/orders.ts'
import { isId } from '../../kernel/ids.ts'
import { answerOf, headOf } from './answers.ts'
import { type ClaimRouteDeps, claimRoutes } from './claims-http.ts'
import { listOrders, readLines, readOrder } from './list-queries.ts'
import { type OrderIntakeDeps, openOrderIntake } from './take-request.ts'
import { cancelOrder, settleOrder, shipOrder, type Verb } from './whole-order.ts'

const PAGE = 50
const NO_ORDER = 'There is no order of this id.'

export const orderRoutes =
  (deps: OrderIntakeDeps & ClaimRouteDeps): FastifyPluginAsync =>
  async (plain) => {
    await plain.register(claimRoutes(deps))
    const app = plain.withTypeProvider<ZodTypeProvider>()
    const { db } = deps
    const takeOrder = openOrderIntake(deps)

    app.post(
      '/v1/orders',
      {
        schema: { body: newOrder, response: { 200: orderTaken, 201: orderTaken } },
        config: { summary: 'Take an order: every line or nothing, once' },
      },
      async (request, reply) => {
        await takeOrder(request, reply)
        return reply
      },
    )

    app.get(
      '/v1/orders/:id',
      {
        schema: { params: orderId, response: { 200: orderAnswer } },
        config: { summary: 'An order with its lines' },
      },
      async (request, reply) => {
        const { company } = request.caller
        const { id } = request.params
        const found =
          isId(id) &&
          (await db.transaction([company], async (tx) => {
            const lines = readLines(tx, company, id)
            const order = await readOrder(tx, company, id)
            return order && answerOf(order, await lines)
          }))
        return found || reply.refuse('not-found', NO_ORDER)
      },
    )

    app.get(
      '/v1/orders',
      {
        schema: { querystring: orderListQuery, response: { 200: orderList } },
        config: { summary: 'Orders, newest first, page by page' },
      },
      async (request) => {
        const { company } = request.caller
        const { state = null, cursor = null } = request.query
        const limit = Number(request.query.limit ?? PAGE)
        // One more than asked says whether there is a next page.
        const rows = await db.transaction([company], (tx) =>
          listOrders(tx, company, { state, cursor, limit: limit + 1 }),
        )
        const page = rows.slice(0, limit)
        return { orders: page.map(headOf), next: rows.length > limit ? page.at(-1)!.id : null }
      },
    )

    const verb = (name: string, summary: string, act: Verb) =>
      app.post(
        `/v1/orders/:id/${name}`,
        { schema: { params: orderId, body: nothing, response: { 200: orderAnswer } }, config: { summary } },
        async (request, reply) => {
          const { company, actor } = request.caller
          const { id } = request.params
          if (!isId(id)) return reply.refuse('not-found', NO_ORDER)
          return reply.once(async (tx) => {
            const outcome = await act(tx, { company, orderId: id, actor })
            if (outcome === null) throw reply.refusal({ kind: 'not-found', detail: NO_ORDER })
            if ('kind' in outcome) throw reply.refusal(outcome)
            return { status: 200, body: outcome }
          })
        },
      )
    verb('cancel', 'Cancel what is not shipped, and give its stock back', cancelOrder)
    verb('settle', 'The checkout is paid: what is held becomes firm', settleOrder)
    verb('ship', 'Everything open has left the house', shipOrder)
  }

const orderId = z.object({ id: z.string() })
const nothing = z.strictObject({}).optional()
