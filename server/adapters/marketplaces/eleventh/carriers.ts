import { openCarrierCodes } from '../carriers.ts'

/** The marketplace's own list, as far as it is known. */
export const { codeOf: codeOfCarrier, carrierOf: carrierOfCode } = openCarrierCodes({
  cj: '00034',
  lotte: '00012',
  hanjin: '00011',
  logen: '00002',
  epost: '00007',
  kyungdong: '00026',
  daesin: '00021',
})

/** dlvMthdCd of a call, which is not the list that rows use. */
export const BY_COURIER = '01'
