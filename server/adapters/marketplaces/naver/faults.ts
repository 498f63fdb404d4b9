import { z } from 'zod'
import { ChannelFault } from '../../../modules/channels/adapter.ts'
import type { Read } from '../answers.ts'

/** Nothing documents how long to wait after a rate limit; the buckets refill every second. */
const RATE_PAUSE_MS = 1_200

/** Quota periods seen, and how long silence lasts when one is used up; anything unknown waits a minute. */
const QUOTA_PAUSE_MS: Readonly<Record<string, number>> = {
  SECONDS: 1_200,
  ROUND: 60_000,
  HOURS: 3_600_000,
}
const UNKNOWN_QUOTA_PAUSE_MS = 60_000

/** What an answer that is not the hoped-for one means. `say` takes out what must not be repeated. */
export function faultOf(
  status: number,
  headers: ReadonlyMap<string, string>,
  read: Read,
  say: (text: string) => string,
): ChannelFault {
  const { code, message } = envelopeOf(read)
  const said = say([status, code, message].filter((part) => part !== '').join(' '))
  if (status === 429) return slowDown(code, headers, said)
  // A gateway answers for a marketplace that may have acted, whatever the code in the body says.
  if (status >= 500) return new ChannelFault('unknown', said)
  if (status === 401) return new ChannelFault('signed_out', said)
  if (status === 403) return new ChannelFault(code === 'GW.AUTHZ' ? 'signed_out' : 'blocked', said)
  if (read.kind === 'html' || read.kind === 'unreadable') return new ChannelFault('garbled', said)
  // GW.NOT_FOUND is a path the gateway does not have; NOT_FOUND is an id the marketplace does not have.
  if (status === 404) return new ChannelFault(code === 'GW.NOT_FOUND' ? 'refused' : 'not_found', said)
  if (status >= 400) return new ChannelFault('refused', said)
  return new ChannelFault('garbled', said)
}

function slowDown(code: string, headers: ReadonlyMap<string, string>, said: string): ChannelFault {
  if (code !== 'GW.QUOTA_LIMIT') return new ChannelFault('rate_limited', said, { pauseMs: RATE_PAUSE_MS })
  const period = headers.get('gncp-gw-quota-period') ?? ''
  return new ChannelFault('quota_exhausted', said, { pauseMs: QUOTA_PAUSE_MS[period] ?? UNKNOWN_QUOTA_PAUSE_MS })
}

function envelopeOf(read: Read): { code: string; message: string } {
  if (read.kind !== 'json') return { code: '', message: read.kind }
  const envelope = errorEnvelope.safeParse(read.value)
  if (!envelope.success) return { code: '', message: '' }
  const { code, message, invalidInputs } = envelope.data
  const inputs = (invalidInputs ?? []).map((input) => `${input.name ?? ''}: ${input.message ?? ''}`)
  return { code: String(code ?? ''), message: [message ?? '', ...inputs].join('; ') }
}

const errorEnvelope = z.object({
  code: z.union([z.string(), z.number()]).nullish(),
  message: z.string().nullish(),
  invalidInputs: z.array(z.object({ name: z.string().nullish(), message: z.string().nullish() })).nullish(),
})
