import type { Faults, SimResponse, StockChange } from '../../../simulators/marketplace.ts'

export type Item = {
  readonly itemNo: string
  readonly goodsNo: string
  readonly goodsName: string
  readonly optionName: string
  readonly sellerCode: string
  readonly price: number
  stock: number
}

export type Line = {
  readonly lineNo: string
  readonly order: Order
  readonly item: Item
  readonly quantity: number
  cancelled: number
  status: 'PAID' | 'ACCEPTED' | 'SHIPPED' | 'CANCELLED'
  acknowledged: boolean
  wantsCancel: boolean
  carrier: string
  invoice: string
}

export type Order = {
  readonly orderNo: string
  readonly buyer: string
  readonly paidAt: number
  readonly lines: Line[]
}

export type World = {
  readonly faults: Faults
  readonly items: Map<string, Item>
  readonly lines: Map<string, Line>
  readonly orders: Order[]
  /** One entry a change of an order, its seq the place in this list, from 1. */
  readonly changes: { readonly order: Order; readonly at: number }[]
  readonly history: StockChange[]
  /** Writes that show only later. */
  slow: { at: number; act: (now: number) => void }[]
}

export const emptyWorld = (faults: Faults): World => ({
  ...{ faults, items: new Map(), lines: new Map(), orders: [], changes: [], history: [], slow: [] },
})

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): SimResponse => ({
  ...{ status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) },
})

/** Null for what is no JSON object. */
export function objectOf(body: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
