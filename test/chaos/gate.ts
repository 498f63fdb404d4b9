import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A call on its way to a marketplace, as it came. */
export type Call = { method: string; path: string; body: string }

/** What the marketplace has had of a call whose answer never comes: nothing, all of it, or all of it once delivered. */
export type Moment = 'before' | 'after' | 'late'

export type Held = {
  /** The call is there, and with 'after' the marketplace has acted on it. */
  reached: Promise<void>
  /** Lets a late call go on to the marketplace. Nothing where it has not come. */
  deliver(): Promise<void>
  /** No call is held for this any more that has not come yet. */
  forget(): void
}

/** Stands before a marketplace and passes everything on, byte for byte, but for what it is told to hold. */
export type Gate = {
  url: string
  /** Every call that came, held or not. */
  calls: readonly Call[]
  /** Of the next call that matches, and no further one, the answer never comes. */
  hold(matches: (call: Call) => boolean, moment: Moment): Held
  close(): Promise<void>
}

type Order = {
  matches: (call: Call) => boolean
  moment: Moment
  reached: () => void
  pass: (() => Promise<unknown>) | null
}

export async function openGate(marketplaceUrl: string): Promise<Gate> {
  const agent = new Agent({ keepAlive: true })
  const calls: Call[] = []
  const waiting = new Set<Order>()

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  // Longer than a poller's pause, as the simulators have it.
  server.keepAliveTimeout = 60_000

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await bytesOf(incoming)
    const call = { method: incoming.method ?? '', path: incoming.url ?? '/', body: body.toString('utf8') }
    const pass = () => passOn(marketplaceUrl, agent, incoming, body)
    calls.push(call)
    const order = [...waiting].find(({ matches }) => matches(call))
    if (!order) {
      const { answer, bytes } = await pass()
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      outgoing.end(bytes)
      return
    }
    waiting.delete(order)
    order.pass = pass
    if (order.moment === 'after') await pass()
    order.reached()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    hold(matches, moment) {
      const { promise: reached, resolve } = Promise.withResolvers<void>()
      const order: Order = { matches, moment, reached: resolve, pass: null }
      waiting.add(order)
      return {
        reached,
        deliver: async () => void (moment === 'late' && (await order.pass?.())),
        forget: () => void waiting.delete(order),
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        agent.destroy()
      }),
  }
}

function passOn(
  to: string,
  agent: Agent,
  { method, url, rawHeaders }: IncomingMessage,
  body: Buffer,
): Promise<{ answer: IncomingMessage; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const onward = request(new URL(to), { method, path: url, headers: rawHeaders, agent }, (answer) => {
      bytesOf(answer).then((bytes) => resolve({ answer, bytes }), reject)
    })
    onward.on('error', reject)
    onward.end(body)
  })
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
