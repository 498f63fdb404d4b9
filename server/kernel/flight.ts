import { createRequire } from 'node:module'
import type { Writable } from 'node:stream'
import pg from 'pg'

/**
 * Statements that travel to PostgreSQL together and share one Sync.
 *
 * The driver's own pipeline sends a Sync after every statement, and at each PostgreSQL writes to the socket and we wake
 * up to read: of the 0.86 ms of processor time that a lone order cost, 0.3 ms went there. With one Sync a statement that
 * fails also keeps those behind it from running, COMMIT included.
 */
export type Asked = {
  /** Prepared once per connection under its name; without a name it is parsed each time. */
  name: string | null
  text: string
  values: readonly unknown[]
  resolve(answer: Answer): void
  reject(error: unknown): void
}

export type Answer = { rows: Record<string, unknown>[]; command: string }

/** One flight at a time leaves a connection; what is asked in the same turn of the event loop joins it. */
export type Departures = {
  ask(asked: Asked): void
  /** What was asked leaves now instead of at the end of this turn. */
  depart(): void
}

export function openDepartures(client: pg.ClientBase): Departures {
  let boarding: Flight | null = null
  const depart = () => {
    boarding?.depart()
    boarding = null
  }
  return {
    ask(asked) {
      if (boarding === null) {
        const flight = new Flight()
        boarding = flight
        client.query(flight as unknown as pg.Submittable)
        // After every promise that is settled already: a verb's last writes and its COMMIT leave as one.
        process.nextTick(() => {
          if (boarding === flight) depart()
        })
      }
      boarding.board(asked)
    },
    depart,
  }
}

type Connection = {
  stream: Writable
  parsedStatements: Record<string, string>
  parse(message: { name: string; text: string; types?: undefined }): void
  bind(message: { statement: string; values: readonly unknown[]; valueMapper: (value: unknown) => unknown }): void
  describe(message: { type: 'P'; name: '' }): void
  execute(message: Record<string, never>): void
  close(message: { type: 'S'; name: string }): void
  sync(): void
}

type Field = { name: string; dataTypeID: number }
type Column = { name: string; parse: (text: string) => unknown }
type Boarded = Asked & { columns: readonly Column[] | null; rows: Record<string, unknown>[]; unreadable: unknown }

/** The columns a prepared statement answers with, by connection: asked for once, they do not change. */
const columnsOf = new WeakMap<object, Map<string, readonly Column[]>>()

/** More than this waits no longer for the rest: PostgreSQL works on it while we write on. */
const LEAVES_AT_BYTES = 8_192

const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils.js') as { prepareValue(value: unknown): unknown }

/** In an aborted transaction PostgreSQL answers this to whatever follows; of one flight it does not even look at it. */
class NeverRan extends Error {
  readonly code = '25P02'
}

/** What the driver lets send messages of its own making has to be its kind of query. */
class Flight extends (pg.Query as unknown as new (config: {
  text: string
}) => { callback: (error: Error | null) => void }) {
  private connection: Connection | null = null
  private readonly early: Asked[] = []
  private readonly boarded: Boarded[] = []
  private landed = 0
  private failed = false
  private departed = false

  constructor() {
    super({ text: '' })
    this.callback = () => {}
  }

  /** The driver calls it once, as soon as the connection can be written to. */
  submit(connection: Connection): null {
    this.connection = connection
    connection.stream.cork()
    for (const asked of this.early.splice(0)) this.board(asked)
    if (this.departed) this.leave(connection)
    return null
  }

  board(asked: Asked): void {
    if (this.failed) asked.reject(new NeverRan('a statement before it failed'))
    else if (this.connection === null) this.early.push(asked)
    else this.write(this.connection, asked)
  }

  depart(): void {
    this.departed = true
    if (this.connection !== null) this.leave(this.connection)
  }

  private leave(connection: Connection): void {
    connection.sync()
    connection.stream.uncork()
  }

  private write(connection: Connection, asked: Asked): void {
    const { name, text, values } = asked
    const known = name === null ? undefined : described(connection).get(name)
    const columns = known ?? null
    if (name === null || connection.parsedStatements[name] === undefined) {
      // One of that name may be left of a flight that failed between parsing and running it.
      if (name !== null) connection.close({ type: 'S', name })
      connection.parse({ name: name ?? '', text })
    }
    try {
      connection.bind({ statement: name ?? '', values, valueMapper: prepareValue })
    } catch (error) {
      asked.reject(error)
      this.failed = true
      return
    }
    if (columns === null) connection.describe({ type: 'P', name: '' })
    connection.execute({})
    this.boarded.push({ ...asked, columns, rows: [], unreadable: null })
    if (connection.stream.writableLength > LEAVES_AT_BYTES) {
      connection.stream.uncork()
      connection.stream.cork()
    }
  }

  handleRowDescription({ fields }: { fields: readonly Field[] }): void {
    this.boarded[this.landed]!.columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: pg.types.getTypeParser(dataTypeID, 'text'),
    }))
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const asked = this.boarded[this.landed]!
    try {
      asked.rows.push(rowOf(asked.columns!, fields))
    } catch (error) {
      asked.unreadable = error
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    const asked = this.boarded[this.landed++]!
    const { name, columns, rows } = asked
    if (name !== null && this.connection!.parsedStatements[name] === undefined) {
      this.connection!.parsedStatements[name] = asked.text
    }
    if (name !== null) described(this.connection!).set(name, columns ?? NO_COLUMNS)
    const space = text.indexOf(' ')
    if (asked.unreadable !== null) asked.reject(asked.unreadable)
    else asked.resolve({ rows, command: space < 0 ? text : text.slice(0, space) })
  }

  /** Of the server about the statement it is at, which ends the flight; or of the connection about all that is left. */
  handleError(error: Error): void {
    this.failed = true
    const isServers = 'severity' in error
    const left = [...this.boarded.slice(this.landed), ...this.early.splice(0)]
    this.landed = this.boarded.length
    left.forEach((asked, i) => {
      asked.reject(isServers && i > 0 ? new NeverRan('a statement before it failed', { cause: error }) : error)
    })
    this.callback(null)
  }

  handleReadyForQuery(): void {
    this.callback(null)
  }
}

function rowOf(columns: readonly Column[], fields: readonly (string | null)[]): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  for (let i = 0; i < fields.length; i++) {
    const text = fields[i]!
    row[columns[i]!.name] = text === null ? null : columns[i]!.parse(text)
  }
  return row
}

const NO_COLUMNS: readonly Column[] = []

function described(connection: Connection): Map<string, readonly Column[]> {
  const known = columnsOf.get(connection)
  if (known) return known
  const made = new Map<string, readonly Column[]>()
  columnsOf.set(connection, made)
  return made
}
