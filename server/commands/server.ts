import type { FastifyInstance } from 'fastify'
import type { Jaego } from '../compose.ts'
import { assertLoopback } from '../http/loopback.ts'
import { buildPages, pageRoutes } from '../http/pages.ts'
import { openHttp } from '../http/server.ts'
import { BadSetting, type Config } from '../kernel/config.ts'
import { databaseReady } from '../kernel/ready.ts'
import { openClaimOffers, openOffered, openPreview } from '../modules/channels/index.ts'
import { openBoardFeed } from '../screens/board-feed.ts'
import { boardRoutes, type DemoDoors } from '../screens/board-http.ts'
import { channelBoardRoutes } from '../screens/channel-http.ts'

const PORTS_TRIED = 20
const PORT_MAX = 65_535

export type RunningServer = { url: string; close(): Promise<void> }

/** The HTTP side: API, live board, pages. Listens on the configured port or the next free one, on loopback only. */
export async function startServer(
  jaego: Jaego,
  config: Pick<Config, 'host' | 'port'>,
  demo: { doors: DemoDoors; apiKey: string } | null,
): Promise<RunningServer> {
  assertLoopback(config.host)
  const { db, clock, log, wake, lane, numbers, newId, secrets, shippingRules } = jaego
  const claimOffers = openClaimOffers(jaego.channels)
  const offered = openOffered(jaego.channels)
  const feed = openBoardFeed({ db, clock, log, wake, demo: demo !== null })
  const app = await openHttp({
    ...{ db, lane, numbers, newId, clock, log, secrets, shippingRules, claimOffers, offered },
    ready: () => databaseReady(db),
    plugins: [
      boardRoutes({ db, feed, demo: demo?.doors ?? null }),
      channelBoardRoutes({ db, preview: openPreview(jaego.channels), offered }),
      pageRoutes(await buildPages(), clock),
    ],
    ...(demo ? { demoKey: demo.apiKey } : {}),
  })
  const close = async () => {
    feed.close()
    app.server.closeAllConnections()
    await app.close()
  }
  try {
    return { url: await listen(app, config), close }
  } catch (error) {
    await close()
    throw new BadSetting(`JAEGO_PORT: no port from ${config.port} on can be had (${(error as Error).message})`, {
      cause: error,
    })
  }
}

async function listen(app: FastifyInstance, { host, port }: Pick<Config, 'host' | 'port'>): Promise<string> {
  for (let tried = 0; ; tried++) {
    try {
      return await app.listen({ host, port: port === 0 ? 0 : port + tried })
    } catch (error) {
      const isLast = tried >= PORTS_TRIED || port + tried >= PORT_MAX
      if ((error as { code?: string }).code !== 'EADDRINUSE' || isLast) throw error
    }
  }
}
