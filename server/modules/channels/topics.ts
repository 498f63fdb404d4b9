import type { Topic } from '../../kernel/db.ts'

/** Variants were marked to be looked at. */
export const marked: Topic<null> = { topic: 'channels.marked' }
/** Lines wait for listings that are mapped. */
export const linesLeft: Topic<null> = { topic: 'channels.linesLeft' }
/** Write units became due. */
export const due: Topic<null> = { topic: 'channels.due' }
/** A marketplace says that something has happened: a collection became due. */
export const hinted: Topic<null> = { topic: 'channels.hinted' }
/** A collection asked for by hints follows the one before it no sooner: a rush tells of every order, twice. */
export const HINTS_APART_MS = 500
/** A connection was made or changed. */
export const connected: Topic<null> = { topic: 'channels.connected' }
