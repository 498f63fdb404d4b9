import type { Clock } from '../kernel/clock.ts'
import type { Database, Subscriber } from '../kernel/db.ts'
import type { NewId } from '../kernel/ids.ts'

/** What a command works with; main.ts opens it and closes it again. */
export type CommandContext = {
  url: string
  db: Database
  newId: NewId
  /** What follows from changed stock: the same hooks that `db` has, for a lane of the command's own. */
  subscribers?: readonly Subscriber[]
  clock: Clock
  /** For people, on stderr. `total` is 0 while nobody knows it. */
  progress(done: number, total: number, label: string): void
}

/** What the caller gave cannot be used: told with its place, exit code 2, and nothing has been written. */
export class BadInput extends Error {
  readonly file: string | null
  /** Line of the file, the header being 1. */
  readonly row: number | null
  readonly field: string | null

  constructor(message: string, at: { file?: string; row?: number; field?: string } = {}) {
    const place = [at.file, at.row === undefined ? null : `row ${at.row}`, at.field].filter(Boolean).join(', ')
    super(place === '' ? message : `${place}: ${message}`)
    this.name = 'BadInput'
    this.file = at.file ?? null
    this.row = at.row ?? null
    this.field = at.field ?? null
  }
}

/** Somebody ended a command before it was done: what it had begun is closed, and it answers nothing. */
export class Interrupted extends Error {}

/** `work`, or Interrupted as soon as `signal` aborts; what `work` still does then is nobody's any more. */
export async function unlessInterrupted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  if (signal.aborted) throw new Interrupted('interrupted')
  const { promise, reject } = Promise.withResolvers<never>()
  const interrupt = () => reject(new Interrupted('interrupted'))
  signal.addEventListener('abort', interrupt)
  try {
    return await Promise.race([promise, work()])
  } finally {
    signal.removeEventListener('abort', interrupt)
  }
}
