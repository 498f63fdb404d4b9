/**
 * The thin HTTP shell around a pretend marketplace: it owns the socket, the clock, the luck and the faults
 * of the network; everything a contract says is the machine's.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { AfterSaleDoors } from './after-sale.ts'
import { chance } from './chance.ts'
import { answerControl, CONTROL_PREFIX, type Shoppers, type WebhookDesk } from './control.ts'
import type { SimRequest, SimResponse } from './marketplace.ts'
import { type BuyAnswer, type Doors, type Faults, type Marketplace, NO_FAULTS, type Purchase } from './marketplace.ts'
import { letThemShop } from './shoppers.ts'
import { startSending, type WebhookPlan, type WebhookSender } from './webhook-sender.ts'

const LARGEST_BODY_BYTES = 4 * 1024 * 1024
const LONGEST_HANG_MS = 10 * 60_000 // no client waits longer; a lost request must not hold its socket for ever
const PORTS_TRIED = 50

export type SimulatorOptions = {
  /** 0, the default, is any free port. A taken port gives the next free one, at most 50 further on. */
  port?: number
  seed?: number
  /** How many ms of the marketplace's clock pass in one real ms. */
  timeScale?: number
  /** The object the machine was created with, so that both read the same faults. By default the machine's own. */
  faults?: Faults
}

export type RunningSimulator = {
  /** `http://127.0.0.1:<port>`, without a path. */
  url: string
  port: number
  /** Live; change it through setFaults or the control API. */
  faults: Faults
  setFaults(patch: Partial<Faults>): void
  /** The marketplace's own clock, epoch ms: scaled and skewed. */
  now(): number
  /** The doors with the marketplace's clock and luck filled in. */
  buy(purchase: Purchase): BuyAnswer
  cancel(lineKey: string, quantity: number | null): ReturnType<Doors['cancel']>
  afterSale: AfterSaleDoors
  edit(item: string, stock: number): boolean
  /** From now on webhooks go there and nowhere else; null: nowhere. Throws where the marketplace sends none. */
  sendWebhooks(plan: WebhookPlan | null): void
  /** Cuts every connection and frees the port. Safe to call twice. */
  close(): Promise<void>
}

/** Starts a marketplace on 127.0.0.1. Throws when no port can be had. */
export async function startSimulator(
  marketplace: Marketplace,
  options: SimulatorOptions = {},
): Promise<RunningSimulator> {
  const { port = 0, seed = 1, timeScale = 1 } = options
  const faults = options.faults ?? marketplace.faults ?? { ...NO_FAULTS }
  const startReal = Date.now()
  const now = () => Math.floor(startReal + (Date.now() - startReal) * timeScale + faults.clockSkewMs)
  const network = chance(seed, 'network')
  const machine = chance(seed, 'machine')
  const shopping = chance(seed, 'shopping')
  const setFaults = (patch: Partial<Faults>) => void Object.assign(faults, patch)

  const doors = {
    buy: (purchase: Purchase) => marketplace.doors.buy(purchase, now(), shopping),
    cancel: (lineKey: string, quantity: number | null) => marketplace.doors.cancel(lineKey, quantity, now()),
    afterSale: afterSaleOf(marketplace, now),
  }
  let shoppersInside: ReturnType<typeof letThemShop> | null = null
  const shoppers: Shoppers = {
    come({ items, ...plan }) {
      shoppersInside?.stop()
      shoppersInside = plan.perSecond > 0 ? letThemShop(plan, items, doors, timeScale) : null
    },
    tally: () => shoppersInside?.tally ?? NOBODY,
  }

  let sender: WebhookSender | null = null
  const webhooks: WebhookDesk = {
    send(plan) {
      if (!marketplace.webhooks) throw new Error(`${marketplace.name} sends no webhooks`)
      sender?.stop()
      const around = { faults, random: chance(seed, 'webhooks'), timeScale }
      sender = plan ? startSending(marketplace.webhooks, plan, around) : null
    },
    tally: () => sender?.tally() ?? null,
  }

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  server.keepAliveTimeout = 60_000 // longer than a poller's pause, or every poll races with our closing
  server.on('clientError', (_error, socket) => socket.destroy())

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = incoming.url ?? '/'
    const isControl = url.startsWith(CONTROL_PREFIX)
    if (!isControl && faults.outageUntil > now()) return void incoming.socket.destroy()

    const body = await readBody(incoming)
    if (body === 'cut_off') return
    if (body === 'too_long') return send(outgoing, { status: 413, headers: { connection: 'close' }, body: '' })
    const request = toRequest(incoming, url, body)
    if (isControl) {
      return send(
        outgoing,
        answerControl(request, {
          marketplace,
          faults,
          setFaults,
          now,
          random: shopping,
          timeScale,
          shoppers,
          webhooks,
        }),
      )
    }
    await throughTheNetwork(request, incoming, outgoing)
  }

  async function throughTheNetwork(request: SimRequest, incoming: IncomingMessage, outgoing: ServerResponse) {
    // Every call draws the same number of times, so that switching one fault on leaves the others' luck alone.
    const [least, most] = faults.latencyMs
    const latencyMs = least + network() * (most - least)
    const isLost = network() < faults.lostRequest
    const fails = network() < faults.serverError
    const isMuted = network() < faults.timeoutAfterCommit

    if (latencyMs > 0) await wait(latencyMs / 2)
    if (isLost) return hang(incoming)
    const answer = fails ? brokenDown(marketplace, now()) : act(marketplace, request, now(), machine)
    if (isMuted && !fails) return hang(incoming)
    if (latencyMs > 0) await wait(latencyMs / 2)
    send(outgoing, answer)
  }

  const taken = await listen(server, port)
  return {
    url: `http://127.0.0.1:${taken}`,
    port: taken,
    faults,
    setFaults,
    now,
    ...doors,
    edit: (item, stock) => marketplace.doors.edit(item, stock, now()),
    sendWebhooks: webhooks.send,
    close: () =>
      new Promise<void>((resolve) => {
        shoppersInside?.stop()
        sender?.stop()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const NOBODY = { sold: 0, soldOut: 0, cancels: 0, delivered: 0, returns: 0, exchanges: 0, takenBack: 0 }

function afterSaleOf({ doors, afterwards }: Marketplace, now: () => number): AfterSaleDoors {
  return {
    isSent: (lineKey) => afterwards?.isSent(lineKey) ?? false,
    deliver: (lineKey) => afterwards?.deliver?.(lineKey, now()) ?? false,
    exchange: (lineKey, quantity) => afterwards?.exchange?.(lineKey, quantity, now()) ?? false,
    takeBack: (lineKey) => afterwards?.takeBack?.(lineKey, now()) ?? false,
    bringBack: (lineKey) => afterwards?.bringBack?.(lineKey, now()) ?? false,
    sendBack: (lineKey, quantity) => doors.cancel(lineKey, quantity, now()).kind === 'requested',
  }
}

/** An error inside the machine is the marketplace's own 500: it must never take the process, and other tests, with it. */
function act(marketplace: Marketplace, request: SimRequest, now: number, random: () => number): SimResponse {
  try {
    return marketplace.handle(request, now, random)
  } catch (error) {
    console.error(`${marketplace.name}: ${request.method} ${request.path} threw`, error)
    return brokenDown(marketplace, now)
  }
}

function brokenDown(marketplace: Marketplace, now: number): SimResponse {
  return (
    marketplace.brokenDown?.(now) ?? {
      status: 500,
      headers: { 'content-type': 'application/json' },
      body: '{"code":"INTERNAL_SERVER_ERROR","message":"internal server error"}',
    }
  )
}

function hang(incoming: IncomingMessage): void {
  incoming.socket.setTimeout(LONGEST_HANG_MS, () => incoming.socket.destroy())
}

function readBody(incoming: IncomingMessage): Promise<Buffer | 'too_long' | 'cut_off'> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    let length = 0
    incoming.on('data', (part: Buffer) => {
      length += part.length
      if (length > LARGEST_BODY_BYTES) resolve('too_long')
      else parts.push(part)
    })
    incoming.on('end', () => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)))
    incoming.on('error', () => resolve('cut_off'))
    incoming.on('close', () => resolve('cut_off'))
  })
}

function toRequest(incoming: IncomingMessage, url: string, body: Uint8Array): SimRequest {
  const mark = url.indexOf('?')
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    headers,
    body,
  }
}

function send(outgoing: ServerResponse, answer: SimResponse): void {
  const bytes = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body
  outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': bytes.length })
  outgoing.end(bytes)
}

async function listen(server: ReturnType<typeof createServer>, wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + PORTS_TRIED; port++) {
    const outcome = await new Promise<'listening' | NodeJS.ErrnoException>((resolve) => {
      server.once('error', resolve)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', resolve)
        resolve('listening')
      })
    })
    if (outcome === 'listening') {
      server.on('error', (error) => console.error('simulator', error)) // out of sockets: refuse that one, live on
      return (server.address() as AddressInfo).port
    }
    if (outcome.code !== 'EADDRINUSE') throw outcome
  }
  throw new Error(`no free port from ${wanted} to ${wanted + PORTS_TRIED - 1}`)
}
