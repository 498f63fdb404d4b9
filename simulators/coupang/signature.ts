import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SimRequest } from '../marketplace.ts'
import { readSignedDate } from './times.ts'

export type ApiKey = { accessKey: string; secretKey: string }

export type SignatureFault =
  | 'HMAC format is invalid.'
  | 'Request is not authorized.'
  | 'Specified signature is expired.'
  | 'Invalid signature.'

/**
 * Checks the CEA header over date + method + path + query, the very bytes that came over the wire. Null when it holds.
 *
 * The body is not covered. Clocks may differ by `validityMs` either way, so Korean time in place of UTC reads as expired.
 */
export function signatureFault(
  request: SimRequest,
  key: ApiKey,
  now: number,
  validityMs: number,
): SignatureFault | null {
  const claim = readHeader(request.headers.get('authorization') ?? '')
  if (claim === null) return 'HMAC format is invalid.'
  if (claim.accessKey !== key.accessKey) return 'Request is not authorized.'
  if (Math.abs(now - claim.signedAt) > validityMs) return 'Specified signature is expired.'

  const message = claim.signedDate + request.method + request.path + request.query
  const expected = createHmac('sha256', key.secretKey).update(message).digest('hex')
  return sameText(expected, claim.signature) ? null : 'Invalid signature.'
}

type Claim = { accessKey: string; signedDate: string; signedAt: number; signature: string }

function readHeader(header: string): Claim | null {
  const parts = /^CEA algorithm=HmacSHA256, ?access-key=([^,\s]+), ?signed-date=([^,\s]+), ?signature=([^,\s]+)$/.exec(
    header,
  )
  if (parts === null) return null
  const [, accessKey = '', signedDate = '', signature = ''] = parts
  const signedAt = readSignedDate(signedDate)
  return signedAt === null ? null : { accessKey, signedDate, signedAt, signature }
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
