import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { openTestDatabase } from '../../test/database.ts'
import { realClock } from './clock.ts'
import { openLog } from './log.ts'
import { openWake } from './wake.ts'

/** Between us and PostgreSQL: whoever comes after the first waits to be let through. */
async function openGate(databaseUrl: string) {
  const { hostname, port } = new URL(databaseUrl)
  const came: Socket[] = []
  const second = Promise.withResolvers<void>()
  const letThrough = (socket: Socket) => {
    const upstream = connect(Number(port), hostname)
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      one.pipe(other)
      one.on('close', () => other.destroy()).on('error', () => {})
    }
  }
  const server = createServer((socket) => {
    if (came.push(socket) === 1) letThrough(socket)
    else second.resolve()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return { url: url.href, came, secondCame: second.promise, letThrough, server }
}

test('what is closed while it reconnects keeps no connection', async () => {
  const database = await openTestDatabase()
  const gate = await openGate(database.url)
  const wake = await openWake(gate.url, realClock, openLog('silent'))
  gate.came[0]!.destroy()
  await gate.secondCame
  await wake.close()
  const [, reconnecting] = gate.came
  gate.letThrough(reconnecting!)
  await once(reconnecting!, 'close')
  expect(gate.came).toHaveLength(2)
  gate.server.close()
  await database.close()
}, 10_000)

test('a connection that falls silent is given up in time, and what it was to tell is told over another', async () => {
  const database = await openTestDatabase()
  const gate = await openGate(database.url)
  const [wake, other] = [
    await openWake(gate.url, realClock, openLog('silent'), 500),
    await openWake(database.url, realClock, openLog('silent')),
  ]
  const heard = Promise.withResolvers<void>()
  other.on(['orders'], heard.resolve)
  const [first] = gate.came
  first!.unpipe().resume()
  wake.nudge(['orders'])
  await gate.secondCame
  gate.letThrough(gate.came[1]!)
  await heard.promise
  await wake.close()
  await other.close()
  gate.server.close()
  await database.close()
}, 10_000)
