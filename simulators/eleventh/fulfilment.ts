import { resultSays } from './envelopes.ts'
import { STATUS_NAMES } from './order-rows.ts'
import { type Bundle, type Line, moveLine, openUnits, shipLines } from './orders.ts'
import { readMinute } from './times.ts'
import { type Call, happens, type World } from './world.ts'

/** GET ordservices/reqpackaging/…: confirms every line with the same dlvNo and the same product, however it is addressed. */
export function confirm(world: World, call: Call): string {
  const [ordNo = '', ordPrdSeq = '', , , dlvNo = ''] = call.parts
  const line = world.orders.lines.get(`${ordNo}:${ordPrdSeq}`)
  if (line === undefined || line.bundle.dlvNo !== dlvNo) return nothingToConfirm()
  if (line.state === 'B01') return resultSays(-3211, '주문취소된 주문건입니다.')
  if (line.cancelRequested > 0) return resultSays(-3214, '취소처리중인 주문건입니다.')
  const { prdNo } = line.item.product
  const lines = line.bundle.lines.filter((other) => other.state === '202' && other.item.product.prdNo === prdNo)
  if (line.state !== '202') return nothingToConfirm()

  return unlessBroken(world, call, [-3207, '주문상품 상태 수정 오류 (추가상품 포함)'], () => {
    for (const each of lines) moveLine(world, each, '301', call.now)
    return resultSays(0, `전체 ${lines.length}건이 정상적으로 발주처리가 되었습니다.`)
  })
}

const nothingToConfirm = () => resultSays(-3206, '이미 발주 처리 되었거나 , 발주 처리할 건이 없습니다.')

/** The system's own error tells nothing about whether the work was done. */
function unlessBroken(world: World, call: Call, error: readonly [number, string], act: () => string): string {
  if (happens(world.switches.systemError, call.random)) return resultSays(...error)
  const answer = act()
  return happens(world.switches.systemErrorAfterCommit, call.random) ? resultSays(...error) : answer
}

/** Path codes → row codes: the two are not the same list. */
export const METHODS: Record<string, string> = { '01': '01', '02': '04', '03': '05', '04': '06', '05': '99' }
const [COURIER, NO_DELIVERY] = ['01', '05']
const SHIP_METHODS: readonly string[] = ['01', '03', '04', '05'] // 02, post, is known to the refusal of a cancel alone

const CARRIERS = new Set(['00034', '00012', '00011', '00007', '00002', '00026', '00021', '00027', '00099'])
const OTHER_CARRIER = '00099'

export const isCarrier = (code: string) => CARRIERS.has(code)

type Parcel = { method: string; carrier: string; invoices: string[] }

/** GET ordservices/reqdelivery/{sendDt}/{method}/{carrier}/{invoice}/{dlvNo}: the whole delivery. */
export function shipBundle(world: World, call: Call): string {
  return ship(world, call, (bundle) => bundle.lines)
}

/** …/{Y|N}/{ordNo}/{ordPrdSeq,…}: with Y only the lines named, with N the whole delivery after all. */
export function shipPart(world: World, call: Call): string {
  const [, , , , , part = '', ordNo = '', seqs = ''] = call.parts
  const keys = new Set(seqs.split(',').map((seq) => `${ordNo}:${seq}`))
  return ship(world, call, (bundle) =>
    part === 'N' ? bundle.lines : bundle.lines.filter((line) => keys.has(line.key)),
  )
}

/** …/{dlvQty}/{ordNo}/{ordPrdSeq}/{invoice@qty^invoice@qty}: one line in several parcels, which must make up the line. */
export function shipInParcels(world: World, call: Call): string {
  const [, , , , dlvNo = '', firstQty = '', ordNo = '', seq = '', more = ''] = call.parts
  const line = world.orders.lines.get(`${ordNo}:${seq}`)
  const others = more.split('^').map((entry) => /^(\d+)@(\d+)$/.exec(entry))
  if (line === undefined || line.bundle.dlvNo !== dlvNo || others.includes(null)) return stateUnclear()
  const units = others.reduce((sum, entry) => sum + Number(entry?.[2]), Number(firstQty))
  if (units !== openUnits(line)) return stateUnclear()
  return ship(
    world,
    call,
    () => [line],
    others.map((entry) => entry?.[1] ?? ''),
  )
}

function ship(world: World, call: Call, choose: (bundle: Bundle) => Line[], moreInvoices: string[] = []): string {
  const [sendDt = '', method = '', carrier = '', invoice = '', dlvNo = ''] = call.parts
  const isSent = method !== NO_DELIVERY
  if (readMinute(sendDt) === null) {
    return resultSays(-3301, '보낸일자가 유효하지 않습니다. 날짜포맷 : 년(4) 월(2) 일(2) 시(2) 분(2) 입니다.')
  }
  if (!SHIP_METHODS.includes(method)) return resultSays(-1, 'ERROR : 배송방식 코드가 잘못되었습니다.')
  if (isSent && !isCarrier(carrier)) return resultSays(-3307, '택배사 코드가 유효하지 않습니다.')
  const invoices = [invoice, ...moreInvoices].filter((number) => isSent && (method === COURIER || number !== 'null'))
  if (method === COURIER && !invoices.every((number) => isInvoice(carrier, number))) {
    return resultSays(-3306, '송장번호가 유효하지 않습니다. 다시한번 확인해주세요.')
  }
  const bundle = world.orders.bundles.get(dlvNo)
  if (bundle === undefined) return stateUnclear()
  const chosen = choose(bundle)
  const fault = stateFault(world, chosen)
  if (fault !== null) return fault
  if (carrier !== OTHER_CARRIER && invoices.some((number) => isUsedElsewhere(world, bundle, number))) {
    return resultSays(-3320, '이미 사용된 송장번호 입니다. 송장번호를 확인해주세요.')
  }
  const parcel: Parcel = { method: METHODS[method]!, carrier: isSent ? carrier : '', invoices }
  const ready = chosen.filter(isReady)
  return unlessBroken(world, call, [-3311, '발송처리중 에러가 발생했습니다. 관리자에게 문의해주세요.'], () => {
    shipLines(world, ready, parcel, call.now)
    return resultSays(0, `전체 ${ready.length}건이 정상적으로 발송처리가 되었습니다.`)
  })
}

/** Carriers have rules of their own; this much all share. "Other" has none. */
const isInvoice = (carrier: string, invoice: string) =>
  carrier === OTHER_CARRIER ? invoice !== '' && invoice !== 'null' : /^\d{9,15}$/.test(invoice)

const isUsedElsewhere = (world: World, bundle: Bundle, invoice: string) =>
  (world.orders.invoices.get(invoice) ?? bundle) !== bundle

const isReady = (line: Line) => line.state === '301' && line.cancelRequested === 0

/** Why nothing of these lines goes out, null when something does. */
function stateFault(world: World, lines: readonly Line[]): string | null {
  if (lines.length === 0) return stateUnclear()
  const { requestInBundle, unconfirmedInBundle } = world.switches
  const ready = lines.filter(isReady)
  const asked = lines.some((line) => line.cancelRequested > 0)
  if (asked && (requestInBundle === 'refused' || ready.length === 0)) return stateUnclear()
  const unconfirmed = lines.some((line) => line.state === '202' || line.state === '200')
  if (unconfirmed && (unconfirmedInBundle === 'refused' || ready.length === 0)) return stateUnclear()
  if (ready.length > 0) return null

  const states = new Set(lines.map((line) => line.state))
  if (states.has('401')) return resultSays(-3308, '해당 배송번호는 이미 발송처리 되었습니다.')
  if (states.has('501') || states.has('901')) return resultSays(-3309, '해당 배송번호는 이미 배송완료 되었습니다.')
  const names = [...states].map((state) => STATUS_NAMES[state]).join(', ')
  return resultSays(-3313, `해당 배송번호의 주문상태가 이미 변경 되었습니다. 변경된 상태 : (${names})`)
}

const stateUnclear = () => resultSays(-3310, '해당 배송번호의 주문상태를 확인해 주세요')
