import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import { z } from 'zod'
import { board, breakIt, breakItAnswer, buyAtOnce, buyAtOnceAnswer, explanation } from '../../contract/board.ts'
import { every } from '../kernel/clock.ts'
import type { Database } from '../kernel/db.ts'
import { readBoard } from './board.ts'
import type { BoardEvent, BoardFeed } from './board-feed.ts'
import { explain } from './explain.ts'

/** What the demo's buttons do; a server that is no demo has none and answers 404. */
export type DemoDoors = {
  buyAtOnce(sku: string | null): Promise<z.infer<typeof buyAtOnceAnswer> | null>
  breakIt(what: z.infer<typeof breakIt>['what']): Promise<{ until: number | null }>
}

export type BoardDeps = { db: Database; feed: BoardFeed; demo: DemoDoors | null }

/** A comment line this often keeps proxies and the page's badge from thinking the line is dead. */
const BEAT_MS = 3_000
/** Who reads nothing is cut off: what waits for him would be kept as long as his connection seems to be there. */
const UNREAD_MAX_BYTES = 4_194_304

export const boardRoutes =
  ({ db, feed, demo }: BoardDeps): FastifyPluginAsync =>
  async (app) => {
    app.get(
      '/v1/board',
      { schema: { response: { 200: board } }, config: { summary: 'Everything the board shows, as of now' } },
      ({ caller }) => db.transaction([caller.company], (tx) => readBoard(tx, caller.company, demo !== null)),
    )

    app.get(
      '/v1/board/events',
      { config: { summary: 'Changes of the board, as server-sent events' } },
      (request, reply) => {
        const last = Number(request.headers['last-event-id'] ?? Number.NaN)
        streamEvents(reply, (send) =>
          feed.watch(request.caller.company, Number.isSafeInteger(last) ? last : null, send),
        )
      },
    )

    const explainQuery = z.strictObject({ at: z.iso.datetime({ offset: true }).optional() })
    const explainParams = z.strictObject({ sku: z.string().min(1).max(100) })
    app.get<{ Params: z.infer<typeof explainParams>; Querystring: z.infer<typeof explainQuery> }>(
      '/v1/explain/:sku',
      {
        schema: { params: explainParams, querystring: explainQuery, response: { 200: explanation } },
        config: { summary: 'Why each number of a SKU is what it is, now or at a past moment' },
      },
      async ({ caller, params, query }, reply) => {
        const at = query.at === undefined ? null : Date.parse(query.at)
        const answer = await db.transaction([caller.company], (tx) => explain(tx, caller.company, params.sku, at))
        return answer ?? reply.refuse('not-found', `There is no SKU ${params.sku}.`)
      },
    )

    if (demo === null) return
    app.post<{ Body: z.infer<typeof buyAtOnce> }>(
      '/v1/demo/buy-at-once',
      {
        schema: { body: buyAtOnce, response: { 200: buyAtOnceAnswer } },
        config: { summary: 'Demo: buy the last unit on both channels at once' },
      },
      async ({ body }, reply) =>
        (await demo.buyAtOnce(body.sku ?? null)) ??
        reply.refuse('not-found', 'No variant is shown on both channels right now.'),
    )
    app.post<{ Body: z.infer<typeof breakIt> }>(
      '/v1/demo/break',
      { schema: { body: breakIt, response: { 200: breakItAnswer } }, config: { summary: 'Demo: break something' } },
      async ({ body }) => {
        const { until } = await demo.breakIt(body.what)
        return { what: body.what, until: until === null ? null : new Date(until).toISOString() }
      },
    )
  }

/** Hands the socket to the feed until the watcher goes. */
function streamEvents(reply: FastifyReply, watch: (send: (event: BoardEvent) => void) => () => void): void {
  const headers = reply.getHeaders() as Record<string, string>
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
  raw.write(': hello\n\n')
  const stop = watch(({ id, event, data }) => {
    raw.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    // The page comes back by itself after the last event it has, or reads the board again.
    if (raw.writableLength > UNREAD_MAX_BYTES) raw.destroy()
  })
  const stopBeating = every(BEAT_MS, () => void raw.write(': beat\n\n'))
  raw.on('close', () => {
    stop()
    stopBeating()
  })
}
