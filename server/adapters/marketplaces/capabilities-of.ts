import { realClock } from '../../kernel/clock.ts'
import type { Account, Capabilities, OpenAdapter } from '../../modules/channels/adapter.ts'

/** What an adapter says it can do with such settings. Nothing is sent and no credentials are needed. */
export function capabilitiesOf(open: OpenAdapter, settings: Account['settings'] = {}): Capabilities {
  const account = { baseUrl: 'http://127.0.0.1', credentials: {}, settings }
  const never = async (): Promise<never> => {
    throw new Error('an adapter that was opened for its capabilities asked the marketplace')
  }
  return open(account, {
    http: { send: never },
    clock: realClock,
    spend: never,
    learn: () => {},
    tokens: { read: never, renew: never },
  }).capabilities
}
