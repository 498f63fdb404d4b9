import type { z } from 'zod'
import type { Board, BoardConnection, BoardError, BoardOrder, BoardVariant, boardEvents } from '../../contract/board.ts'

type Shapes = { [K in keyof typeof boardEvents]: z.infer<(typeof boardEvents)[K]> }

export type BoardChange = { [K in keyof Shapes]: { event: K; data: Shapes[K] } }[keyof Shapes]

/** The bounds of the snapshot hold for the changes too, or a board left open for a week would grow for a week. */
export const MOST = { variants: 500, orders: 50, errors: 50 } as const

const KNOWN: Record<keyof Shapes, true> = {
  totals: true,
  connection: true,
  variants: true,
  orders: true,
  error: true,
  reset: true,
}

/** Null for an event this page does not know: a newer server may tell more. Throws SyntaxError on broken JSON. */
export function readChange(event: string, data: string): BoardChange | null {
  return Object.hasOwn(KNOWN, event) ? ({ event, data: JSON.parse(data) } as BoardChange) : null
}

/**
 * The board after these changes, in order. What did not change keeps its identity, so that only changed cells draw
 * again. Safe to repeat: each change carries the whole of what it names.
 */
export function applyChanges(board: Board, changes: readonly BoardChange[]): Board {
  return changes.reduce(applyChange, board)
}

function applyChange(board: Board, change: BoardChange): Board {
  switch (change.event) {
    case 'totals':
      return { ...board, totals: change.data }
    case 'connection':
      return { ...board, connections: withConnection(board.connections, change.data) }
    case 'variants':
      return { ...board, variants: withVariants(board.variants, change.data) }
    case 'orders':
      return { ...board, orders: withOrders(board.orders, change.data) }
    case 'error':
      return { ...board, errors: withError(board.errors, change.data) }
    case 'reset':
      return board
  }
}

function withConnection(connections: readonly BoardConnection[], changed: BoardConnection): BoardConnection[] {
  return connections.some(({ id }) => id === changed.id)
    ? connections.map((connection) => (connection.id === changed.id ? changed : connection))
    : [...connections, changed]
}

function withVariants(variants: BoardVariant[], changed: readonly BoardVariant[]): BoardVariant[] {
  if (changed.length === 0) return variants
  const news = new Map(changed.map((variant) => [variant.id, variant]))
  const kept = variants.map((variant) => {
    const newer = news.get(variant.id)
    news.delete(variant.id)
    return newer ?? variant
  })
  if (news.size === 0) return kept
  return [...kept, ...news.values()].sort(bySku).slice(0, MOST.variants)
}

/** Plain code order, as the server sorts: a locale's order would move rows when the language is switched. */
function bySku(a: BoardVariant, b: BoardVariant): number {
  return a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0
}

/** An order that changes stays where it is; a new one comes in at the top. */
function withOrders(orders: BoardOrder[], changed: readonly BoardOrder[]): BoardOrder[] {
  const news = new Map(changed.map((order) => [order.id, order]))
  const kept = orders.map((order) => {
    const newer = news.get(order.id)
    news.delete(order.id)
    return newer ?? order
  })
  const arrived = [...news.values()].sort((a, b) => (a.takenAt < b.takenAt ? 1 : a.takenAt > b.takenAt ? -1 : 0))
  return [...arrived, ...kept].slice(0, MOST.orders)
}

/** The one moment an error can come twice is a snapshot read while its event was on its way. */
function withError(errors: BoardError[], error: BoardError): BoardError[] {
  const known = errors.some(
    (other) =>
      other.at === error.at &&
      other.connectionId === error.connectionId &&
      other.code === error.code &&
      other.subject === error.subject,
  )
  return known ? errors : [error, ...errors].slice(0, MOST.errors)
}
