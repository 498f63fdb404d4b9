import type { FastifyPluginAsync } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { connectionAnswer, connectionCredentials, hookAnswer } from '../../../contract/channels.ts'
import type { Database } from '../../kernel/db.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import { companyIds } from '../access/index.ts'
import type { Connection } from './connection.ts'
import { readConnection } from './connections.ts'
import { setCredentials, takeHint } from './sign-in.ts'

/** Real ones are under a kilobyte. */
const HOOK_MAX_BYTES = 65_536
const LONGEST_KEY = 500

const byId = z.strictObject({ id: z.uuid() })

/** Keys in both directions: what we sign in with at a marketplace, and what its webhooks come with. */
export const signInRoutes =
  (deps: {
    db: Database
    secrets: Secrets
    answerOf: (connection: Connection) => z.infer<typeof connectionAnswer>
  }): FastifyPluginAsync =>
  async (plain) => {
    const app = plain.withTypeProvider<ZodTypeProvider>()
    const { db, secrets, answerOf } = deps

    app.put(
      '/v1/connections/:id/credentials',
      {
        schema: { params: byId, body: connectionCredentials, response: { 200: connectionAnswer } },
        config: { summary: 'Sign in to the marketplace again: the whole of its credentials, which are never answered' },
      },
      async (request, reply) => {
        const { company } = request.caller
        const { id } = request.params
        return reply.once(async (tx) => {
          const at = { company, connectionId: id }
          const isSet = await setCredentials(tx, secrets, at, request.body.credentials)
          const connection = isSet ? await readConnection(tx, company, id) : null
          if (!connection) throw reply.refusal({ kind: 'not-found', detail: `There is no connection ${id}.` })
          return { status: 200, body: answerOf(connection) }
        })
      },
    )

    app.post(
      '/hooks/:channel/:id',
      { bodyLimit: HOOK_MAX_BYTES, schema: { response: { 200: hookAnswer } } },
      async (request, reply) => {
        const { channel, id: named } = request.params as { channel: string; id: string }
        const id = z.uuid().safeParse(named)
        const key = request.headers['x-api-key']
        const isKey = typeof key === 'string' && key !== '' && key.length <= LONGEST_KEY
        // What it says is never read: whoever has the key may only make us look.
        const isTaken =
          id.success &&
          isKey &&
          (await db.transaction(await companyIds(db), (tx) =>
            takeHint(tx, secrets, { channel, connectionId: id.data, key }),
          ))
        if (!isTaken) return reply.refuse('not-signed-in', 'This webhook has no address or no key of ours.')
        return { taken: true as const }
      },
    )
  }
