import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../kernel/clock.ts'
import type { Database } from '../kernel/db.ts'
import { type Caller, identify } from '../modules/access/index.ts'
import { refuse } from './problem.ts'

/** A revoked key works this much longer, at most. */
const FRESH_MS = 5_000
const KEPT_MAX = 10_000
const COOKIE = 'jaego_key'

type Known = { caller: Promise<Caller | null>; known: Caller | null | undefined; until: number }

/** Who a key belongs to, from memory under its hash: the key itself is not kept. */
export function openCallers(db: Database, clock: Clock) {
  const kept = new Map<string, Known>()

  return function callerOf(key: string): Known {
    const name = hash('sha256', key, 'base64')
    const entry = kept.get(name)
    if (entry && entry.until > clock.monotonic()) return entry
    const caller = identify(db, key)
    const asked: Known = { caller, known: undefined, until: clock.monotonic() + FRESH_MS }
    caller.then(
      (found) => {
        asked.known = found
      },
      // The database did not answer: the next request asks again.
      () => kept.delete(name),
    )
    kept.delete(name)
    kept.set(name, asked)
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT_MAX) break
      kept.delete(oldest)
    }
    return asked
  }
}

/** Refuses with one and the same answer whatever is wrong: no key, a wrong one, a revoked one, a foreign page. */
export function requireCaller(callerOf: ReturnType<typeof openCallers>, demoKey: string | null) {
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    const key = keyIn(request, demoKey)
    const admit = (caller: Caller | null) => {
      if (!caller) {
        turnAway(reply)
        return
      }
      request.caller = caller
      done()
    }
    if (key === null) {
      admit(null)
      return
    }
    const entry = callerOf(key)
    if (entry.known) admit(entry.known)
    else entry.caller.then(admit, done)
  }
}

const turnAway = (reply: FastifyReply): FastifyReply =>
  refuse(reply.header('www-authenticate', 'Bearer realm="jaego"'), {
    kind: 'not-signed-in',
    detail: 'Send Authorization: Bearer jaego_… with a key of your company.',
  })

const BEARER = /^Bearer (jaego_[\w-]{1,200})$/i

function keyIn(request: FastifyRequest, demoKey: string | null): string | null {
  const { authorization, cookie } = request.headers
  if (authorization !== undefined) return BEARER.exec(authorization)?.[1] ?? null
  if (demoKey === null || cookie === undefined || !comesFromOurPage(request)) return null
  return cookieIn(cookie)
}

/** The browser sends the cookie by itself, so that what a foreign page makes it send must be told apart. */
function comesFromOurPage({ method, headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  if (method === 'GET' || method === 'HEAD') return true
  // Forms cannot send JSON, and a script of a foreign page has to ask first, which we never allow.
  if (!/^application\/json(?:\s*;|$)/i.test(headers['content-type'] ?? '')) return false
  return headers.origin === undefined || headers.origin === `http://${headers.host}`
}

function cookieIn(header: string): string | null {
  for (const part of header.split(';', 50)) {
    const [name, value] = part.trim().split('=', 2)
    if (name === COOKIE && value) return value
  }
  return null
}

/** Gives a page of ours the demo's key; nothing outside demo mode. Scripts cannot read it. */
export function demoCookie(reply: FastifyReply): FastifyReply {
  const { demoKey } = reply.server
  return demoKey === null
    ? reply
    : reply.header('set-cookie', `${COOKIE}=${demoKey}; Path=/; HttpOnly; SameSite=Strict`)
}
