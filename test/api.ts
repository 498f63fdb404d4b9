import type { FastifyInstance } from 'fastify'
import { type HttpDeps, openHttp } from '../server/http/server.ts'
import { realClock } from '../server/kernel/clock.ts'
import { type GroupCommitOptions, openGroupCommit } from '../server/kernel/group-commit.ts'
import { openLog } from '../server/kernel/log.ts'
import { realRandom } from '../server/kernel/random.ts'
import { createApiKey } from '../server/modules/access/index.ts'
import { openOrderNumbers, orderLane } from '../server/modules/orders/index.ts'
import { newId, openShop, type Shop } from './shop.ts'

export type Response = Awaited<ReturnType<FastifyInstance['inject']>>

/** A shop behind its HTTP server, asked with `inject` or on a port. */
export type Api = {
  app: FastifyInstance
  shop: Shop
  /** An API key of the shop's company. */
  key: string
  post(url: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  get(url: string, headers?: Record<string, string>): Promise<Response>
  inject(
    method: 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<Response>
  close(): Promise<void>
}

export async function openApi(
  options: {
    lane?: Partial<GroupCommitOptions>
    deps?: Partial<HttpDeps>
    demo?: boolean
    /** Of another server: this one is then a second process over its database. */
    shop?: Shop
    key?: string
  } = {},
): Promise<Api> {
  const shop = options.shop ?? (await openShop())
  const key = options.key ?? (await shop.inTx(async (tx) => createApiKey(tx, shop.company, 'test', realRandom)))
  const lane = openGroupCommit(
    { url: shop.url, newId, connections: 1, clock: realClock, lanes: 2, ...options.lane },
    orderLane,
  )
  const app = await openHttp({
    db: shop.db,
    lane,
    numbers: openOrderNumbers(shop.db, realClock),
    newId,
    clock: realClock,
    log: openLog('error'),
    ready: async () => ({ ok: true }),
    plugins: [],
    ...(options.demo ? { demoKey: key } : {}),
    ...options.deps,
  })
  const authorization = `Bearer ${key}`
  return {
    app,
    shop,
    key,
    post: async (url, body, headers = {}) =>
      app.inject({
        method: 'POST',
        url,
        headers: { authorization, 'content-type': 'application/json', ...headers },
        payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      }),
    get: async (url, headers = {}) => app.inject({ method: 'GET', url, headers: { authorization, ...headers } }),
    inject: async (method, url, body, headers = {}) =>
      app.inject({
        method,
        url,
        headers: { authorization, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
        ...(body ? { payload: JSON.stringify(body) } : {}),
      }),
    async close() {
      await app.close()
      await lane.close()
      if (!options.shop) await shop.close()
    },
  }
}
