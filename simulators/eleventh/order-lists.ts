import { shuffled } from '../chance.ts'
import { rowsBetween } from '../timeline.ts'
import { listSays, noRows, rowsAnswer } from './envelopes.ts'
import { listRow, statusRow } from './order-rows.ts'
import type { Line, State } from './orders.ts'
import { DAY_MS, MINUTE_MS, readMinute } from './times.ts'
import { type Call, type EleventhSwitches, happens, type World } from './world.ts'

const WEEK_MS = 7 * DAY_MS
const MOST_ORDERS = 100

/** Each list has its own codes for a bad start, a bad end and a window too wide. */
type WindowCodes = readonly [start: number, end: number, width: number]

/** GET ordservices/{list}/{from}/{to}; `state` null is the list of orders nobody has paid, which here is empty. */
export function listOrders(state: State | null, codes: WindowCodes) {
  return (world: World, call: Call): string => {
    const [from = '', to = ''] = call.parts
    const window = readWindow(from, to, WEEK_MS, world.switches)
    if (window === 'start') return listSays(codes[0], `start_dt${BAD_FORMAT}`)
    if (window === 'end') return listSays(codes[1], `end_dt${BAD_FORMAT}`)
    if (window === 'width') return listSays(codes[2], '최대 조회기간은 일주일 입니다.')

    const listed = state === null ? [] : world.orders.listed.get(state)!
    const knownSince = call.now - world.faults.feedDelayMs // a fresh order may take a while to be told
    const isTold = ({ line }: { line: Line }) => line.order.createdAt <= knownSince
    const found = rowsBetween(listed, window, world.switches.mostRows, isTold)
    const lines = muddled(
      world,
      call,
      found.map((row) => row.line),
    )
    return lines.length === 0 ? noRows() : rowsAnswer(lines.map((line) => listRow(world, line)))
  }
}

const BAD_FORMAT = "의 조회 기간의 포멧('YYYYMMDDHH24:MI')이 올바르지 않습니다."

export type Window = { from: number; to: number }

/** Half-open, or which part is wrong. A window that ends before it starts is a wrong end. */
export function readWindow(
  from: string,
  to: string,
  widest: number,
  switches: EleventhSwitches,
): Window | 'start' | 'end' | 'width' {
  const [start, end] = [readMinute(from), readMinute(to)]
  if (start === null) return 'start'
  if (end === null || end < start) return 'end'
  if (end - start > widest) return 'width'
  return { from: start, to: switches.lastMinute === 'included' ? end + MINUTE_MS : end }
}

/** No order of rows is promised, and a row may come twice, though never beyond the most a list answers. */
export function muddled<Row>(world: World, call: Call, rows: Row[]): Row[] {
  const { faults } = world
  const told = [...rows]
  if (told.length > 0 && happens(faults.duplicateOrder, call.random)) {
    told.push(told[Math.floor(call.random() * told.length)]!)
  }
  const mixed = happens(faults.disorder, call.random) ? shuffled(told, call.random) : told
  return mixed.slice(0, world.switches.mostRows)
}

/** GET ordservices/complete/{ordNo}: every line, whatever became of it. */
export function getOrder(world: World, call: Call): string {
  const order = world.orders.orders.get(call.parts[0] ?? '')
  return order === undefined ? noRows() : rowsAnswer(order.lines.map((line) => listRow(world, line)))
}

/** GET claimservice/orderlistall/{ordNo,ordNo} and orderlistalladdr. Unknown numbers are simply missing. */
export function getStatuses(withReceiver: boolean) {
  return (world: World, call: Call): string => {
    const wanted = (call.parts[0] ?? '').split(',')
    if (wanted.length > MOST_ORDERS) return listSays(-28003, '주문번호의 갯수는 최대 100개 까지만 가능 합니다.')
    if (!wanted.every((ordNo) => /^\d+$/.test(ordNo))) return listSays(-28002, '주문목록을 알 수 없습니다.')
    const lines = [...new Set(wanted)].flatMap((ordNo) => world.orders.orders.get(ordNo)?.lines ?? [])
    return lines.length === 0
      ? listSays(-1, '해당 건이 없습니다.')
      : rowsAnswer(lines.map((line) => statusRow(world, line, withReceiver)))
  }
}
