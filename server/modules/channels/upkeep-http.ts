import type { FastifyPluginAsync } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { driftList, listingReleased, pageQuery, reconciliationList } from '../../../contract/upkeep.ts'
import type { Database, Tx } from '../../kernel/db.ts'
import { readConnection } from './connections.ts'
import { releaseListings } from './drift.ts'
import { type DriftRow, listDrifts } from './drift-queries.ts'
import { findListing } from './listing-queries.ts'
import { listReconciliations, type ReconciliationRow } from './reconciliation-queries.ts'

const byId = z.strictObject({ id: z.uuid() })
const PAGE = 50

/** What was found at a connection when nobody was looking, and what was done about it. */
export const upkeepRoutes =
  ({ db }: { db: Database }): FastifyPluginAsync =>
  async (plain) => {
    const app = plain.withTypeProvider<ZodTypeProvider>()
    /** One more than asked says whether there is a next page. Null: there is no such connection. */
    const pageOf = async <Row extends { id: string }>(
      { company, id }: { company: string; id: string },
      query: z.infer<typeof pageQuery>,
      list: (tx: Tx, company: string, id: string, page: { cursor: string | null; limit: number }) => Promise<Row[]>,
    ) => {
      const limit = Number(query.limit ?? PAGE)
      const page = { cursor: query.cursor ?? null, limit: limit + 1 }
      const rows = await db.transaction([company], async (tx) =>
        (await readConnection(tx, company, id)) ? list(tx, company, id, page) : null,
      )
      if (!rows) return null
      const shown = rows.slice(0, limit)
      return { page: shown, next: rows.length > limit ? shown.at(-1)!.id : null }
    }

    app.get(
      '/v1/connections/:id/drift',
      {
        schema: { params: byId, querystring: pageQuery, response: { 200: driftList } },
        config: { summary: 'Numbers at the marketplace that were not ours, newest first, page by page' },
      },
      async (request, reply) => {
        const { company } = request.caller
        const found = await pageOf({ company, id: request.params.id }, request.query, listDrifts)
        if (!found) return reply.refuse('not-found', `There is no connection ${request.params.id}.`)
        return { drift: found.page.map(driftOf), next: found.next }
      },
    )

    app.get(
      '/v1/connections/:id/reconciliations',
      {
        schema: { params: byId, querystring: pageQuery, response: { 200: reconciliationList } },
        config: { summary: 'Daily comparisons of orders with the channel’s own lists, newest first, page by page' },
      },
      async (request, reply) => {
        const { company } = request.caller
        const found = await pageOf({ company, id: request.params.id }, request.query, listReconciliations)
        if (!found) return reply.refuse('not-found', `There is no connection ${request.params.id}.`)
        return { reconciliations: found.page.map(reconciliationOf), next: found.next }
      },
    )

    app.delete(
      '/v1/listings/:id/fault',
      {
        schema: { params: byId, response: { 200: listingReleased } },
        config: { summary: 'Try a parked listing again, or take back one that was left as somebody edited it' },
      },
      async (request, reply) => {
        const { company } = request.caller
        const { id } = request.params
        return reply.once(async (tx) => {
          const listing = await findListing(tx, company, id)
          if (!listing) throw reply.refusal({ kind: 'not-found', detail: `There is no listing ${id}.` })
          await releaseListings(tx, company, listing.connectionId, listing)
          return { status: 200, body: { listingId: id } }
        })
      },
    )
  }

const driftOf = (row: DriftRow): z.infer<typeof driftList>['drift'][number] => ({
  ...row,
  readAt: row.readAt.toISOString(),
  confirmedAt: row.confirmedAt.toISOString(),
  repairedAt: row.repairedAt?.toISOString() ?? null,
})

const reconciliationOf = (row: ReconciliationRow): z.infer<typeof reconciliationList>['reconciliations'][number] => ({
  ...row,
  startedAt: row.startedAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
  lookedFrom: row.lookedFrom.toISOString(),
  comparedUpTo: row.comparedUpTo.toISOString(),
})
