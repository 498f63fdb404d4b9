import type { Clock } from '../../kernel/clock.ts'
import type { Database } from '../../kernel/db.ts'
import type { HttpPort } from '../../kernel/http-port.ts'
import type { Log } from '../../kernel/log.ts'
import type { Random } from '../../kernel/random.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import type { OrderNumbers } from '../orders/index.ts'
import type { OpenAdapter } from './adapter.ts'

/** What the channel loops are given by compose.ts. */
export type ChannelDeps = {
  db: Database
  clock: Clock
  random: Random
  log: Log
  http: HttpPort
  secrets: Secrets
  numbers: OrderNumbers
  /** By channel name. */
  marketplaces: Readonly<Record<string, OpenAdapter>>
  /** Ms between two collections of a connection whose settings do not say. */
  pollMs: number
  /** A write unit that was just pushed rests this long, unless it goes to zero: sales of a rush share one push. */
  restMs: number
}
