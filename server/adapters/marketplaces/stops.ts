import { ChannelFault, type ChannelFaultCode } from '../../modules/channels/adapter.ts'

/** After these nothing more may be sent. */
const STOPS: readonly ChannelFaultCode[] = ['rate_limited', 'quota_exhausted', 'signed_out', 'blocked', 'unreachable']

/** Whether an error ends the collection. Any other costs only what was read, where a later turn reads it as well. */
export function endsCollection(error: unknown): boolean {
  return !(error instanceof ChannelFault) || STOPS.includes(error.code)
}
