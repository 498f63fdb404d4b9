import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../contract/problem.ts'
import { CommitUnknown, isConnectionLost, lostARace, NotCommitted } from '../kernel/db.ts'
import { LaneFull, OutcomeUnknown } from '../kernel/group-commit.ts'
import type { Log } from '../kernel/log.ts'
import { PROBLEMS, type ProblemKind, RETRY_AFTER_S } from './outcomes.ts'

export type FieldAtFault = { pointer: string; detail: string }

/** A refusal as a value: what a handler returns, or throws to undo what its transaction wrote. */
export type Refusal = { kind: ProblemKind; detail: string; errors?: readonly FieldAtFault[]; more?: object }

export function problemOf(refusal: Refusal, requestId: string): Problem & object {
  const { status, retryable, title } = PROBLEMS[refusal.kind]
  return {
    type: `/problems/${refusal.kind}`,
    title,
    status,
    detail: refusal.detail,
    retryable,
    requestId,
    ...(refusal.errors ? { errors: [...refusal.errors] } : {}),
    ...refusal.more,
  }
}

/** Sends a refusal as problem+json. */
export function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { status, retryable } = PROBLEMS[refusal.kind]
  if (retryable) reply.header('retry-after', RETRY_AFTER_S)
  return reply
    .code(status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problemOf(refusal, reply.request.id))
}

/** A refusal out of the middle of something: whatever was begun is undone. */
export class Refused extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.detail)
    this.name = 'Refused'
    this.refusal = refusal
  }
}

/** What a failure is told as. Of a mistake of ours nothing but the request's id leaves the house; the log has the rest. */
export const answerFailures =
  (log: Log) =>
  (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const refusal = refusalOf(error)
    if (refusal.kind === 'internal') log.error({ err: error, requestId: request.id, url: request.url }, 'a mistake')
    return refuse(reply, refusal)
  }

function refusalOf(error: FastifyError | Error): Refusal {
  if (error instanceof Refused) return error.refusal
  if (error instanceof LaneFull) return { kind: 'busy', detail: 'The queue is full. Repeat in a second.' }
  if (error instanceof OutcomeUnknown || error instanceof CommitUnknown) {
    return { kind: 'outcome-unknown', detail: 'The connection to the database was lost in the last moment.' }
  }
  if (isConnectionLost(error)) return { kind: 'unavailable', detail: 'No connection to the database.' }
  if (error instanceof NotCommitted || lostARace(error)) {
    return { kind: 'busy', detail: 'Others changed the same rows at the same time. Repeat in a second.' }
  }
  const code = 'code' in error ? String(error.code) : ''
  // numeric_value_out_of_range: a level or a total beyond what a column holds.
  if (code === '22003') return { kind: 'number-too-large', detail: 'Nothing was changed.' }
  return BY_FRAMEWORK_CODE[code] ?? byStatus(error)
}

const BY_FRAMEWORK_CODE: Readonly<Record<string, Refusal>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { kind: 'request-too-large', detail: 'Send at most 1 MB.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { kind: 'not-json', detail: 'Send Content-Type: application/json.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    kind: 'invalid-request',
    detail: 'The body is not as long as Content-Length says.',
  },
  FST_ERR_BAD_URL: { kind: 'invalid-request', detail: 'The address is not a valid URL.' },
  FST_ERR_MAX_PARAM_LENGTH: { kind: 'not-found', detail: 'There is nothing at this address.' },
}

/** The framework's own refusals carry a status below 500; anything else is a mistake of ours. */
function byStatus(error: FastifyError | Error): Refusal {
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500
  return status >= 400 && status < 500
    ? { kind: 'invalid-request', detail: 'The request could not be read.' }
    : { kind: 'internal', detail: 'Nothing can be said about it here. The server log knows it by the requestId.' }
}
