import type { FastifyPluginAsync } from 'fastify'

export type Ready = () => Promise<{ ok: true } | { ok: false; why: string }>

/** For whoever restarts or load-balances us. They ask without a key and learn nothing but yes or no. */
export const healthRoutes =
  (ready: Ready): FastifyPluginAsync =>
  async (app) => {
    app.get('/live', async () => ({ ok: true }))
    app.get('/ready', async (_request, reply) => {
      const state = await ready().catch(() => ({ ok: false as const, why: 'the check failed' }))
      return state.ok ? { ok: true } : reply.refuse('unavailable', `Not ready: ${state.why}.`)
    })
  }
