import { pino } from 'pino'

/** Structured lines on stderr, so that stdout stays for answers. Credentials never reach it: they are cut out by name. */
export type Log = {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export function openLog(level: 'silent' | 'info' | 'warn' | 'error'): Log {
  return pino(
    {
      level,
      redact: { paths: ['credentials', '*.credentials', '*.authorization', 'headers', 'key'], censor: '[cut]' },
    },
    pino.destination({ fd: 2, sync: true }),
  )
}
