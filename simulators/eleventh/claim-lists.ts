import { rowsBetween } from '../timeline.ts'
import type { Claim, ListName } from './claims.ts'
import { listSays, noRows, orderRow, rowsAnswer } from './envelopes.ts'
import { muddled, readWindow } from './order-lists.ts'
import { optionText } from './order-rows.ts'
import { DAY_MS, tellTime } from './times.ts'
import type { Call, World } from './world.ts'
import type { Field } from './xml.ts'

const WIDEST_MS = 30 * DAY_MS

/** GET claimservice/{list}/{from}/{to}. Null is a list nothing ever enters here. */
export function listClaims(name: ListName | null) {
  const isCancel = name === null || name.startsWith('cancel')
  const family = isCancel ? -28_000 : -29_000
  return (world: World, call: Call): string => {
    const [from = '', to = ''] = call.parts
    const window = readWindow(from, to, WIDEST_MS, world.switches)
    if (window === 'start') return listSays(family - 7, `start_dt${BAD_FORMAT}`)
    if (window === 'end') return listSays(family - 6, `end_dt${BAD_FORMAT}`)
    if (window === 'width') return listSays(family - 8, '조회기간은 최대 30(한달)일 단위로 가능합니다.')

    const { mostRows, emptyClaims, doubledTags } = world.switches
    const timeline = name === null ? [] : (world.claims.lists.get(name) ?? [])
    const isTold = ({ claim }: { claim: Claim }) => claim.status.code !== 'refused'
    const found = muddled(world, call, rowsBetween(timeline, window, mostRows, isTold))
    if (found.length === 0) return emptyClaims === '0' ? noRows() : listSays(-1, '해당 건이 없습니다.')
    const tell = isCancel ? cancelRow : returnRow
    return rowsAnswer(found.map(({ claim }) => orderRow(tell(claim), doubledTags ? 2 : 1)))
  }
}

const BAD_FORMAT = "의 조회 기간의 포멧('YYYYMMDDHH24')이 올바르지 않습니다."

function cancelRow(claim: Claim): Field[] {
  const { line } = claim
  return [
    ['createDt', tellTime(claim.createdAt)],
    ['dlvNo', line.bundle.dlvNo],
    ['ordCnDtlsRsn', claim.text],
    ['ordCnQty', claim.units],
    ['ordCnMnbdCd', claim.by],
    ['ordCnRsnCd', claim.reason],
    ['ordCnStatCd', claim.status.code],
    ['ordNo', line.order.ordNo],
    ['ordPrdCnSeq', claim.seq],
    ['ordPrdSeq', line.ordPrdSeq],
    ['prdNo', line.item.product.prdNo],
    ['slctPrdOptNm', optionText(line)],
    ['referSeq', ''],
    ['cnTrtEndDt', claim.doneAt === null ? null : tellTime(claim.doneAt)],
  ]
}

/** Amounts here have commas. */
function returnRow(claim: Claim): Field[] {
  const { line } = claim
  return [
    ['affliateBndlDlvSeq', 0],
    ['clmReqCont', claim.text],
    ['clmReqQty', claim.units],
    ['clmReqRsn', claim.reason],
    ['clmReqSeq', claim.seq],
    ['clmStat', claim.status.code],
    ['optName', optionText(line)],
    ['ordNo', line.order.ordNo],
    ['ordPrdSeq', line.ordPrdSeq],
    ['prdNo', line.item.product.prdNo],
    ['reqDt', tellTime(claim.createdAt)],
    ['ordNm', line.order.buyer],
    ['ordPrtblTel', '010-0000-0000'],
    ['twMthd', '06'],
    ['clmLstDlvCst', '6,000'],
    ['appmtDlvCst', '2,500'],
    ['clmDlvCstMthd', null],
    ['twPrdInvcNo', '608393450166'],
    ['dlvEtprsCd', '00034'],
  ]
}
