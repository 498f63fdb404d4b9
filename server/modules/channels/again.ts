import { type Database, lostARace, type Tx } from '../../kernel/db.ts'

/** Races lost in a row before it is an error: each time somebody else got on. */
const RACES_MAX = 6

/**
 * A transaction of one company that is done again when somebody else won: the same order recorded by another worker
 * (unique key), or rows locked crosswise. `work` reads anew each time, so it sees what the winner wrote.
 */
export async function transaction<T>(db: Database, company: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let race = 1; ; race++) {
    try {
      return await db.transaction([company], work)
    } catch (error) {
      if (!lostARace(error) || race >= RACES_MAX) throw error
    }
  }
}

/**
 * What a decision rested on was changed by somebody before we held its lock: decide again. It bears PostgreSQL's code
 * for that, so that whoever repeats transactions repeats this one.
 */
export class ChangedMeanwhile extends Error {
  readonly code = '40001'
  constructor(what = 'a listing was mapped to something else meanwhile') {
    super(what)
    this.name = 'ChangedMeanwhile'
  }
}
