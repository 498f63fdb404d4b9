import type { FastifyPluginAsync } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  alarmList,
  alarmListQuery,
  alarmsSeen,
  alarmsSeenAnswer,
  channelBoard,
  pushPreview,
} from '../../contract/channel-board.ts'
import type { Database } from '../kernel/db.ts'
import { type OfferedOf, type PreviewPush, readConnections, setAlarmsSeen } from '../modules/channels/index.ts'
import { channelStandings, listAlarms, strictList } from './channel-queries.ts'

const ALARMS_PAGE = 50

/** The board's channels: how each connection stands, what would be sent, and the alarms people have seen or not. */
export const channelBoardRoutes =
  ({ db, preview, offered }: { db: Database; preview: PreviewPush; offered: OfferedOf }): FastifyPluginAsync =>
  async (plain) => {
    const app = plain.withTypeProvider<ZodTypeProvider>()

    app.get(
      '/v1/board/channels',
      { schema: { response: { 200: channelBoard } }, config: { summary: 'How each connection stands, as of now' } },
      ({ caller: { company } }) =>
        db.transaction([company], async (tx) => {
          const [standings, connections, strict, now] = await Promise.all([
            channelStandings(tx, company),
            readConnections(tx),
            strictList(tx, company),
            tx.now(),
          ])
          const channels = standings.map((standing) => {
            const connection = connections.find(({ connectionId }) => connectionId === standing.id)
            const saleStop = connection && offered(connection)?.saleStop
            return { ...standing, saleStop: saleStop ? { callsPerExchange: saleStop.callsPerExchange } : null }
          })
          return { at: new Date(now).toISOString(), channels, strict }
        }),
    )

    app.get(
      '/v1/connections/:id/preview',
      {
        schema: { params: z.strictObject({ id: z.uuid() }), response: { 200: pushPreview } },
        config: { summary: 'What would be sent first if the connection were switched to push now' },
      },
      async ({ caller: { company }, params: { id } }, reply) => {
        const found = await db.transaction([company], (tx) => preview(tx, company, id))
        return found ?? reply.refuse('not-found', `There is no connection ${id} that can be written to.`)
      },
    )

    app.get(
      '/v1/alarms',
      {
        schema: { querystring: alarmListQuery, response: { 200: alarmList } },
        config: { summary: 'Something the rights rest on was not so, with the units exposed; newest first' },
      },
      async ({ caller: { company }, query }) => {
        const limit = Number(query.limit ?? ALARMS_PAGE)
        // One more than asked says whether there is a next page.
        const page = { open: query.open === 'true', cursor: query.cursor ?? null, limit: limit + 1 }
        const rows = await db.transaction([company], (tx) => listAlarms(tx, company, page))
        const alarms = rows.slice(0, limit)
        return { alarms, next: rows.length > limit ? alarms.at(-1)!.id : null }
      },
    )

    app.put(
      '/v1/alarms/acknowledgements',
      {
        schema: { body: alarmsSeen, response: { 200: alarmsSeenAnswer } },
        config: { summary: 'Say that somebody has seen alarms, or take that back' },
      },
      async (request, reply) => {
        const { company, actor } = request.caller
        const { ids, seen } = request.body
        return reply.once(async (tx) => ({
          status: 200,
          body: { alarms: await setAlarmsSeen(tx, company, ids, seen ? actor : null) },
        }))
      },
    )
  }
