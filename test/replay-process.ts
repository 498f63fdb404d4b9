import { replay } from '../server/commands/replay.ts'
import { realClock } from '../server/kernel/clock.ts'
import { openDatabase } from '../server/kernel/db.ts'
import { idsFrom } from '../server/kernel/ids.ts'
import { realRandom } from '../server/kernel/random.ts'

/** A replay in a process of its own that says how far it is, so that a test can kill it: `url file opening`. */
const [url, file, opening] = process.argv.slice(2) as [string, string, string]
const newId = idsFrom(realClock, realRandom)
const db = openDatabase({ url, newId, connections: 2 })
const progress = (done: number, _total: number, label: string) => {
  if (label === 'invoices') console.log(done)
}
await replay({ url, db, newId, clock: realClock, progress }, { file, opening: Number(opening) })
await db.close()
