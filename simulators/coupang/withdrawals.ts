import type { SimResponse } from '../marketplace.ts'
import { addRow, removeRow, rowsBetween, type Timeline } from '../timeline.ts'
import { idList, internalError, json, orderRefused, readBody } from './envelopes.ts'
import type { Receipt } from './returns.ts'
import { readDays, tellTime } from './times.ts'
import type { Call, World } from './world.ts'

/** A stop request or a return the buyer took back: told here and nowhere else. */
export type Withdrawal = { readonly receipt: Receipt; readonly at: number; readonly seq: number }

export type WithdrawalBook = { readonly byId: Map<string, Withdrawal>; readonly listed: Timeline<Withdrawal> }

export const createWithdrawalBook = (): WithdrawalBook => ({ byId: new Map(), listed: [] })

/** The buyer takes the line's open stop request or return back. False when there is none. */
export function withdrawByBuyer(world: World, lineKey: string, now: number): boolean {
  const receipt = [...world.receipts.byId.values()].findLast(
    (each) =>
      OPEN.has(each.status) &&
      !world.withdrawals.byId.has(each.receiptId) &&
      each.items.some(({ line }) => line.key === lineKey),
  )
  if (receipt === undefined) return false
  if (receipt.status === 'RELEASE_STOP_UNCHECKED') for (const { line, units } of receipt.items) line.held -= units
  if (world.switches.withdrawnReceipts === 'gone') {
    removeRow(world.receipts.listed[receipt.receiptType], receipt)
    world.receipts.byId.delete(receipt.receiptId)
  }
  const withdrawal: Withdrawal = { receipt, at: now, seq: world.withdrawals.byId.size + 1 }
  world.withdrawals.byId.set(receipt.receiptId, withdrawal)
  addRow(world.withdrawals.listed, withdrawal)
  return true
}

const OPEN: ReadonlySet<string> = new Set(['RELEASE_STOP_UNCHECKED', 'RETURNS_UNCHECKED'])

const MOST_DAYS = 7
const DAY_MS = 86_400_000
const MOST_PER_PAGE = 100
const DEFAULT_PER_PAGE = 10

/** GET returnWithdrawRequests: by the day of the withdrawal, at most 7 days, both ends included. */
export function listWithdrawals(world: World, call: Call): SimResponse {
  const { query } = call
  const window = readDays(query.get('dateFrom') ?? '', query.get('dateTo') ?? '', 'v4')
  if (typeof window === 'string') return orderRefused(window)
  if (window.to - window.from > MOST_DAYS * DAY_MS)
    return orderRefused('최대 조회 기간은 7 일 입니다. 조회 시작일과 종료일을 확인해주세요.')
  const page = Number(query.get('pageIndex') ?? '1')
  const size = Number(query.get('sizePerPage') ?? String(DEFAULT_PER_PAGE))
  if (!Number.isInteger(page) || page < 1) return orderRefused('pageIndex must be above 0')
  if (!Number.isInteger(size) || size < 1 || size > MOST_PER_PAGE)
    return orderRefused('sizePerPage must be at most 100')
  const found = rowsBetween(world.withdrawals.listed, window)
  const rows = found.slice((page - 1) * size, page * size)
  const nextPageIndex = found.length > page * size ? String(page + 1) : ''
  return json(200, { code: 200, message: 'OK', data: rows.map((row) => withdrawalRow(world, row)), nextPageIndex })
}

const MOST_IDS = 50

/** POST returnWithdrawList: the same by receipt numbers. */
export function findWithdrawals(world: World, call: Call): SimResponse {
  const body = readBody(call.body)
  const ids = body === null ? null : idList(body, 'cancelIds')
  if (ids === null) return internalError('Could not read JSON')
  if (ids.length > MOST_IDS) return orderRefused(`at most ${MOST_IDS} cancelIds a request`)
  const rows = ids.flatMap((id) => world.withdrawals.byId.get(id) ?? [])
  return json(200, { code: 200, message: 'OK', data: rows.map((row) => withdrawalRow(world, row)) })
}

function withdrawalRow(world: World, { receipt, at }: Withdrawal) {
  return {
    cancelId: Number(receipt.receiptId),
    orderId: Number(receipt.orderId),
    vendorId: world.vendorId,
    refundDeliveryDuty: 'COM',
    createdAt: tellTime(at, 'v4'),
    vendorItemIds: receipt.items.map(({ line }) => Number(line.item.vendorItemId)),
  }
}
