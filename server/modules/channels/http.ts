import type { FastifyPluginAsync } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  connectionAnswer,
  connectionChange,
  connectionList,
  lastUnits,
  lastUnitsAnswer,
  listingMapping,
  mappingAnswer,
  unmappedList,
} from '../../../contract/channels.ts'
import type { Database, Tx } from '../../kernel/db.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import { findVariants, readVariants } from '../catalog/index.ts'
import type { OfferedOf } from './capabilities.ts'
import type { Connection } from './connection.ts'
import { readConnection, readConnections, setDrift, setMode, setPaused } from './connections.ts'
import { findListing } from './listing-queries.ts'
import { mapListingTo } from './listings.ts'
import { startPushing } from './looked.ts'
import { setPolicy } from './policy.ts'
import { signInRoutes } from './sign-in-http.ts'
import { setStrict } from './strict.ts'
import { upkeepRoutes } from './upkeep-http.ts'

export type ChannelRouteDeps = {
  db: Database
  /** Without, nobody can sign in again and no webhook is taken. */
  secrets?: Secrets
  /** Listings without a variant, with the orders that wait for one: a read across modules, given by compose. */
  unmapped: (tx: Tx, company: string) => Promise<z.infer<typeof unmappedList>['listings']>
  /** What connections' marketplaces want and can; without, nobody knows of any. */
  offered?: OfferedOf
}

const PREVIEW = 'GET /v1/connections/{id}/preview tells what would be sent, and the `seen` to repeat here.'
const NOT_LOOKED = {
  unknown: PREVIEW,
  no_look: `Nobody has looked yet. ${PREVIEW}`,
  old: `The look was more than ten minutes ago. ${PREVIEW}`,
  changed: `The policy was changed since the look, or something drifted. ${PREVIEW}`,
} as const

const PROTOCOL = '/policySettings/protocol'

const byId = z.strictObject({ id: z.uuid() })

export const channelRoutes =
  ({ db, secrets, unmapped, offered = () => null }: ChannelRouteDeps): FastifyPluginAsync =>
  async (plain) => {
    const app = plain.withTypeProvider<ZodTypeProvider>()
    await plain.register(upkeepRoutes({ db }))
    if (secrets)
      await plain.register(signInRoutes({ db, secrets, answerOf, fieldsOf: (of) => offered(of)?.credentials ?? null }))

    app.get(
      '/v1/connections',
      { schema: { response: { 200: connectionList } }, config: { summary: 'Accounts at marketplaces' } },
      async ({ caller }) => {
        const rows = await db.transaction([caller.company], (tx) => readConnections(tx))
        return { connections: rows.map(answerOf) }
      },
    )

    app.patch(
      '/v1/connections/:id',
      {
        schema: { params: byId, body: connectionChange, response: { 200: connectionAnswer } },
        config: {
          summary: 'Switch between observing and pushing (as seen in the preview), pause, resume, choose the policy',
        },
      },
      async (request, reply) => {
        const { company } = request.caller
        const { id } = request.params
        return reply.once(async (tx) => {
          const connection = await readConnection(tx, company, id)
          if (!connection) throw reply.refusal({ kind: 'not-found', detail: `There is no connection ${id}.` })
          if (request.body.policySettings?.protocol === 'B' && !offered(connection)?.saleStop) {
            const detail = 'Protocol B needs a marketplace that can stop a sale and still shows its number.'
            throw reply.refusal({ kind: 'invalid-request', detail, errors: [{ pointer: PROTOCOL, detail }] })
          }
          const { mode, seen = null } = request.body
          if (mode === 'push') {
            const started = secrets ? await startPushing(tx, secrets, { company, connectionId: id }, seen) : 'no_look'
            if (started !== 'pushing') throw reply.refusal({ kind: 'not-looked', detail: NOT_LOOKED[started] })
          }
          await change(tx, connection, request.body)
          return { status: 200, body: answerOf((await readConnection(tx, company, id))!) }
        })
      },
    )

    app.get(
      '/v1/listings/unmapped',
      { schema: { response: { 200: unmappedList } }, config: { summary: 'Listings nobody has mapped, oldest first' } },
      async ({ caller }) => ({
        listings: await db.transaction([caller.company], (tx) => unmapped(tx, caller.company)),
      }),
    )

    app.put(
      '/v1/variants/:id/last-units',
      {
        schema: { params: byId, body: lastUnits, response: { 200: lastUnitsAnswer } },
        config: { summary: 'Never show a variant’s last units in two places, whatever its connections risk' },
      },
      async (request, reply) => {
        const { company } = request.caller
        const { id } = request.params
        return reply.once(async (tx) => {
          const [variant] = await readVariants(tx, [{ company, variantId: id }])
          if (!variant) throw reply.refusal({ kind: 'not-found', detail: `There is no variant ${id}.` })
          setStrict(tx, company, id, request.body.strict)
          return { status: 200, body: { variantId: id, strict: request.body.strict } }
        })
      },
    )

    app.put(
      '/v1/listings/:id/mapping',
      {
        schema: { params: byId, body: listingMapping, response: { 200: mappingAnswer } },
        config: { summary: 'Say which SKU a listing is; every order that waited for it is repaired' },
      },
      async (request, reply) => {
        const { company } = request.caller
        const { sku, multiplier = 1 } = request.body
        return reply.once(async (tx) => {
          const [variant] = await findVariants(tx, company, [sku])
          if (!variant) {
            const errors = [{ pointer: '/sku', detail: `there is no SKU ${sku}` }]
            throw reply.refusal({ kind: 'invalid-request', detail: `There is no SKU ${sku}.`, errors })
          }
          const to = { variantId: variant.variantId, multiplier }
          return {
            status: 200,
            body: await mapped(tx, request.caller, request.params.id, to, variant.sku, reply.refusal),
          }
        })
      },
    )

    app.delete(
      '/v1/listings/:id/mapping',
      {
        schema: { params: byId, response: { 200: mappingAnswer } },
        config: { summary: 'Take a mapping back; orders taken meanwhile keep what they hold' },
      },
      async (request, reply) =>
        reply.once(async (tx) => {
          const to = { variantId: null, multiplier: 1 }
          return { status: 200, body: await mapped(tx, request.caller, request.params.id, to, null, reply.refusal) }
        }),
    )
  }

async function change(tx: Tx, connection: Connection, to: z.infer<typeof connectionChange>): Promise<void> {
  const { company, connectionId } = connection
  if (to.policy !== undefined || to.policySettings !== undefined) {
    const { percent, units, tail, tailRisk, protocol } = to.policySettings ?? connection.policySettings
    const policySettings = {
      ...(percent === undefined ? {} : { percent }),
      ...(units === undefined ? {} : { units }),
      ...(tail === undefined ? {} : { tail }),
      ...(tailRisk === undefined ? {} : { tailRisk }),
      ...(protocol === undefined ? {} : { protocol }),
    }
    await setPolicy(tx, company, connectionId, { policy: to.policy ?? connection.policy, policySettings })
  }
  if (to.mode === 'observe') await setMode(tx, company, connectionId, to.mode)
  if (to.drift !== undefined) await setDrift(tx, company, connectionId, to.drift)
  if (to.paused !== undefined) await setPaused(tx, company, connectionId, to.paused)
}

async function mapped(
  tx: Tx,
  { company, actor }: { company: string; actor: string },
  listingId: string,
  to: { variantId: string | null; multiplier: number },
  sku: string | null,
  refusal: (why: { kind: 'not-found'; detail: string }) => Error,
): Promise<z.infer<typeof mappingAnswer>> {
  const unknown = { kind: 'not-found' as const, detail: `There is no listing ${listingId}.` }
  const listing = await findListing(tx, company, listingId)
  const connection = listing ? await readConnection(tx, company, listing.connectionId) : null
  if (!connection) throw refusal(unknown)
  const answer = await mapListingTo(tx, connection, listingId, { ...to, by: actor })
  if (!answer) throw refusal(unknown)
  return { listingId, sku, repaired: answer.repaired }
}

const answerOf = (connection: Connection): z.infer<typeof connectionAnswer> => ({
  id: connection.connectionId,
  channel: connection.channel,
  name: connection.name,
  mode: connection.mode,
  policy: connection.policy,
  policySettings: connection.policySettings,
  paused: connection.paused,
  parked: connection.parked,
  drift: connection.settings.drift === 'report' ? 'report' : 'repair',
  apiSupported: connection.apiSupported,
  lastSuccessAt: connection.lastSuccessAt === null ? null : new Date(connection.lastSuccessAt).toISOString(),
})
