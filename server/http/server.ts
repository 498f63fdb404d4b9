import fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Log } from '../kernel/log.ts'
import type {} from './decorations.ts'
import { healthRoutes, type Ready } from './health.ts'
import { parseJsonBody } from './json-body.ts'
import { isOwnHost } from './loopback.ts'
import { idempotencyKey, type Once, openOnce } from './once.ts'
import { type DocumentedRoute, documented, openApiDocument } from './openapi.ts'
import type { ProblemKind } from './outcomes.ts'
import { answerFailures, problemOf, type Refusal, Refused, refuse } from './problem.ts'
import { moduleRoutes, type RouteDeps } from './routes.ts'
import { compileAnswers } from './serialisation.ts'
import { openCallers, requireCaller } from './sign-in.ts'
import { validateWithZod } from './validation.ts'

export type HttpDeps = RouteDeps & {
  log: Log
  ready: Ready
  /** Routes that belong to no module: screens, pages. Below /v1 they ask for a key unless their config says `open`. */
  plugins: readonly FastifyPluginAsync[]
  /** Demo mode: pages of ours carry this key as a cookie (demoCookie). */
  demoKey?: string
}

const BODY_MAX_BYTES = 1_048_576
/** A request that takes longer to arrive is given up. */
const REQUEST_MS = 30_000

/** The server, ready to listen (on loopback only: assertLoopback) or to be asked with `inject`. */
export async function openHttp(deps: HttpDeps): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_MS,
    return503OnClosing: false,
    genReqId: requestIds(deps.newId()),
    frameworkErrors: (error, request, reply) => {
      sayAlways(request as FastifyRequest, reply as FastifyReply)
      answerFailures(deps.log)(error, request as FastifyRequest, reply as FastifyReply)
    },
    clientErrorHandler: answerBadBytes,
    routerOptions: { maxParamLength: 500 },
  })
  decorate(app, deps)
  app.setValidatorCompiler(validateWithZod)
  app.setErrorHandler(answerFailures(deps.log))
  acceptOnlyJson(app)
  const routes = watchRoutes(app, requireCaller(openCallers(deps.db, deps.clock), deps.demoKey ?? null))
  app.addHook('onRequest', atTheDoor)
  app.setNotFoundHandler((request, reply) => answerUnknown(request, reply, routes))

  await app.register(healthRoutes(deps.ready))
  for (const plugin of [...moduleRoutes(deps), ...deps.plugins]) await app.register(plugin)
  let document: object | null = null
  app.get('/v1/openapi.json', { config: { open: true } }, async () => {
    document ??= openApiDocument(
      routes.flatMap((route) => route.documented),
      '0.1.0',
    )
    return document
  })
  await app.ready()
  return app
}

/** Unique over processes and restarts, and cheap: one id for the process and a count. */
function requestIds(processId: string): () => string {
  let count = 0
  return () => `${processId}-${(++count).toString(36)}`
}

function decorate(app: FastifyInstance, deps: HttpDeps): void {
  const once = openOnce(deps.db, deps.clock)
  app.decorate('demoKey', deps.demoKey ?? null)
  app.decorateRequest('caller', null as never)
  app.decorateReply('refuse', function (kind: ProblemKind, detail: string, more = {}) {
    return refuse(this, { kind, detail, ...more })
  })
  app.decorateReply('once', function (work: Once) {
    return once(this, work)
  })
  app.decorateReply('idempotencyKey', function () {
    return idempotencyKey(this)
  })
  app.decorateReply('refusal', (refusal: Refusal) => new Refused(refusal))
}

function acceptOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (!isPlainUtf8(request)) {
      return done(new Refused({ kind: 'not-json', detail: 'Send the body in UTF-8 and not compressed.' }))
    }
    const parsed = parseJsonBody(body as Buffer)
    if ('value' in parsed) return done(null, parsed.value)
    const { fault } = parsed
    const detail = `The body is wrong at ${fault.pointer || 'its top'}: ${fault.detail}.`
    done(new Refused({ kind: 'invalid-request', detail, errors: [fault] }))
  })
}

function isPlainUtf8({ headers }: FastifyRequest): boolean {
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') return false
  const type = headers['content-type']!
  return type.length === 16 || !/charset/i.test(type) || /charset\s*=\s*"?utf-8"?\s*(?:;|$)/i.test(type)
}

const CONTENT_SECURITY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** Every request passes here first: is it meant for us, and what every answer says. */
function atTheDoor(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
  sayAlways(request, reply)
  if (isOwnHost(request.headers.host)) done()
  else refuse(reply, { kind: 'wrong-host', detail: 'This server answers only for 127.0.0.1, localhost and [::1].' })
}

function sayAlways(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id)
  reply.header('content-security-policy', CONTENT_SECURITY)
  reply.header('x-content-type-options', 'nosniff')
  reply.header('referrer-policy', 'no-referrer')
}

type KnownRoute = { methods: readonly string[]; matches: RegExp; documented: DocumentedRoute[] }

/** Notes every route for the 405 and the document, asks for a key where one is needed, compiles its answers. */
function watchRoutes(app: FastifyInstance, askForKey: ReturnType<typeof requireCaller>): KnownRoute[] {
  const routes: KnownRoute[] = []
  app.addHook('onRoute', (route) => {
    routes.push({
      methods: [route.method].flat(),
      matches: new RegExp(`^${route.url.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:\w+/g, '[^/]+')}$`),
      documented: documented(route),
    })
    compileAnswers(route)
    if (!route.url.startsWith('/v1/') || route.config?.open) return
    route.onRequest = [askForKey, ...[route.onRequest ?? []].flat()]
  })
  return routes
}

function answerUnknown(request: FastifyRequest, reply: FastifyReply, routes: readonly KnownRoute[]) {
  const path = request.url.split('?', 1)[0]!
  const allowed = [...new Set(routes.filter((route) => route.matches.test(path)).flatMap((route) => route.methods))]
  if (allowed.length === 0) return reply.refuse('not-found', 'There is nothing at this address.')
  reply.header('allow', allowed.join(', '))
  return reply.refuse('method-not-allowed', `This address knows ${allowed.join(', ')}.`)
}

type Wire = { writable: boolean; end(text: string): void; destroy(error?: Error): void }

/** Bytes that are no HTTP never reach the routes; they are told so in the same shape. */
function answerBadBytes(error: NodeJS.ErrnoException, socket: Wire): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy(error)
    return
  }
  const body = JSON.stringify(problemOf({ kind: 'invalid-request', detail: 'This is not HTTP as we read it.' }, ''))
  socket.end(
    'HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nConnection: close\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
