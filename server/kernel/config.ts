import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Random } from './random.ts'

/** A setting nobody can run with: told in one line that names it. */
export class BadSetting extends Error {}

/** Settings from the environment: the only place that reads it. */
export type Config = {
  /** Where the embedded PostgreSQL and the made key live. */
  dataDir: string
  /** Null: the embedded PostgreSQL. */
  databaseUrl: string | null
  /** For LISTEN where databaseUrl is a pooler that cannot. */
  listenUrl: string | null
  host: string
  port: number
  logLevel: 'silent' | 'info' | 'warn' | 'error'
  /** 32 bytes that seal channel credentials. */
  secretKey: Uint8Array
}

/** Throws BadSetting, which names the variable at fault. */
export function readConfig(random: Random): Config {
  const env = process.env
  const dataDir = resolve(env.JAEGO_DATA ?? '.jaego')
  return {
    dataDir,
    databaseUrl: env.DATABASE_URL ?? null,
    listenUrl: env.DATABASE_LISTEN_URL ?? null,
    host: env.JAEGO_HOST ?? '127.0.0.1',
    port: portOf(env.JAEGO_PORT ?? '4010'),
    logLevel: logLevelOf(env.JAEGO_LOG ?? 'warn'),
    secretKey: secretKey(env.JAEGO_SECRET_KEY, dataDir, random),
  }
}

function portOf(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new BadSetting(`JAEGO_PORT must be a port, not "${text}"`)
  return port
}

const LOG_LEVELS = ['silent', 'info', 'warn', 'error'] as const

function logLevelOf(text: string): Config['logLevel'] {
  const level = LOG_LEVELS.find((known) => known === text)
  if (!level) throw new BadSetting(`JAEGO_LOG must be one of ${LOG_LEVELS.join(', ')}, not "${text}"`)
  return level
}

/** From JAEGO_SECRET_KEY (64 hex digits), else made once and kept beside the data, readable by its owner alone. */
function secretKey(given: string | undefined, dataDir: string, random: Random): Uint8Array {
  const path = join(dataDir, 'secret-key')
  const text = given ?? (existsSync(path) ? readFileSync(path, 'utf8').trim() : null)
  if (text !== null) {
    if (!/^[0-9a-f]{64}$/i.test(text))
      throw new BadSetting(`${given ? 'JAEGO_SECRET_KEY' : path} must be 64 hex digits`)
    return Buffer.from(text, 'hex')
  }
  const made = random.fill(new Uint8Array(32))
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(path, Buffer.from(made).toString('hex'), { mode: 0o600, flag: 'wx' })
  return made
}

/** The environment for a process of ours: this one's, with `more` on top. */
export const childEnvironment = (more: Record<string, string>): NodeJS.ProcessEnv => ({ ...process.env, ...more })
