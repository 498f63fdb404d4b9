import type { SimResponse } from '../marketplace.ts'
import { claimRefused, orderRefused, whole } from './envelopes.ts'
import { orderOf } from './order-lists.ts'
import type { Order } from './orders.ts'
import { type Site, siteOfType } from './sites.ts'
import type { Call, World } from './world.ts'

/** SiteType 1 | 2 in the body has to be the order's site. 옥션 says 1000 of a number it does not know. */
export function onOrder(world: World, call: Call, act: (order: Order | null, site: Site) => SimResponse): SimResponse {
  const site = siteOfType(whole(call.body, 'SiteType'))
  if (site === null) return orderRefused('사이트 타입이 올바르지 않습니다', 2141)
  const order = orderOf(world, call, Number(call.part))
  const ours = order?.site === site ? order : null
  return ours === null && site === 'iac' ? claimRefused(site, 1000, '데이터 조회 실패.') : act(ours, site)
}
