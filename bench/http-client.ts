import { connect, type Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

/**
 * A closed loop over keep-alive connections, in a thread of its own: each connection sends the next order when the
 * answer to the last has come. As little client as possible, since it shares two cores with what is measured.
 */
export type Round = {
  port: number
  path: string
  connections: number
  ms: number
  head: string
  /** The body in three parts; between them come the order's own name and a SKU's number, which are made here. */
  body: readonly [string, string, string]
  /** 1: every order wants the same SKU. */
  skus: number
  keyed: boolean
  name: string
}
export type Measured = { answers: number; seconds: number; took: number[]; others: Record<string, number> }

const END_OF_HEAD = Buffer.from('\r\n\r\n')

function run(round: Round): Promise<Measured> {
  const took: number[] = []
  const others: Record<string, number> = {}
  let made = 0
  const started = performance.now()
  const end = started + round.ms

  const request = (): string => {
    const name = `${round.name}-${++made}`
    const [first, second, third] = round.body
    // A step that is prime to any number of SKUs we use, so that neighbours in time are no neighbours on the shelf.
    const body = `${first}${name}${second}${(made * 7_919) % round.skus}${third}`
    const key = round.keyed ? `Idempotency-Key: ${name}\r\n` : ''
    return `POST ${round.path} HTTP/1.1\r\n${round.head}${key}Content-Length: ${body.length}\r\n\r\n${body}`
  }

  const drive = (socket: Socket, resolve: () => void, reject: (error: Error) => void) => {
    let sent = 0
    let rest: Buffer = Buffer.alloc(0)
    const next = () => {
      sent = performance.now()
      socket.write(request(), 'latin1')
    }
    socket.setNoDelay(true)
    socket.on('connect', next)
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const head = rest.indexOf(END_OF_HEAD)
      if (head < 0) return
      const text = rest.toString('latin1', 0, head)
      const length = Number(/content-length: (\d+)/i.exec(text)![1])
      if (rest.length < head + 4 + length) return
      const status = text.slice(9, 12)
      if (status !== '201') others[status] = (others[status] ?? 0) + 1
      rest = Buffer.alloc(0)
      const now = performance.now()
      took.push(now - sent)
      if (now < end) return next()
      socket.end()
      resolve()
    })
  }

  return Promise.all(
    Array.from(
      { length: round.connections },
      () => new Promise<void>((resolve, reject) => drive(connect(round.port, '127.0.0.1'), resolve, reject)),
    ),
  ).then(() => ({ answers: took.length, seconds: (performance.now() - started) / 1_000, took, others }))
}

parentPort?.postMessage(await run(workerData as Round))
