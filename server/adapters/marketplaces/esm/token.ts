import { createHmac } from 'node:crypto'
import { LETTER, SITES, type Site } from './sites.ts'

export type EsmCredentials = { masterId: string; secretKey: string } & Record<Site, string>

/**
 * `Bearer` and a JWT for one attempt, HS256. The audience is not the host, on purpose; there is no expiry. A token that
 * names one site alone keeps a call from touching the other.
 */
export function bearer(credentials: EsmCredentials, sites: readonly Site[], now: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const sellers = SITES.filter((site) => sites.includes(site)).map((site) => `${LETTER[site]}:${credentials[site]}`)
  const head = part({ alg: 'HS256', typ: 'JWT', kid: credentials.masterId })
  const claims = part({
    iss: 'www.esmplus.com',
    sub: 'sell',
    aud: 'sa.esmplus.com',
    iat: Math.floor(now / 1_000),
    ssi: sellers.join(','),
  })
  const signature = createHmac('sha256', credentials.secretKey).update(`${head}.${claims}`).digest('base64url')
  return `Bearer ${head}.${claims}.${signature}`
}
