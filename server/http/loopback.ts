import { BadSetting } from '../kernel/config.ts'

/** Names by which only programs of this machine reach us. */
const LOOPBACK = ['127.0.0.1', 'localhost', '::1']

/** Until people can sign in, whoever reaches the port may do everything: it must not be reachable from elsewhere. */
export function assertLoopback(host: string): void {
  if (LOOPBACK.includes(host)) return
  throw new BadSetting(
    `jaego listens on 127.0.0.1, localhost or ::1 only, not on ${host}: there is no sign-in yet. ` +
      'To reach it from elsewhere, put a proxy that signs people in before it.',
  )
}

const OWN_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i

/**
 * A page of a stranger whose name was made to point here (DNS rebinding) sends its own name as Host, and would
 * otherwise count as ours.
 */
export const isOwnHost = (host: string | undefined): boolean => host !== undefined && OWN_HOST.test(host)
