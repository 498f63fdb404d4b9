import type { FastifyPluginAsync } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { connectionAnswer, connectionCredentials, credentialFields, hookAnswer } from '../../../contract/channels.ts'
import type { Database } from '../../kernel/db.ts'
import { isId } from '../../kernel/ids.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import type { CredentialField } from './adapter.ts'
import type { Connection } from './connection.ts'
import { readConnection } from './connections.ts'
import { openCredentials, setCredentials, takeHint, wrongCredentials } from './sign-in.ts'
import { openAddresses } from './webhook-addresses.ts'

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
    /** What its marketplace signs in with; null: nobody knows, and nothing is checked. */
    fieldsOf: (connection: Connection) => readonly CredentialField[] | null
  }): FastifyPluginAsync =>
  async (plain) => {
    const app = plain.withTypeProvider<ZodTypeProvider>()
    const { db, secrets, answerOf, fieldsOf } = deps
    const companyOf = openAddresses(db)

    app.get(
      '/v1/connections/:id/credentials',
      {
        schema: { params: byId, response: { 200: credentialFields } },
        config: { summary: 'What its marketplace signs in with, and which of it is there: names only' },
      },
      async ({ caller: { company }, params: { id } }, reply) => {
        const fields = await db.transaction([company], async (tx) => {
          const connection = await readConnection(tx, company, id)
          const known = connection && (await openCredentials(tx, secrets, { company, connectionId: id }))
          if (!connection || !known) return null
          const wanted = fieldsOf(connection) ?? []
          return wanted.map((field) => ({ ...field, isSet: known[field.name] !== undefined }))
        })
        return fields ? { fields } : reply.refuse('not-found', `There is no connection ${id}.`)
      },
    )

    app.put(
      '/v1/connections/:id/credentials',
      {
        schema: { params: byId, body: connectionCredentials, response: { 200: connectionAnswer } },
        config: { summary: 'Sign in to the marketplace again, with credentials that are never answered' },
      },
      async (request, reply) => {
        const { company } = request.caller
        const { id } = request.params
        return reply.once(async (tx) => {
          const at = { company, connectionId: id }
          const connection = await readConnection(tx, company, id)
          const known = connection && (await openCredentials(tx, secrets, at))
          if (!connection || !known) throw reply.refusal({ kind: 'not-found', detail: `There is no connection ${id}.` })
          const { credentials, keep = false } = request.body
          const all = keep ? { ...known, ...credentials } : credentials
          const fields = fieldsOf(connection)
          const wrong = fields === null ? [] : wrongCredentials(fields, all)
          if (wrong.length > 0) {
            const errors = wrong.map(({ name, is }) => ({ pointer: `/credentials/${name}`, detail: `is ${is}` }))
            throw reply.refusal({ kind: 'invalid-request', detail: `${connection.channel} wants others.`, errors })
          }
          setCredentials(tx, secrets, at, all)
          return { status: 200, body: answerOf(connection) }
        })
      },
    )

    app.post(
      '/hooks/:channel/:id',
      { bodyLimit: HOOK_MAX_BYTES, schema: { response: { 200: hookAnswer } } },
      async (request, reply) => {
        const { channel, id } = request.params as { channel: string; id: string }
        const connectionId = id.toLowerCase()
        const key = request.headers['x-api-key']
        const isKey = typeof key === 'string' && key !== '' && key.length <= LONGEST_KEY
        const turnedAway = () => reply.refuse('not-signed-in', 'This webhook has no address or no key of ours.')
        if (!isId(connectionId) || !isKey) return turnedAway()
        const company = await companyOf(connectionId)
        if (company === 'full') return reply.refuse('busy', 'Too many webhooks at once.')
        if (company === null) return turnedAway()
        // What it says is never read: whoever has the key may only make us look.
        const hint = { channel, connectionId, key }
        if (!(await db.transaction([company], (tx) => takeHint(tx, secrets, hint)))) return turnedAway()
        return { taken: true as const }
      },
    )
  }
