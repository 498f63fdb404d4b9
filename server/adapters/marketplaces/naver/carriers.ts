import type { CARRIERS } from '../../../modules/channels/adapter.ts'

/** The marketplace's own list; a code of another marketplace's list must never be sent here. */
const CODES: Readonly<Record<keyof typeof CARRIERS, string>> = {
  cj: 'CJGLS',
  lotte: 'HYUNDAI',
  hanjin: 'HANJIN',
  logen: 'KGB',
  epost: 'EPOST',
  kyungdong: 'KDEXP',
  daesin: 'DAESIN',
  ilyang: 'ILYANG',
}

/** Null for a carrier this marketplace has no code for. */
export function codeOfCarrier(carrier: string): string | null {
  return Object.hasOwn(CODES, carrier) ? CODES[carrier as keyof typeof CARRIERS] : null
}
