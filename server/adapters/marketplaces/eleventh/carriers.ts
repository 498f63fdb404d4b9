/** The marketplace's own list, as far as it is known; a code of another marketplace's list must never be sent here. */
export const CARRIERS: Readonly<Record<string, string>> = {
  cj: '00034',
  lotte: '00012',
  hanjin: '00011',
  logen: '00002',
  epost: '00007',
  kyungdong: '00026',
  daesin: '00021',
}

/** dlvMthdCd of a call, which is not the list that rows use. */
export const BY_COURIER = '01'

/** jaego's code of theirs, or null when it is none of ours. */
export function carrierOf(code: string): string | null {
  return Object.keys(CARRIERS).find((carrier) => CARRIERS[carrier] === code) ?? null
}
