import type { Caller } from '../modules/access/index.ts'
import type { Once } from './once.ts'
import type { ProblemKind } from './outcomes.ts'
import type { FieldAtFault, Refusal } from './problem.ts'

/**
 * What every route is given, wherever it lives. Modules do not import the shell; the types reach them through these
 * declarations.
 */
declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking; set for every route below /v1 that is not `open`. */
    caller: Caller
  }
  interface FastifyReply {
    /** Answers with a problem; the kinds are in server/http/outcomes.ts. */
    refuse(kind: ProblemKind, detail: string, more?: { errors?: readonly FieldAtFault[]; more?: object }): FastifyReply
    /** Does it in one transaction of the caller's company, once per Idempotency-Key, and answers. */
    once(work: Once): Promise<FastifyReply>
    /** The Idempotency-Key as sent, null where there is none. Throws a refusal when it is not one. */
    idempotencyKey(): string | null
    /** An Error that undoes the transaction it is thrown in and answers with the problem. */
    refusal(refusal: Refusal): Error
  }
  interface FastifyContextConfig {
    /** Asks for no key. */
    open?: boolean
    /** One sentence for the OpenAPI document; a route without one is not in it. */
    summary?: string
  }
  interface FastifyInstance {
    /** The key of the demo's company, in demo mode; pages of ours carry it as a cookie. */
    demoKey: string | null
  }
}
