import type { Log } from '../server/kernel/log.ts'

/** A log that keeps every line whole, nothing cut out: what must not be logged must not be handed to a log either. */
export function openLogBook(): { log: Log; lines: readonly string[] } {
  const lines: string[] = []
  const write = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields, withErrors)}`)
    if (process.env.STORY_LOG === 'on' && level !== 'info') console.error(lines.at(-1))
  }
  return { lines, log: { info: write('info'), warn: write('warn'), error: write('error') } }
}

/** An error's own words are in no enumerable field. */
function withErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const { name, message, stack, cause } = value
  return { ...value, name, message, stack, cause }
}
