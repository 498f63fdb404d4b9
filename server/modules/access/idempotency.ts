import type { Tx } from '../../kernel/db.ts'
import * as sql from './queries.ts'

/** An answer given before, under the same key, to the same actor on the same route. */
export type Remembered = { bodyHash: Buffer; status: number; answer: unknown }
export type AnswerKey = { company: string; actor: string; route: string; key: string }

/** The answer of the last 15 days under this key, or null. */
export const rememberedAnswer = (tx: Tx, key: AnswerKey): Promise<Remembered | null> => sql.findAnswer(tx, key)

/** Keeps the answer in the transaction of its effect. A twin that was faster fails this one with a unique violation. */
export const rememberAnswer = (tx: Tx, key: AnswerKey, remembered: Remembered): void =>
  sql.insertAnswer(tx, key, remembered)
