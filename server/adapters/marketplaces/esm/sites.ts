import { isNumberId } from '../digits.ts'

/** One product, two listings: 옥션 (iac) and G마켓 (gmkt), as the contract's fields call them. */
export type Site = 'iac' | 'gmkt'

export const SITES: readonly Site[] = ['iac', 'gmkt']

/** Which listing a key of ours is about; also what a token calls it. */
export const LETTER = { iac: 'A', gmkt: 'G' } as const satisfies Record<Site, string>

/** siteType in requests. */
export const SITE_TYPE: Record<Site, number> = { iac: 1, gmkt: 2 }

/** SiteType in the request for cancels, and in many answers. */
export const CANCELS_SITE_TYPE: Record<Site, number> = { iac: 1, gmkt: 3 }

/** An order's number behind its site's letter, since claims are answered by both: `A4000000001`. */
export function keyOf(site: Site, orderNo: string): string {
  return LETTER[site] + orderNo
}

/** The parts of such a key; a number alone is a key without site; null for anything else. */
export function readKey(key: string): { site: Site | null; orderNo: string } | null {
  const site = SITES.find((each) => key.startsWith(LETTER[each])) ?? null
  const orderNo = site === null ? key : key.slice(1)
  return isNumberId(orderNo) ? { site, orderNo } : null
}
