import { type ActionResult, ChannelFault, type FaultWhy, type SellerCancel } from '../../../modules/channels/adapter.ts'
import { inBatches } from '../batches.ts'
import { NOT_SENT, refusedHere } from '../refused-here.ts'
import type { Ask } from './call.ts'
import { done, told } from './fulfilment.ts'
import { readStatuses } from './lists.ts'
import { CANCEL_ASKED } from './orders.ts'
import type { Fields } from './xml.ts'

/** ordCnRsnCd and the words beside it. The seller's own fault costs credit; `buyer_asked` has a code that may be retired. */
const REASONS = {
  sold_out: ['08', '품절'],
  wrong_price: ['07', '상품정보 오류'],
  buyer_asked: ['10', '구매자 요청'],
} as const

const EARLY: readonly string[] = ['101', '102', '103', '200', '202', '301']

/**
 * A line goes whole, for the call names no quantity: fewer units than are still wanted are refused without it. Where
 * the lines are is asked first, for all of them together.
 */
export async function cancelLines(
  ask: Ask,
  buyerAskedCode: string | null,
  cancels: readonly SellerCancel[],
): Promise<ActionResult[]> {
  const named = cancels.flatMap((cancel) => {
    const line = /^(\d{1,19}):(\d{1,19})$/.exec(cancel.lineKey)
    return line ? [{ key: cancel.lineKey, value: { cancel, ordNo: line[1]!, ordPrdSeq: line[2]! } }] : []
  })
  const rows = await readStatuses(ask, [...new Set(named.map(({ value }) => value.ordNo))])
  const states = new Map(rows.map((row) => [`${row.ordNo}:${row.ordPrdSeq}`, row]))
  const settled = new Map<string, ActionResult>()
  for (const { key, value } of named) {
    const result = withoutCall(key, value.cancel.quantity, states.get(key))
    if (result) settled.set(key, result)
  }
  const results = await inBatches(
    named.filter(({ key }) => !settled.has(key)),
    1,
    async ([entry]) => {
      const { key, value } = entry!
      const [code, words] = REASONS[value.cancel.reason]
      const reason = value.cancel.reason === 'buyer_asked' ? (buyerAskedCode ?? code) : code
      const answer = await ask({
        method: 'GET',
        path: `claimservice/reqrejectorder/${value.ordNo}/${value.ordPrdSeq}/${reason}/${encodeURIComponent(words)}`,
        roots: [],
      })
      return new Map([[key, answer.code === 0 ? done(key) : told(key, 'refused', answer)]])
    },
  )
  for (const result of results) settled.set(result.key, result)
  return cancels.map(
    ({ lineKey }) => settled.get(lineKey) ?? refused(lineKey, { reason: 'id_malformed', what: lineKey }),
  )
}

/** What needs no call, or null. */
function withoutCall(key: string, quantity: number, row: Fields | undefined): ActionResult | null {
  if (!row) return refused(key, { reason: 'line_missing' })
  const state = row.ordPrdStat ?? ''
  const [bought, gone] = [unitsIn(row.ordQty), unitsIn(row.ordCnQty ?? '0')]
  if (state === 'B01' || (gone >= bought && EARLY.includes(state))) {
    return { key, outcome: 'already', code: state, message: null }
  }
  if (state === CANCEL_ASKED) return refused(key, { reason: 'cancel_requested' })
  if (!EARLY.includes(state)) return refused(key, { reason: 'not_cancellable', what: state.slice(0, 10) })
  return quantity < bought - gone ? refused(key, { reason: 'whole_line_only' }) : null
}

const refused = (key: string, why: FaultWhy): ActionResult => refusedHere(key, NOT_SENT, why)

function unitsIn(text: string | undefined): number {
  if (!/^\d{1,9}$/.test(text ?? '')) throw new ChannelFault('garbled', 'a line without a quantity')
  return Number(text)
}
