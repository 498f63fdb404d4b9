import type { SimResponse } from '../marketplace.ts'
import { type Body, decimal, field, gateRefused, inner, itemRefused, json, whole } from './envelopes.ts'
import { type Goods, type Listing, stockAt } from './goods.ts'
import { goodsOf, listingsOf, notYours } from './site-writes.ts'
import type { Site } from './sites.ts'
import { tellSpaced } from './times.ts'
import { type Call, happens, type World } from './world.ts'

/** GET …/goods/{goodsNo}/status: the number at each site. */
export function getStatus(world: World, call: Call): SimResponse {
  const goods = goodsOf(world, call)
  if (goods === null) return notYours()
  const detail = (listing: Listing) => ({ SiteGoodsNo: listing.siteGoodsNo, SiteGoodsComment: '성공' })
  const { goodsNo, managedCode } = goods
  return json(200, {
    goodsNo,
    sellManageCode: managedCode,
    innerResultCode: null,
    innerMessage: null,
    siteDetail: Object.fromEntries(listingsOf(goods, call).map((listing) => [listing.site, detail(listing)])),
  })
}

/** GET /item/v1/site-goods/{siteGoodsNo}/goods-no: the way from an order back to the product. */
export function getGoodsNo(world: World, call: Call): SimResponse {
  const goods = world.shelf.goodsBySiteNo.get(call.part)
  const isOurs = goods !== undefined && listingsOf(goods, call).some(({ siteGoodsNo }) => siteGoodsNo === call.part)
  return isOurs ? json(200, { goodsNo: goods.goodsNo, isConverted: false }) : notYours()
}

const MOST_PER_PAGE = 500
const SEARCHES_A_MINUTE = 30

/** POST /item/v1/goods/search: 30 calls a minute; managedCode is not obeyed in practice; 404 when it finds nothing. */
export function searchGoods(world: World, call: Call): SimResponse {
  const { switches, pace, shelf } = world
  const isOn = switches.limits === 'on'
  const rule = { most: SEARCHES_A_MINUTE, everyMs: 60_000, refusedCounts: switches.refusedCallRearms, isOn }
  if (!pace.take('search', rule, call.now)) {
    if (switches.searchRefusal === 'http_429') return gateRefused(429, 'Too many requests')
    return itemRefused(3000, '상품 목록 조회는 분당 최대 30회 호출 가능합니다.')
  }
  const size = whole(call.body, 'pageSize') ?? 0
  const index = whole(call.body, 'pageIndex') ?? 0
  if (size < 1 || size > MOST_PER_PAGE) {
    return itemRefused(1000, '[InvalidApiRequestEx]["한번에 조회 가능한 상품 수는 1~500 사이로 입력해야 합니다."]')
  }
  if (index < 1) return itemRefused(1000, '[InvalidApiRequestEx]["pageIndex는 1 이상 입력해야 합니다."]')

  const query = inner(call.body, 'query') ?? {}
  const found = candidates(shelf.goods, world, query).filter((goods) => matches(world, call, goods, query))
  if (found.length === 0 || happens(switches.searchSaysNothing, call.random)) {
    return json(404, { resultCode: 1000, message: '상품이 없습니다.' })
  }
  const rows = found.slice((index - 1) * size, index * size)
  return json(200, {
    totalItems: found.length,
    pageIndex: index,
    pageSize: size,
    items: rows.map((goods, at) => tellGoods(call, goods, (index - 1) * size + at + 1)),
  })
}

/** Named products are looked up; anything else looks at all of them, at most 30 times a minute. */
function candidates(all: readonly Goods[], { shelf }: World, query: Body): readonly Goods[] {
  const [numbers, siteNumbers] = [list(query, 'goodsNo'), list(query, 'siteGoodsNo')]
  if (numbers !== null) return present(numbers.map((no) => shelf.goodsByNo.get(Number(no))))
  if (siteNumbers !== null) return present(siteNumbers.map((no) => shelf.goodsBySiteNo.get(no)))
  return all
}

const present = (goods: readonly (Goods | undefined)[]) => [...new Set(goods.filter((each) => each !== undefined))]

function matches(world: World, call: Call, goods: Goods, query: Body): boolean {
  const [statuses, sites, codes] = [list(query, 'sellStatus'), list(query, 'siteId'), list(query, 'managedCode')]
  const listings = listingsOf(goods, call).filter(
    ({ site }) => sites === null || sites.includes(site === 'iac' ? '1' : '2'),
  )
  if (codes !== null && world.switches.managedCodeFilter === 'works' && !codes.includes(goods.managedCode)) return false
  return listings.some((listing) => statuses === null || statuses.includes(sellStatus(listing)))
}

/** Numbers and texts alike, as texts; null when absent or empty, which asks for everything. */
function list(query: Body, name: string): string[] | null {
  const value = field(query, name)
  return Array.isArray(value) && value.length > 0 ? value.map(String) : null
}

const sellStatus = ({ selling }: Listing): '11' | '21' => (selling ? '11' : '21')

function tellGoods(call: Call, goods: Goods, no: number) {
  const listings = listingsOf(goods, call)
  const perSite = (tell: (listing: Listing) => unknown) => {
    const at = (site: Site) => listings.find((listing) => listing.site === site)
    const [gmkt, iac] = [at('gmkt'), at('iac')]
    return { gmkt: gmkt ? tell(gmkt) : null, iac: iac ? tell(iac) : null }
  }
  return {
    no,
    goodsNo: String(goods.goodsNo),
    siteGoodsNo: perSite(({ siteGoodsNo }) => siteGoodsNo),
    managedCode: goods.managedCode,
    goodsName: goods.name,
    sellStatus: perSite(sellStatus),
    price: perSite(({ price }) => decimal(price)),
    stock: perSite((listing) => stockAt(goods, listing)),
    useOption: goods.options.length > 0,
    isGift: false,
    is3PL: false,
    isStarDelivery: false,
    createdDate: tellSpaced(goods.createdAt),
    updatedDate: tellSpaced(goods.updatedAt),
    sellStopDate: perSite(({ stoppedAt }) => (stoppedAt === null ? null : tellSpaced(stoppedAt))),
  }
}
