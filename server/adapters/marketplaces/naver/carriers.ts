import type { CARRIERS } from '../../../modules/channels/adapter.ts'
import { openCarrierCodes } from '../carriers.ts'

/** The marketplace's own list. */
export const { codeOf: codeOfCarrier, carrierOf: carrierOfCode } = openCarrierCodes({
  cj: 'CJGLS',
  lotte: 'HYUNDAI',
  hanjin: 'HANJIN',
  logen: 'KGB',
  epost: 'EPOST',
  kyungdong: 'KDEXP',
  daesin: 'DAESIN',
  ilyang: 'ILYANG',
} satisfies Record<keyof typeof CARRIERS, string>)
