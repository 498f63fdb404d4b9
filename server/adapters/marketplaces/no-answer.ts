import type { HttpOutcome } from '../../kernel/http-port.ts'
import { ChannelFault } from '../../modules/channels/adapter.ts'

/** What was not sent was not done; what was sent and not answered may have been. */
export function noAnswer(outcome: Exclude<HttpOutcome, { kind: 'answered' }>): ChannelFault {
  return new ChannelFault(outcome.kind === 'not_sent' ? 'unreachable' : 'unknown', outcome.reason)
}
