import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { openTestDatabase } from '../../test/database.ts'
import { BadSetting, type Config } from '../kernel/config.ts'
import { serve } from './serve.ts'

/** The last there is, so that none is free behind it. */
const PORT = 65_535

test('a server that finds no free port says so and leaves nothing open', async () => {
  const database = await openTestDatabase()
  const taken = createServer().listen(PORT, '127.0.0.1')
  // Somebody else may have it: then it is taken all the same.
  await Promise.race([once(taken, 'listening'), once(taken, 'error').catch(() => {})]).catch(() => {})
  const config: Config = {
    ...{ dataDir: '', databaseUrl: database.url, listenUrl: null, host: '127.0.0.1', port: PORT, logLevel: 'silent' },
    secretKey: new Uint8Array(32),
  }
  try {
    const refused = await serve(config, new AbortController().signal, () => {}).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(BadSetting)
    expect(refused).toMatchObject({ message: expect.stringContaining('JAEGO_PORT') })
  } finally {
    taken.close()
    // Throws when a connection to it was left open.
    await database.close()
  }
})
