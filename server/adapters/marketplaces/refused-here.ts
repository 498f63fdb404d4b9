import type { ActionResult, ChannelFault, FaultWhy } from '../../modules/channels/adapter.ts'

/** The code of what was refused before anything was sent. */
export const NOT_SENT = 'NOT_SENT'
/** The code of a line that somebody shipped without us, where the marketplace has none for it. */
export const OTHER_INVOICE = 'OTHER_INVOICE'
const CARRIER_UNKNOWN = 'CARRIER_UNKNOWN'

/** What we find ourselves has a reason, which every page says in its own language, and none of the marketplace's words. */
export const refusedHere = (key: string, code: string | null, why: FaultWhy): ActionResult => ({
  ...{ key, code, why },
  outcome: 'refused',
  message: null,
})

/** The marketplace's refusal of one thing out of several; a fault may bring a reason of ours instead of its words. */
export const refusedBy = (
  key: string,
  { code, said, why }: Pick<ChannelFault, 'code' | 'said' | 'why'>,
): ActionResult => ({
  ...{ key, code, message: said || null },
  outcome: 'refused',
  ...(why === null ? {} : { why }),
})

export const noCarrier = (key: string, carrier: string): ActionResult =>
  refusedHere(key, CARRIER_UNKNOWN, { reason: 'carrier_unknown', what: carrier })
