import type { SimResponse } from '../marketplace.ts'
import { type Body, decimal, field, inner, itemRefused, json, whole } from './envelopes.ts'
import { changeStock, type Goods, type Listing, MOST_STOCK, setSelling, stockAt } from './goods.ts'
import { answerWrites, goodsOf, listingsOf, notYours, type SiteWrite, unlessStopped } from './site-writes.ts'
import { SITES, type Site } from './sites.ts'
import { DAY_MS, tellTime } from './times.ts'
import type { Call, World } from './world.ts'

/** PUT …/stock `{"stock":{"gmkt":5,"iac":5}}`: absolute, 1 to 99999, only for products without options. */
export function putStock(world: World, call: Call): SimResponse {
  const goods = goodsOf(world, call)
  if (goods === null) return notYours()
  const stock = inner(call.body, 'stock')
  if (stock === null) return itemRefused(2000, '[InvalidApiRequestEx]["stock 필드가 필요합니다."]')
  if (goods.options.length > 0) return itemRefused(1000, '옵션 사용 상품은 재고를 수정할 수 없습니다.')
  return putPerSite(world, call, goods, stock, (listing, units) => {
    const refusal = stockFault(units)
    if (refusal !== null) return { refusal }
    return unlessStopped(world, listing, (at) => changeStock(world.shelf, listing.item!, units!, 'write', at))
  })
}

/** PUT …/price `{"gmkt":9900,"iac":9900}`: only while selling. */
export function putPrice(world: World, call: Call): SimResponse {
  const goods = goodsOf(world, call)
  if (goods === null) return notYours()
  return putPerSite(world, call, goods, call.body, (listing, won) => {
    const refusal = priceFault(won)
    if (refusal !== null) return { refusal }
    return unlessStopped(world, listing, () => {
      listing.price = won!
    })
  })
}

export function getPrice(world: World, call: Call): SimResponse {
  const goods = goodsOf(world, call)
  if (goods === null) return notYours()
  const listings = listingsOf(goods, call)
  return json(
    200,
    bothSites((site) => decimal(listings.find((each) => each.site === site)?.price ?? 0)),
  )
}

/** A site that the body does not name is left alone; one the product is not on takes 0 and nothing else. */
function putPerSite(
  world: World,
  call: Call,
  goods: Goods,
  numbers: Body,
  write: (listing: Listing, number: number | null) => SiteWrite,
): SimResponse {
  const listings = listingsOf(goods, call)
  const writes = new Map<Site, SiteWrite>()
  for (const site of SITES) {
    const told = field(numbers, site)
    if (told === undefined || told === null) continue
    const listing = listings.find((each) => each.site === site)
    if (listing !== undefined) writes.set(site, write(listing, whole(numbers, site)))
    else if (told !== 0) writes.set(site, { refusal: '등록되지 않은 사이트입니다.' })
  }
  if (writes.size === 0) return itemRefused(1000, '[InvalidApiRequestEx]["gmkt 또는 iac 필드가 필요합니다."]')
  return answerWrites(world, call, goods, writes, (message) => message)
}

function stockFault(units: number | null): string | null {
  if (units === null) return '재고는 숫자이어야 합니다.'
  if (units < 1) return '재고는 1개 이상이어야 합니다.'
  return units > MOST_STOCK ? `재고는 ${MOST_STOCK}개 이하이어야 합니다.` : null
}

function priceFault(won: number | null): string | null {
  if (won === null || won < 0) return '판매가격이 올바르지 않습니다.'
  if (won === 0) return '0원 금액은 입력하실 수 없습니다.'
  if (won % 10 !== 0) return '1원단위는 입력하실 수 없습니다.'
  return won >= 1_000_000_000 ? '10억원 이상은 입력하실 수 없습니다.' : null
}

const SELLING_PERIODS = [-1, 0, 15, 30, 60, 90, 365]

/**
 * PUT …/sell-status. Every block and both sites are required, zeros and false for a site the product is not on. This
 * is how a product is sold out: its stock cannot be written to 0.
 */
export function putSellStatus(world: World, call: Call): SimResponse {
  const goods = goodsOf(world, call)
  if (goods === null) return notYours()
  const wanted = readSellStatus(call.body)
  if (typeof wanted === 'string') return itemRefused(1000, `[InvalidApiRequestEx]["${wanted}"]`)
  const writes = new Map<Site, SiteWrite>()
  const listings = listingsOf(goods, call)
  for (const site of SITES) {
    const listing = listings.find((each) => each.site === site)
    if (listing !== undefined) writes.set(site, sellWrite(world, listing, wanted.get(site)!))
    else if (wanted.get(site)!.isSell) writes.set(site, { refusal: '등록되지 않은 사이트입니다.' })
  }
  return answerWrites(world, call, goods, writes, () => null)
}

type SellWish = { isSell: boolean; price: number; stock: number; period: number }

/** What is missing, as text. */
function readSellStatus(body: Body): Map<Site, SellWish> | string {
  const isSell = inner(body, 'isSell')
  const basic = inner(body, 'itemBasicInfo')
  const blocks = ['price', 'stock', 'sellingPeriod'].map((name) => inner(basic ?? {}, name))
  const [price, stock, period] = blocks
  if (isSell === null || !price || !stock || !period) {
    return 'isSell, itemBasicInfo.price, stock, sellingPeriod 필드가 필요합니다.'
  }
  const wishes = new Map<Site, SellWish>()
  for (const site of SITES) {
    const sells = field(isSell, site)
    const numbers = [price, stock, period].map((block) => whole(block, site))
    const [won, units, days] = numbers
    if (typeof sells !== 'boolean' || won == null || units == null || days == null) return `${site} 필드가 필요합니다.`
    wishes.set(site, { isSell: sells, price: won, stock: units, period: days })
  }
  return wishes
}

/** Stopping takes nothing but the stop; selling takes price, stock and period along. */
function sellWrite(world: World, listing: Listing, wish: SellWish): SiteWrite {
  const { isSell, price, stock, period } = wish
  const isStopWithZeros = !isSell && price === 0 && stock === 0 && world.switches.stopWithZeros === 'taken'
  const ownStock = listing.item === null ? null : stockFault(stock)
  const refusal =
    priceFault(price) ?? ownStock ?? (SELLING_PERIODS.includes(period) ? null : '판매기간이 올바르지 않습니다.')
  if (refusal !== null && !isStopWithZeros) return { refusal }
  return {
    apply: (at) => {
      setSelling(listing, isSell, at)
      if (!isSell) return
      listing.price = price
      if (listing.item !== null) changeStock(world.shelf, listing.item, stock, 'write', at)
      if (period !== 0) listing.sellingUntil = period === -1 ? null : at + period * DAY_MS
    },
  }
}

/** GET …/sell-status mixes the case of its keys, as the real one does. */
export function getSellStatus(world: World, call: Call): SimResponse {
  const goods = goodsOf(world, call)
  if (goods === null) return notYours()
  const listings = listingsOf(goods, call)
  const perSite = (tell: (listing: Listing) => unknown, none: unknown) =>
    bothSites((site) => {
      const listing = listings.find((each) => each.site === site)
      return listing === undefined ? none : tell(listing)
    })
  return json(200, {
    IsSell: perSite(({ selling }) => selling, false),
    itemBasicInfo: {
      Price: perSite(({ price }) => decimal(price), 0),
      Stock: perSite((listing) => stockAt(goods, listing), 0),
      SellingPeriod: perSite(({ sellingUntil }) => tellLastDay(sellingUntil), 0),
    },
  })
}

const tellLastDay = (until: number | null): number =>
  until === null ? 99_991_231 : Number(tellTime(until).slice(0, 10).replaceAll('-', ''))

const bothSites = (tell: (site: Site) => unknown) => ({ gmkt: tell('gmkt'), iac: tell('iac') })
