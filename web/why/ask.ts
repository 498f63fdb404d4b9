import { createContext, useContext } from 'react'
import type { BoardTotals } from '../../contract/board.ts'

export const STOCK_NUMBERS = ['onHand', 'reserved', 'available', 'short', 'exposure'] as const
export type StockNumber = (typeof STOCK_NUMBERS)[number]

export type TotalKey = Exclude<keyof BoardTotals, 'alarms'>
export type ConnectionNumber = 'lag' | 'intakeLag' | 'budget' | 'queue'

/** A number somebody asked about. */
export type Question =
  | { about: 'stock'; sku: string; number: StockNumber | 'item' }
  | { about: 'listing'; sku: string; connectionId: string }
  | { about: 'total'; total: TotalKey }
  | { about: 'connection'; connectionId: string; number: ConnectionNumber }

export const AskWhy = createContext<(question: Question) => void>(() => undefined)

export function useAskWhy(): (question: Question) => void {
  return useContext(AskWhy)
}
