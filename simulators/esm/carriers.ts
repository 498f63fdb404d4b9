import type { SimResponse } from '../marketplace.ts'
import { json } from './envelopes.ts'

/** Code, name, and the form of an invoice number. The rules of the real one are not published; these are loose. */
const DIGITS = /^\d{9,14}$/
const CARRIERS = new Map<number, { name: string; invoice: RegExp }>([
  [10013, { name: 'CJ대한통운', invoice: /^\d{10,13}$/ }],
  [10008, { name: '롯데택배', invoice: DIGITS }],
  [10007, { name: '한진택배', invoice: DIGITS }],
  [10005, { name: '우체국택배', invoice: /^\d{13}$/ }],
  [10003, { name: '로젠택배', invoice: DIGITS }],
  [10016, { name: '경동택배', invoice: DIGITS }],
  [10014, { name: '대신택배', invoice: DIGITS }],
  [10017, { name: '천일택배', invoice: DIGITS }],
  [10034, { name: '기타택배', invoice: /^\S.{0,29}$/ }],
])

export const carrierName = (code: number | null): string | null => CARRIERS.get(code ?? -1)?.name ?? null

/** What is wrong, as the page words it; null when nothing is. */
export function invoiceFault(code: number | null, invoice: string): string | null {
  const carrier = CARRIERS.get(code ?? -1)
  if (carrier === undefined) return '지원하지 않는 택배사입니다.'
  return carrier.invoice.test(invoice) ? null : `${code} 는 ${carrier.name}의 운송장번호 규칙에 어긋납니다.`
}

/** GET /item/v1/shipping/delivery-company */
export function listCarriers(): SimResponse {
  const deliveryCompanies = [...CARRIERS].map(([deliveryCompCode, { name }]) => {
    return { deliveryCompCode, deliveryCompName: name }
  })
  return json(200, { deliveryCompanies })
}
