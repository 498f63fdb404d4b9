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

/** jaego's code; null for a carrier jaego has none for. */
export function carrierOfCode(code: string): string | null {
  return CARRIER_OF.get(code) ?? null
}

const CARRIER_OF = new Map<string, string>(Object.entries(CODES).map(([carrier, code]) => [code, carrier]))
