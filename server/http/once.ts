import { hash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { Clock } from '../kernel/clock.ts'
import { type Database, lostARace, type Tx } from '../kernel/db.ts'
import { rememberAnswer, rememberedAnswer } from '../modules/access/index.ts'
import { Refused } from './problem.ts'

/** What a write does in its transaction, and answers. To refuse, it throws `reply.refusal(…)`: nothing is written. */
export type Once = (tx: Tx) => Promise<{ status: number; body: object }>

const KEY = /^[\x21-\x7e]{1,255}$/
const TWIN_WAIT_MS = 5_000
const RACES_MAX = 8

export function idempotencyKey(reply: FastifyReply): string | null {
  const given = reply.request.headers['idempotency-key']
  if (given === undefined) return null
  if (typeof given === 'string' && KEY.test(given)) return given
  throw new Refused({
    kind: 'invalid-request',
    detail: 'The header Idempotency-Key must be 1 to 255 visible ASCII characters.',
    errors: [{ pointer: '', detail: 'Idempotency-Key' }],
  })
}

/**
 * One write, one effect, one answer. With an Idempotency-Key the answer is kept in the transaction of its effect, so
 * that a repeat is answered with it and does nothing; a refusal had no effect and is not kept. A twin in this process
 * waits for the first; one in another process fails on the key, and asks again.
 */
export function openOnce(db: Database, clock: Clock) {
  const running = new Map<string, Promise<unknown>>()

  return async function once(reply: FastifyReply, work: Once): Promise<FastifyReply> {
    const key = idempotencyKey(reply)
    if (key === null) return send(reply, await withoutKey(reply, work), false)
    const { caller, method, routeOptions } = reply.request
    const scope = { company: caller.company, actor: caller.actor, route: `${method} ${routeOptions.url}`, key }
    const name = `${scope.company}/${scope.actor}/${scope.route}/${key}`
    const twin = running.get(name)
    if (twin) await waitFor(twin, clock)
    const attempt = retried(() => withKey(reply, work, scope))
    running.set(name, attempt)
    const { answer, replayed } = await attempt.finally(() => {
      if (running.get(name) === attempt) running.delete(name)
    })
    return send(reply, answer, replayed)
  }

  function withoutKey(reply: FastifyReply, work: Once) {
    return retried(() => db.transaction([reply.request.caller.company], work))
  }

  function withKey(
    reply: FastifyReply,
    work: Once,
    scope: { company: string; actor: string; route: string; key: string },
  ) {
    const { url, body } = reply.request
    const bodyHash = hash('sha256', `${url}\n${JSON.stringify(body ?? null)}`, 'buffer')
    return db.transaction([scope.company], async (tx) => {
      const known = await rememberedAnswer(tx, scope)
      if (known && !known.bodyHash.equals(bodyHash)) {
        throw new Refused({
          kind: 'idempotency-key-reused',
          detail: 'Another request came under this Idempotency-Key. Nothing was done; use a key of its own.',
        })
      }
      if (known) return { answer: { status: known.status, body: known.answer as object }, replayed: true }
      const answer = await work(tx)
      rememberAnswer(tx, scope, { bodyHash, status: answer.status, answer: answer.body })
      return { answer, replayed: false }
    })
  }
}

function send(reply: FastifyReply, answer: { status: number; body: object }, replayed: boolean): FastifyReply {
  if (replayed) reply.header('idempotent-replayed', 'true')
  return reply.code(answer.status).send(answer.body)
}

/** Another transaction won a row: nothing of ours was written, and trying again finds what it did. */
async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let races = 0; ; races++) {
    try {
      return await attempt()
    } catch (error) {
      if (!lostARace(error) || races === RACES_MAX) throw error
    }
  }
}

async function waitFor(twin: Promise<unknown>, clock: Clock): Promise<void> {
  const stop = new AbortController()
  const ended = twin.then(
    () => true,
    () => true,
  )
  const inTime = await Promise.race([ended, clock.sleep(TWIN_WAIT_MS, stop.signal).then(() => false)])
  stop.abort()
  if (inTime) return
  throw new Refused({
    kind: 'still-running',
    detail: 'An equal request has been under way for five seconds. Repeat with the same Idempotency-Key.',
  })
}
