import { CHANNEL_FAULTS, ChannelFault, FAULT_REASONS, type FaultWhy } from './adapter.ts'

/** What a journal entry's detail tells beside its value. `detail`: what no field holds. */
export type Told = {
  failure: { code: string; why: FaultWhy | null; said: string } | null
  /** The number a read should have shown. */
  expected: number | null
  /** How far off it was, with its sign. */
  units: number | null
  detail: string | null
}

const NOTHING: Told = { failure: null, expected: null, units: null, detail: null }

/** How a failure is kept in the journal, whose details are text. */
export function failedDetail(error: unknown): string {
  if (!(error instanceof ChannelFault)) return 'unknown: '
  const { code, why, said } = error
  const reason = why ? `[${why.reason}${why.what === undefined ? '' : ` ${why.what}`}] ` : ''
  return `${code}: ${reason}${said}`.slice(0, 300)
}

/** The fields of a detail. What was kept before 0015 named the fault in English, with what was said in brackets. */
export function toldOf(kind: string, detail: string | null): Told {
  if (detail === null) return NOTHING
  if (kind === 'failed') return { ...NOTHING, failure: failureOf(detail) }
  const expected = /^expected (-?\d+)$/.exec(detail)?.[1]
  if (expected !== undefined) return { ...NOTHING, expected: Number(expected) }
  const units = /^(-?\d+) units$/.exec(detail)?.[1]
  if (units !== undefined) return { ...NOTHING, units: Number(units) }
  return { ...NOTHING, detail }
}

function failureOf(detail: string): Told['failure'] {
  const [, code = 'unknown', rest = detail] = /^([a-z_]+): ?(.*)$/s.exec(detail) ?? []
  const [, named, what, after = ''] = /^\[([a-z_]+)(?: ([^\]]*))?\] ?(.*)$/s.exec(rest) ?? []
  const reason = FAULT_REASONS.find((known) => known === named)
  if (reason !== undefined) return { code, why: what === undefined ? { reason } : { reason, what }, said: after }
  const means = Object.entries(CHANNEL_FAULTS).find(([known]) => known === code)?.[1].means
  if (means === undefined || !rest.startsWith(means)) return { code, why: null, said: rest }
  return { code, why: null, said: rest.slice(means.length).replace(/^ \((.*)\)$/s, '$1') }
}
