import { createHmac } from 'node:crypto'
import { signedDate } from '../korean-times.ts'

export type CoupangCredentials = { vendorId: string; accessKey: string; secretKey: string }

/**
 * The CEA header for one attempt. It covers path and query exactly as they are sent, the query without its
 * question mark, and not the body. A repeat needs a new one: it expires after minutes.
 */
export function authorization(
  credentials: CoupangCredentials,
  method: string,
  path: string,
  query: string,
  now: number,
): string {
  const date = signedDate(now)
  const signature = createHmac('sha256', credentials.secretKey)
    .update(date + method + path + query)
    .digest('hex')
  return `CEA algorithm=HmacSHA256, access-key=${credentials.accessKey}, signed-date=${date}, signature=${signature}`
}
