/** One product, two listings: G마켓 (gmkt) and 옥션 (iac), each with a number, a price, a stock and a sell state of its own. */
export type Site = 'gmkt' | 'iac'

/** In the order the answers name them. */
export const SITES: readonly Site[] = ['iac', 'gmkt']

export const SITE_TAG: Record<Site, string> = { gmkt: '[GMKT]', iac: '[IAC]' }

/** What answers call a site: G마켓 is 3 there, and 2 in most requests. */
export const SITE_NUMBER_TOLD: Record<Site, number> = { iac: 1, gmkt: 3 }

/** siteType 1 | 2, as every request but the list of cancels says it. */
export function siteOfType(siteType: number | null): Site | null {
  return siteType === 1 ? 'iac' : siteType === 2 ? 'gmkt' : null
}

/** SiteType 1 | 3, as the list of cancels wants it. */
export function siteOfCancelType(siteType: number | null): Site | null {
  return siteType === 1 ? 'iac' : siteType === 3 ? 'gmkt' : null
}
