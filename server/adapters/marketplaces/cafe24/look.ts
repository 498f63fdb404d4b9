import type { ActionResult } from '../../../modules/channels/adapter.ts'
import type { Ask } from './call.ts'
import { emptyListed, readByIds } from './feed.ts'
import { type Line, rowsByLine } from './line-rows.ts'
import type { OrderRow } from './rows.ts'

/** An order and one of its lines, as they stand just before we act on them. */
export type Standing = { order: OrderRow; line: Line }

/** `20261120-0000031-01` is a line of order `20261120-0000031`. What is no such key is looked up as it is, and not found. */
export function orderIdOf(lineKey: string): string {
  return /^(\d{8}-\d{1,12})-\d{1,6}$/.exec(lineKey)?.[1] ?? lineKey
}

/**
 * Reads the orders of these lines before anything is done to them: the answers to our actions do not tell "it is so
 * already" from "it cannot be", and one that cannot be may keep all others of its call from being done.
 */
export async function lookAt(ask: Ask, lineKeys: readonly string[]): Promise<Map<string, Standing>> {
  const listed = emptyListed()
  await readByIds(ask, [...new Set(lineKeys.map(orderIdOf))], listed)
  const standing = new Map<string, Standing>()
  for (const { order } of listed.orders.values()) {
    for (const line of rowsByLine(order)) standing.set(line.lineKey, { order, line })
  }
  return standing
}

export const done = (key: string): ActionResult => ({ key, outcome: 'done', code: null, message: null })

export const already = (key: string): ActionResult => ({ key, outcome: 'already', code: null, message: null })

export const refused = (key: string, message: string, code: string): ActionResult => ({
  key,
  outcome: 'refused',
  code,
  message,
})
