import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import type { Database } from '../kernel/db.ts'
import type { BoardEvent, BoardFeed } from './board-feed.ts'
import { boardRoutes } from './board-http.ts'

/** 64 MB in all: more than any line between the two ends holds. */
const EVENTS = 1_000
const event: BoardEvent = { id: 1, event: 'totals', data: 'x'.repeat(65_536) }

test('who listens to the board and does not read is cut off, and may come again', async () => {
  const watching = Promise.withResolvers<(event: BoardEvent) => void>()
  let isWatched = true
  const feed: BoardFeed = {
    watch(_company, _lastId, send) {
      watching.resolve(send)
      return () => {
        isWatched = false
      }
    },
    close: () => {},
  }
  const app = fastify()
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => JSON.stringify)
  app.decorateRequest('caller', null as never)
  app.addHook('onRequest', async (request) => {
    request.caller = { company: 'c', actor: 'test' }
  })
  await app.register(boardRoutes({ db: {} as Database, feed, demo: null }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const deaf = connect((app.server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
  await once(deaf, 'connect')
  deaf.pause()
  deaf.write('GET /v1/board/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  const send = await watching.promise
  for (let sent = 0; sent < EVENTS && isWatched; sent++) {
    // One look may bring several at once.
    for (let more = 0; more < 3; more++) send(event)
    await turn()
  }
  expect(isWatched).toBe(false)
  deaf.destroy()
  app.server.closeAllConnections()
  await app.close()
})
