import { orderRow } from './envelopes.ts'
import { keptUnits, type Line, type State } from './orders.ts'
import { tellTime } from './times.ts'
import type { World } from './world.ts'
import type { Field } from './xml.ts'

const PHONE = '010-0000-0000'
const ADDRESS = '서울특별시 중구 세종대로 110'

/** A row of a status list. Fields in the order of the alphabet, as the real one gives them. */
export function listRow(world: World, line: Line): string {
  const { order, item, bundle } = line
  const { product } = item
  const amount = line.price * keptUnits(line)
  const isBundle = bundle.lines.length > 1
  const row: Field[] = [
    ['addPrdNo', 0],
    ['addPrdYn', 'N'],
    ['bmDlvCst', 0],
    ['bmDlvCstType', '03'],
    ['bndlDlvSeq', isBundle ? bundle.dlvNo.slice(-7) : 0],
    ['bndlDlvYN', isBundle ? 'Y' : 'N'],
    ['custGrdNm', '일반고객'],
    ['dlvCst', 0],
    ['dlvCstType', '03'],
    ['dlvEndDt', dateOf(line, '501')],
    ['dlvEtprsCd', line.carrier],
    ['dlvMthdCd', line.method],
    ['dlvNo', bundle.dlvNo],
    ['gblDlvYn', 'N'],
    ['invcNo', line.invoices[0] ?? ''],
    ['lstDlvCst', 0],
    ['memID', 'shopper***'],
    ['memNo', 1],
    ['ordAmt', amount],
    ['ordBaseAddr', ADDRESS],
    ['ordCnQty', claimedUnits(line)],
    ['ordDlvReqCont', null],
    ['ordDt', tellTime(order.createdAt)],
    ['ordDtlsAddr', '1호'],
    ['ordMailNo', '04524'],
    ['ordNm', order.buyer],
    ['ordNo', order.ordNo],
    ['ordOptWonStl', item.surcharge],
    ['ordPayAmt', amount],
    ['ordPrdSeq', line.ordPrdSeq],
    ['ordPrdStat', statusOf(line)],
    ['ordPrtblTel', PHONE],
    ['ordQty', line.quantity],
    ['ordStlEndDt', tellTime(order.createdAt)],
    ['ordTlphnNo', '02--'],
    ['plcodrCnfDt', dateOf(line, '301')],
    ['pocnfrmDt', dateOf(line, '901')],
    ['prdNm', product.name],
    ['prdNo', product.prdNo],
    ['prdStckNo', line.prdStckNo],
    ['rcvrBaseAddr', ADDRESS],
    ['rcvrDtlsAddr', '1호'],
    ['rcvrMailNo', '04524'],
    ['rcvrNm', order.buyer],
    ['rcvrPrtblNo', PHONE],
    ['rcvrTlphn', ''],
    ['referSeq', ''],
    ['selPrc', product.price],
    ['sellerPrdCd', product.sellerPrdCd],
    ['sellerStockCd', item.sellerStockCd],
    ['sendGiftYn', order.isGift ? 'Y' : 'N'],
    ['slctPrdOptNm', optionText(line)],
    ['sndEndDt', dateOf(line, '401')],
    ['stlPlnAmt', Math.floor(amount * 0.9)],
    ['visitDlvYn', 'N'],
  ]
  return orderRow(row, world.switches.doubledTags ? 2 : 1)
}

/** A row of orderlistall, or with the receiver of orderlistalladdr; neither tells the option's number. */
export function statusRow(world: World, line: Line, withReceiver: boolean): string {
  const { order, item, bundle } = line
  const row: Field[] = [
    ['dlvNo', bundle.dlvNo],
    ['ordCnQty', claimedUnits(line)],
    ['ordNo', order.ordNo],
    ['ordPrdSeq', line.ordPrdSeq],
    ['ordPrdStat', statusOf(line)],
    ['ordPrdStatNm', STATUS_NAMES[statusOf(line)] ?? ''],
    ['ordQty', line.quantity],
    ['prdNm', item.product.name],
    ['prdNo', item.product.prdNo],
    ['sellerID', 'pretend-seller'],
  ]
  const more: Field[] = withReceiver
    ? [
        ['rcvrBaseAddr', ADDRESS],
        ['rcvrDtlsAddr', '1호'],
        ['rcvrMailNo', '04524'],
        ['rcvrNm', order.buyer],
        ['rcvrPrtblNo', PHONE],
        ['rcvrTlphn', ''],
        ['dlvMthdCd', line.method],
        ['dlvEtprsCd', line.carrier],
        ['invcNo', line.invoices[0] ?? ''],
        ['sndEndDt', dateOf(line, '401')],
      ]
    : [['sellerStockCd', item.sellerStockCd]]
  return orderRow([...row, ...more], world.switches.doubledTags ? 2 : 1)
}

/** Cancelled, and asked to be. */
const claimedUnits = (line: Line) => line.cancelled + line.cancelRequested

/** 601 and 701 are no steps of the order: they tell of an open claim. */
function statusOf(line: Line): string {
  if (line.cancelRequested > 0) return '701'
  return line.returnRequested > 0 ? '601' : line.state
}

export const STATUS_NAMES: Record<string, string> = {
  '200': '배송지입력대기',
  '202': '결제완료',
  '301': '배송준비중',
  '401': '배송중',
  '501': '배송완료',
  '601': '클레임진행중',
  '701': '취소신청',
  '901': '구매확정',
  A01: '반품완료',
  B01: '취소완료',
}

export function optionText(line: Line): string {
  const name = line.item.optionName
  return name === '' ? `${line.quantity}개` : `옵션:${name}-${line.quantity}개`
}

function dateOf(line: Line, state: State): string | null {
  const at = line.since[state]
  return at === undefined ? null : tellTime(at)
}
