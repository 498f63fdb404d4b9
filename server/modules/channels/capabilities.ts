import { type Capabilities, ChannelFault } from './adapter.ts'
import { type Connection, sealPlace } from './connection.ts'
import type { ChannelDeps } from './deps.ts'

/** Asked for what an account can do, an adapter sends nothing; if it tried, that is a mistake of ours. */
const sendsNothing = async (): Promise<never> => {
  throw new ChannelFault('refused', 'this adapter was opened to read its capabilities')
}

/** What a connection's adapter can do, as data, without a word to the marketplace; null where nobody talks to it. */
export function capabilitiesOf(deps: ChannelDeps, connection: Connection): Capabilities | null {
  const { company, connectionId, channel, baseUrl, settings, sealedCredentials } = connection
  const open = deps.marketplaces[channel]
  if (!open) return null
  const opened = deps.secrets.open(sealPlace(company, connectionId), sealedCredentials)
  const credentials = JSON.parse(opened) as Record<string, string>
  const tokens = { read: async () => null, renew: sendsNothing }
  return open(
    { baseUrl, credentials, settings },
    { ...{ http: deps.http, clock: deps.clock, tokens }, spend: sendsNothing, learn: () => {} },
  ).capabilities
}

/** Whether a connection's marketplace can stop a sale and still shows its number: what stop, read, set, resume needs. */
export const openCanStopSales =
  (deps: ChannelDeps) =>
  (connection: Connection): boolean =>
    (capabilitiesOf(deps, connection)?.saleStop ?? null) !== null
