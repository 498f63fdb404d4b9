import type { TrueClaim } from './marketplace-doors.ts'

export type OurClaim = {
  external_line_key: string
  kind: TrueClaim['kind']
  state: string
  quantity: number
}

/**
 * How our claims on lines we know differ from the marketplace's, in words. What is open there is open here, and what
 * came back there came back here. A cancel done at once may be told by its line alone, and a wish that was taken back
 * before anybody looked is told by nobody; but nothing of either kind is here that is not there.
 */
export function wrongClaims(channel: string, theirs: readonly TrueClaim[], ours: readonly OurClaim[]): string[] {
  const there = countsOf(theirs.map((claim) => ({ ...claim, key: claim.lineKey })))
  const here = countsOf(
    ours.map((claim) => ({ ...claim, key: claim.external_line_key, end: ENDS[claim.state] ?? 'open' })),
  )
  return [...new Set([...there.keys(), ...here.keys()])].flatMap((what) => {
    const [mine, their] = [here.get(what) ?? 0, there.get(what) ?? 0]
    const mayBeUntold = / (?:void \w+|done cancel) of /.test(what)
    return mine === their || (mayBeUntold && mine < their)
      ? []
      : [`${channel} claims, ${what}: ${mine} here, ${their} there`]
  })
}

const ENDS: Readonly<Record<string, TrueClaim['end']>> = { done: 'done', refused: 'void', withdrawn: 'void' }

function countsOf(claims: readonly (Pick<TrueClaim, 'kind' | 'quantity' | 'end'> & { key: string })[]) {
  const counts = new Map<string, number>()
  for (const { key, kind, quantity, end } of claims) {
    const what = `line ${key}, ${end} ${kind} of ${quantity}`
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  return counts
}
