import { actLater } from '../due.ts'
import type { SimResponse } from '../marketplace.ts'
import { itemOk, itemRefused } from './envelopes.ts'
import { type Goods, isDeleted, type Listing } from './goods.ts'
import { SITE_TAG, SITES, type Site } from './sites.ts'
import { type Call, happens, type World } from './world.ts'

/** What a write wants of one site, or the text that refuses it. */
export type SiteWrite = { apply: (at: number) => void } | { refusal: string }

/**
 * One call, two sites, two outcomes: either may take the write while the other does not, and only the message says so,
 * as "[IAC] 성공 / [GMKT] 재고는 …".
 *
 * @param told the message when every site took it; null keeps the per-site text.
 */
export function answerWrites(
  world: World,
  call: Call,
  goods: Goods,
  writes: ReadonlyMap<Site, SiteWrite>,
  told: (message: string) => string | null,
): SimResponse {
  const { switches } = world
  const outcomes = SITES.flatMap((site) => {
    const write = writes.get(site)
    return write === undefined ? [] : [{ site, write: spoiled(world, call, write) }]
  })
  const refused = outcomes.filter(({ write }) => 'refusal' in write)
  const isNothingTaken =
    refused.length === outcomes.length || (refused.length > 0 && switches.partialWrite === 'refused_whole')
  if (isNothingTaken) {
    return itemRefused(1000, refused.map(({ site, write }) => `${SITE_TAG[site]} ${textOf(write)}`).join(' / '))
  }

  commit(world, call, (at) => {
    for (const { write } of outcomes) if ('apply' in write) write.apply(at)
    goods.updatedAt = at
  })
  const message = outcomes.map(({ site, write }) => `${SITE_TAG[site]} ${textOf(write)}`).join(' / ')
  if (refused.length === 0) return itemOk(goods.goodsNo, told(message))
  return switches.partialWrite === 'code_1000' ? itemRefused(1000, message) : itemOk(goods.goodsNo, message)
}

const textOf = (write: SiteWrite): string => ('refusal' in write ? write.refusal : '성공')

function spoiled(world: World, call: Call, write: SiteWrite): SiteWrite {
  const fails = 'apply' in write && happens(world.switches.oneSiteFails, call.random)
  return fails ? { refusal: '일시적인 오류로 처리하지 못했습니다.' } : write
}

/** Says success; whether and when it happens is the faults' to decide. */
export function commit(world: World, call: Call, apply: (at: number) => void): void {
  const { faults } = world
  if (happens(faults.lostWrite, call.random)) return
  if (happens(faults.slowApply, call.random)) actLater(world.due, call.now + faults.slowApplyMs, apply)
  else apply(call.now)
}

/** What a stopped site makes of a change of stock, price or options. */
export function unlessStopped(world: World, listing: Listing, apply: (at: number) => void): SiteWrite {
  const { whileStopped } = world.switches
  if (listing.selling || whileStopped === 'applied') return { apply }
  if (whileStopped === 'refused') return { refusal: '판매중지 상품은 수정할 수 없습니다.' }
  return { apply: () => {} }
}

/** The product in the path, as far as the token's sellers have it. */
export function goodsOf(world: World, call: Call): Goods | null {
  const goods = world.shelf.goodsByNo.get(Number(call.part))
  return goods !== undefined && listingsOf(goods, call).length > 0 ? goods : null
}

/** Its listings at the token's sites; deleted ones are gone. */
export function listingsOf(goods: Goods, call: Call): Listing[] {
  return SITES.flatMap((site) => {
    const listing = goods.listings.get(site)
    return listing === undefined || !call.sites.has(site) || isDeleted(listing, call.now) ? [] : [listing]
  })
}

export const notYours = () => itemRefused(1000, '해당 판매자의 상품이 아닙니다.')
