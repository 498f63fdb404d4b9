import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { z } from 'zod'
import {
  type Board,
  boardEvents,
  board as boardShape,
  breakIt,
  breakItAnswer,
  buyAtOnce,
  buyAtOnceAnswer,
  explanation,
} from '../../contract/board.ts'
import { type Problem, problem } from '../../contract/problem.ts'
import { COUPANG, explanationOf, fixtureBoard, NAVER } from './fixture-board.ts'
import { type FixtureChannels, fixtureChannels } from './fixture-channels.ts'

/** Stands in for the server under the board's own contract: everything it sends is checked against it first. */
export type Fixture = {
  url: string
  board: Board
  channels: FixtureChannels
  /** Sends an event to every open stream and keeps it for those who come back. */
  send<K extends keyof typeof boardEvents>(event: K, data: z.input<(typeof boardEvents)[K]>): void
  /** Cuts every stream; while `down` is true, new ones are refused. */
  cut(down: boolean): void
  /** Forgets what was sent, as a server that was started anew: who comes back is told to read the board again. */
  forget(): void
  /** The next answer of GET /v1/board is this problem. */
  failBoardOnce(with_: Problem): void
  /** `Last-Event-ID` of every stream opened so far; null for a first one. */
  asked: (string | null)[]
  snapshots(): number
  openStreams(): number
  close(): Promise<void>
}

/** What the real server is expected to send: everything from here, no inline scripts. Styles are set by the component library. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

const HEARTBEAT_MS = 2_000
const MOST_KEPT = 1_000

export async function startFixture(dist: string, port = 0): Promise<Fixture> {
  const kept: { id: number; text: string }[] = []
  const streams = new Set<ServerResponse>()
  const asked: (string | null)[] = []
  let newest = 0
  let oldest = 0
  let down = false
  let snapshots = 0
  let failure: Problem | null = null
  const state = { board: fixtureBoard(new Date()) }
  const channels = fixtureChannels(new Date(), state.board.variants)

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      console.error(error)
      response.writeHead(500).end()
    })
  })

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fixture')
    if (url.pathname === '/v1/board/events') return events(request, response)
    if (url.pathname === '/v1/board') {
      snapshots += 1
      if (failure !== null) {
        const told = failure
        failure = null
        return json(response, told.status, problem.parse(told))
      }
      return json(response, 200, boardShape.parse({ ...state.board, at: new Date().toISOString() }))
    }
    if (url.pathname.startsWith('/v1/explain/')) return explained(url, response)
    if (url.pathname === '/v1/demo/buy-at-once') {
      buyAtOnce.parse(JSON.parse(await body(request)))
      return json(
        response,
        200,
        buyAtOnceAnswer.parse({
          sku: state.board.variants[2]!.sku,
          attempts: [
            { channel: 'naver', connectionId: NAVER, outcome: 'sold' },
            { channel: 'coupang', connectionId: COUPANG, outcome: 'sold_out' },
          ],
          soldUnits: 1,
          availableBefore: 1,
        }),
      )
    }
    if (url.pathname === '/v1/demo/break') {
      const { what } = breakIt.parse(JSON.parse(await body(request)))
      const until = what === 'cut_coupang' ? new Date(Date.now() + 30_000).toISOString() : null
      return json(response, 200, breakItAnswer.parse({ what, until }))
    }
    const answer = await channels.answer(request, url, () => body(request))
    if (answer !== null) return json(response, answer.status, answer.body)
    return asset(url.pathname, response)
  }

  function events(request: IncomingMessage, response: ServerResponse): void {
    const last = request.headers['last-event-id']
    if (down) {
      response.writeHead(503).end()
      return
    }
    asked.push(typeof last === 'string' ? last : null)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(': open\n\n')
    if (typeof last === 'string') {
      if (Number(last) < oldest || Number(last) > newest) response.write(`id: ${newest}\nevent: reset\ndata: {}\n\n`)
      else for (const { id, text } of kept) if (id > Number(last)) response.write(text)
    }
    streams.add(response)
    response.on('close', () => streams.delete(response))
  }

  function explained(url: URL, response: ServerResponse): void {
    const sku = decodeURIComponent(url.pathname.slice('/v1/explain/'.length))
    const at = url.searchParams.get('at')
    const answer = explanationOf(state.board, sku, at === null ? new Date() : new Date(at))
    if (answer !== null) {
      json(response, 200, explanation.parse(answer))
      return
    }
    json(response, 404, {
      type: 'unknown-sku',
      title: '그런 SKU가 없습니다',
      status: 404,
      detail: `${sku}는 이 회사의 상품이 아닙니다.`,
      retryable: false,
      requestId: 'req-fixture-404',
    } satisfies Problem)
  }

  async function asset(path: string, response: ServerResponse): Promise<void> {
    const file = join(dist, normalize(path === '/' ? '/index.html' : path))
    const content = file.startsWith(dist) ? await readFile(file).catch(() => null) : null
    if (content === null) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    })
    response.end(content)
  }

  const heartbeat = setInterval(() => {
    for (const stream of streams) stream.write(': beat\n\n')
  }, HEARTBEAT_MS)

  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    channels,
    get board() {
      return state.board
    },
    set board(board: Board) {
      state.board = board
    },
    send: (event, data) => {
      const checked = boardEvents[event].parse(data)
      newest += 1
      const text = `id: ${newest}\nevent: ${event}\ndata: ${JSON.stringify(checked)}\n\n`
      kept.push({ id: newest, text })
      if (kept.length > MOST_KEPT) oldest = kept.shift()!.id
      for (const stream of streams) stream.write(text)
    },
    cut: (stayDown) => {
      down = stayDown
      for (const stream of streams) stream.destroy()
    },
    forget: () => {
      kept.length = 0
      newest += 1_000
      oldest = newest
    },
    failBoardOnce: (with_) => {
      failure = with_
    },
    asked,
    snapshots: () => snapshots,
    openStreams: () => streams.size,
    close: async () => {
      clearInterval(heartbeat)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function json(response: ServerResponse, status: number, value: unknown): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(JSON.stringify(value))
}

async function body(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
