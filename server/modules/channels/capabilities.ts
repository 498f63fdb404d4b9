import { type Capabilities, ChannelFault } from './adapter.ts'
import { type Connection, sealPlace } from './connection.ts'
import type { ChannelDeps } from './deps.ts'

/** What it takes to open an adapter for what it says of itself. */
export type Opening = Pick<ChannelDeps, 'secrets' | 'marketplaces' | 'http' | 'clock'>

/** Asked for what an account can do, an adapter sends nothing; if it tried, that is a mistake of ours. */
const sendsNothing = async (): Promise<never> => {
  throw new ChannelFault('refused', 'this adapter was opened to read its capabilities')
}

/** What a connection's adapter can do, as data, without a word to the marketplace; null where nobody talks to it. */
export function capabilitiesOf(deps: Opening, connection: Connection): Capabilities | null {
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

/** What people are asked for and offered by: what the marketplace signs in with, and whether it can stop a sale. */
export type OfferedOf = (connection: Connection) => Pick<Capabilities, 'credentials' | 'saleStop'> | null

export const openOffered =
  (deps: ChannelDeps): OfferedOf =>
  (connection) =>
    capabilitiesOf(deps, connection)
