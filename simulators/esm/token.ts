import { createHmac, timingSafeEqual } from 'node:crypto'
import { isObject } from './envelopes.ts'
import type { Site } from './sites.ts'

export type EsmCredentials = {
  masterId: string
  secretKey: string
  auctionId: string
  gmarketId: string
}

/** The sites a good token names; or what is wrong with it. The texts are ours: the pages show only the missing right. */
export type TokenCheck = { sites: ReadonlySet<Site> } | { fault: string }

/**
 * Checks `Bearer <JWT>`: HS256 over the very bytes of header.payload as they were sent, aud the fixed name that is not
 * the host, sub "sell", kid the master id, ssi one or two of our seller ids. There is no exp.
 *
 * @param iatToleranceMs 0 = iat is not looked at.
 */
export function checkToken(
  authorization: string,
  credentials: EsmCredentials,
  now: number,
  iatToleranceMs: number,
): TokenCheck {
  const [, head = '', claims = '', signature = ''] = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(authorization) ?? []
  if (signature === '') return { fault: 'Authorization token is missing or malformed' }
  const header = decode(head)
  const payload = decode(claims)
  if (header === null || payload === null) return { fault: 'Authorization token is missing or malformed' }
  if (header.alg !== 'HS256' || header.typ !== 'JWT') return { fault: 'Token algorithm is not supported' }
  if (header.kid !== credentials.masterId) return { fault: 'Unknown master id' }
  const expected = createHmac('sha256', credentials.secretKey).update(`${head}.${claims}`).digest('base64url')
  if (!sameText(expected, signature)) return { fault: 'Token signature is invalid' }

  if (typeof payload.iss !== 'string' || payload.iss === '') return { fault: 'Token issuer is missing' }
  if (payload.sub !== 'sell' || payload.aud !== 'sa.esmplus.com') return { fault: 'Token audience is invalid' }
  if (!isTimely(payload.iat, now, iatToleranceMs)) return { fault: 'Token is expired' }
  const sites = readSellers(payload.ssi, credentials)
  return sites === null ? { fault: 'Unknown seller id' } : { sites }
}

/** iat counts seconds, so a token dated in milliseconds lies far in the future. */
function isTimely(iat: unknown, now: number, toleranceMs: number): boolean {
  if (iat === undefined) return true
  if (typeof iat !== 'number' || !Number.isInteger(iat)) return false
  return toleranceMs === 0 || Math.abs(iat * 1000 - now) <= toleranceMs
}

/** "A:auctionId,G:gmarketId", either alone, in either order. */
function readSellers(ssi: unknown, { auctionId, gmarketId }: EsmCredentials): Set<Site> | null {
  if (typeof ssi !== 'string') return null
  const known = new Map<string, Site>([
    [`A:${auctionId}`, 'iac'],
    [`G:${gmarketId}`, 'gmkt'],
  ])
  const named = ssi.split(',').map((part) => known.get(part))
  if (!named.every((site) => site !== undefined)) return null
  const sites = new Set(named)
  return sites.size === named.length ? sites : null
}

function decode(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(strictUtf8.decode(Buffer.from(part, 'base64url')))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
