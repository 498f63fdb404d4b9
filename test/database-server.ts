import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { migrate } from '../server/kernel/migrate.ts'
import { startEmbedded, stopEmbedded } from '../server/kernel/postgres/embedded.ts'
import { onServer, withDatabase } from './database.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A superuser's URL, and the name of the migrated database to clone. */
    testDatabase: { serverUrl: string; template: string }
  }
}

/**
 * One PostgreSQL for a test run, fsync on, gone at its end; or the server that TEST_DATABASE_URL names (a role that
 * may create databases and roles), where only our own databases are made and dropped.
 */
export default async function startDatabaseServer(project: TestProject): Promise<() => Promise<void>> {
  const server = await (process.env.TEST_DATABASE_URL ? external(process.env.TEST_DATABASE_URL) : ours())
  const template = `jaego_test_${process.pid}_${project.name}`
  await onServer(server.url, async (client) => {
    await client.query(`drop database if exists ${template} with (force)`)
    await client.query(`create database ${template}`)
  })
  await migrate(withDatabase(server.url, template))
  project.provide('testDatabase', { serverUrl: server.url, template })

  return async () => {
    await onServer(server.url, (client) => client.query(`drop database ${template} with (force)`))
    await server.stop()
  }
}

type Server = { url: string; stop(): Promise<void> }

async function external(url: string): Promise<Server> {
  return { url, stop: async () => {} }
}

const FOLDER = /^jaego-test-(\d+)-/

async function ours(): Promise<Server> {
  await clearKilledRuns()
  const dataDir = mkdtempSync(join(tmpdir(), `jaego-test-${process.pid}-`))
  const said: string[] = []
  const embedded = await startEmbedded({ dataDir, log: (line) => said.push(line) })
  return {
    url: embedded.url,
    stop: async () => {
      await embedded.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** A run that was killed leaves its server running: the next one ends it. */
async function clearKilledRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(FOLDER.exec(name)?.[1] ?? 0)
    if (pid === 0 || isRunning(pid)) continue
    const dataDir = join(tmpdir(), name)
    // Another account's leftovers are not ours to touch, and no reason to fail.
    await stopEmbedded(dataDir).then(
      () => rmSync(dataDir, { recursive: true, force: true }),
      () => {},
    )
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
