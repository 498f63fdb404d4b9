import type { SimResponse } from '../marketplace.ts'
import { encodeEucKr } from './euc-kr.ts'
import type { EleventhSwitches } from './world.ts'
import { element, type Field, fields, NAMESPACE, xmlText } from './xml.ts'

/**
 * The three ways an endpoint tells how it went, always with HTTP 200. 'list': rows, or ns2:result_code, where 0 means
 * "no rows". 'result': result_code, where 0 means success. 'message': resultCode, where 200 does.
 */
export type Family = 'list' | 'result' | 'message'

export function rowsAnswer(rows: readonly string[]): string {
  return inOrders(rows.join(''))
}

export const listSays = (code: number, text: string) =>
  inOrders(
    fields([
      ['ns2:result_code', code],
      ['ns2:result_text', text],
    ]),
  )

export const noRows = () => listSays(0, '조회된 결과가 없습니다.')

const inOrders = (inside: string) => `<ns2:orders xmlns:ns2="${NAMESPACE}">${inside}</ns2:orders>`

export const orderRow = (row: readonly Field[], times: number) => element('ns2:order', fields(row, times))

export function resultSays(code: number, text: string): string {
  return element(
    'ResultOrder',
    fields([
      ['openMallID', '11ST'],
      ['open_11st_mall', ''],
      ['open_done_payment_interface', ''],
      ['result_code', code],
      ['result_text', text],
    ]),
  )
}

export function messageSays(code: number, text: string, productNo = '', more: readonly Field[] = []): string {
  const number: Field[] = productNo === '' ? [] : [['productNo', productNo]]
  return element('ClientMessage', fields([...number, ['message', text], ['resultCode', code], ...more]))
}

/** A refusal in the words of the endpoint's family. The same fault has no one text and, for a bad key, no one code. */
export function refusal(family: Family, fault: 'key' | 'address' | 'maintenance'): string {
  const text = FAULT_TEXTS[fault]
  if (fault === 'maintenance') return saysIn(family, -1000, text)
  if (family === 'message') return messageSays(500, `처리 실패. MSG : ${text}`)
  return saysIn(family, -1, family === 'list' ? `주문/클레임 조회 오류 MSG : ${text}` : `ERROR : ${text}`)
}

const FAULT_TEXTS = {
  key: 'OpenAPI Key 에 해당하는 유저가 없습니다.',
  address: '등록되지 않은 IP 입니다.',
  maintenance: '서버 점검중입니다.',
}

const saysIn = (family: Family, code: number, text: string) =>
  family === 'list' ? listSays(code, text) : family === 'result' ? resultSays(code, text) : messageSays(code, text)

/** The document's bytes. */
export function xmlResponse(document: string, switches: EleventhSwitches): SimResponse {
  const instead =
    switches.unmappable === 'reference' ? (character: string) => `&#${character.codePointAt(0)};` : () => '?'
  const type = switches.charsetInHeader === 'told' ? 'text/xml;charset=EUC-KR' : 'text/xml'
  return {
    status: 200,
    headers: { 'content-type': type },
    body: encodeEucKr(
      `<?xml version="1.0" encoding="EUC-KR" standalone="yes"?>${document}`,
      switches.repertoire,
      instead,
    ),
  }
}

export function tooManyRequests(waitMs: number, retryAfter: EleventhSwitches['retryAfter']): SimResponse {
  const page = html(429, 'Too Many Requests')
  return retryAfter === 'absent'
    ? page
    : { ...page, headers: { ...page.headers, 'retry-after': String(Math.ceil(waitMs / 1_000)) } }
}

/** What no program of the marketplace answered comes from the web server before it, in HTML. */
export function html(status: number, text: string): SimResponse {
  const title = xmlText(`${status} ${text}`)
  return {
    status,
    headers: { 'content-type': 'text/html' },
    body: `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  }
}
