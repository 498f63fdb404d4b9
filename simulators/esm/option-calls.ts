import type { SimResponse } from '../marketplace.ts'
import {
  type Body,
  bytesOf,
  decimal,
  field,
  inner,
  isObject,
  itemOk,
  itemRefused,
  json,
  text,
  whole,
} from './envelopes.ts'
import {
  addOption,
  changeStock,
  type Goods,
  type Item,
  MOST_COMBINATIONS,
  MOST_SINGLE_OPTIONS,
  MOST_STOCK,
  type Option,
  wordsOf,
} from './goods.ts'
import { commit, goodsOf, notYours, unlessStopped } from './site-writes.ts'
import { SITES, type Site } from './sites.ts'
import type { Call, World } from './world.ts'

const LONGEST_CODE_BYTES = 20

/** What one row of a write says of an option at one site. */
type Wish = { units: number; soldOut: boolean; displayed: boolean }
type Row = { optSeq: number; values: string[]; manageCode: string; surcharge: number; bySite: Map<Site, Wish> }

/**
 * PUT …/recommended-options: the whole list of options with their numbers, 1 to 99999 a site. An option is sold out by
 * isSoldOut and not by a number; one at least stays for sale. inputType 1 tells sold out and shown per site.
 */
export function putOptions(world: World, call: Call): SimResponse {
  const goods = goodsOf(world, call)
  if (goods === null) return notYours()
  const rows = readRows(goods, call.body)
  if ('refusal' in rows) return itemRefused(rows.code, rows.refusal)
  const { hiddenStaysForSale } = world.switches
  const isAllSoldOut = (site: Site) =>
    rows.list.every(({ bySite }) => bySite.get(site)!.soldOut || !(bySite.get(site)!.displayed || hiddenStaysForSale))
  if (rows.list.length === 0 || SITES.some((site) => goods.listings.has(site) && isAllSoldOut(site))) {
    return itemRefused(3000, '모든 옵션이 품절인 상태로 등록이 불가합니다')
  }
  for (const listing of goods.listings.values()) {
    const write = unlessStopped(world, listing, () => {})
    if ('refusal' in write) return itemRefused(1000, write.refusal)
  }
  commit(world, call, (at) => applyRows(world, goods, rows.list, at))
  return itemOk(goods.goodsNo, null)
}

function applyRows(world: World, goods: Goods, rows: readonly Row[], at: number): void {
  const { shelf, switches } = world
  const listed = new Set<Option>()
  for (const row of rows) {
    const { values, manageCode, surcharge } = row
    const option = optionOf(goods, row) ?? addOption(shelf, goods, values, manageCode, surcharge)
    listed.add(option)
    option.manageCode = manageCode
    option.surcharge = surcharge
    for (const [site, item] of option.items) applyWish(world, item, row.bySite.get(site)!, at)
  }
  goods.updatedAt = at
  if (switches.unlistedOptions === 'kept') return
  for (const option of goods.options) {
    if (!listed.has(option)) for (const item of option.items.values()) item.removed = true
  }
  goods.options = goods.options.filter((option) => listed.has(option))
}

function applyWish(world: World, item: Item, { units, soldOut, displayed }: Wish, at: number): void {
  const listing = item.goods.listings.get(item.site)!
  if (!listing.selling && world.switches.whileStopped !== 'applied') return
  item.soldOut = soldOut
  item.displayed = displayed
  changeStock(world.shelf, item, units, 'write', at)
}

/** By its own number, or by its words when the row has none. */
function optionOf(goods: Goods, { optSeq, values }: Pick<Row, 'optSeq' | 'values'>): Option | undefined {
  const words = wordsOf(values)
  return goods.options.find((option) => (optSeq > 0 ? option.optSeq === optSeq : option.words === words))
}

type Refusal = { refusal: string; code: number }

const QTY_RANGE =
  '[InvalidApiRequestEx]["Gmkt 필드는 1에서 99999 사이에 있어야 합니다.","Iac 필드는 1에서 99999 사이에 있어야 합니다."]'

function readRows(goods: Goods, body: Body): { list: Row[] } | Refusal {
  const type = whole(body, 'type')
  if (type !== 1 && type !== 2 && type !== 3) return { refusal: '지원하지 않는 추천옵션 타입입니다.', code: 1000 }
  if (field(body, 'isStockManage') !== true) return { refusal: 'isStockManage 필드가 필요합니다.', code: 1000 }
  const kind = type === 1 ? 'independent' : 'combination'
  const details = field(inner(body, kind) ?? {}, 'details')
  if (!Array.isArray(details)) return { refusal: `${kind} 필드가 필요합니다.`, code: 1000 }
  if (type === 1 && details.length > MOST_SINGLE_OPTIONS) {
    return { refusal: '선택형(Independent) 상세정보(Details) 항목은 50개까지 입력 가능합니다', code: 1000 }
  }
  if (details.length > MOST_COMBINATIONS) {
    return { refusal: '조합형(Combination) 상세정보(Details) 항목은 500개까지 입력 가능합니다', code: 1000 }
  }
  const list: Row[] = []
  for (const detail of details) {
    const row = readRow(goods, detail, type, whole(body, 'inputType') === 1)
    if ('refusal' in row) return row
    const known = optionOf(goods, row)
    if (known === undefined && row.optSeq > 0) return { refusal: `옵션 번호 오류 (${row.optSeq})`, code: 3000 }
    if (known?.manageCode !== row.manageCode && bytesOf(row.manageCode) > LONGEST_CODE_BYTES) {
      return { refusal: 'manageCode 필드는 20byte 이내로 입력 가능합니다.', code: 1000 }
    }
    list.push(row)
  }
  const names = list.map(({ values }) => wordsOf(values))
  return new Set(names).size < names.length ? { refusal: '중복된 옵션이 있습니다.', code: 1000 } : { list }
}

function readRow(goods: Goods, detail: unknown, type: 1 | 2 | 3, isPerSite: boolean): Row | Refusal {
  if (!isObject(detail)) return { refusal: 'details 필드가 올바르지 않습니다.', code: 1000 }
  const optSeq = whole(detail, 'optSeq') ?? 0
  const named = (type === 1 ? [''] : [1, 2, 3].slice(0, type)).map((nth) =>
    text(inner(detail, `recommendedOptValue${nth}`) ?? {}, 'koreanText'),
  )
  const values = named.includes('') ? (optionOf(goods, { optSeq, values: named })?.values ?? []) : named
  const bySite = new Map<Site, Wish>()
  for (const site of goods.listings.keys()) {
    const units = whole(inner(detail, 'qty') ?? {}, site)
    const soldOut = flag(detail, 'isSoldOut', site, isPerSite)
    const displayed = flag(detail, 'isDisplay', site, isPerSite)
    if (units === null || units < 1 || units > MOST_STOCK) return { refusal: QTY_RANGE, code: 1000 }
    if (soldOut === null || displayed === null || values.length === 0) {
      return {
        refusal: '[InvalidApiRequestEx]["isSoldOut, isDisplay, recommendedOptValue 필드가 필요합니다."]',
        code: 1000,
      }
    }
    bySite.set(site, { units, soldOut, displayed })
  }
  const surcharge = whole(detail, 'addAmnt') ?? 0
  return { optSeq, values: [...values], manageCode: text(detail, 'manageCode'), surcharge, bySite }
}

/** `isSoldOut` for both sites, or `isSoldOutSite.gmkt` for one; null when neither says. */
function flag(detail: Body, name: string, site: Site, isPerSite: boolean): boolean | null {
  const own = isPerSite ? field(inner(detail, `${name}Site`) ?? {}, site) : undefined
  const value = own ?? field(detail, name)
  return typeof value === 'boolean' ? value : null
}

/** GET …/recommended-options. A sold number is told as it is, 0 too, which a write would refuse. */
export function getOptions(world: World, call: Call): SimResponse {
  const goods = goodsOf(world, call)
  if (goods === null) return notYours()
  const count = goods.options[0]?.values.length ?? 0
  const details = goods.options.map(tellOption)
  return json(200, {
    type: count,
    isStockManage: count > 0,
    inputType: 1,
    independent: count === 1 ? { details, recommendedOptNo: 0, recommendedOptName: words('옵션') } : null,
    independents: null,
    combination:
      count > 1
        ? { details, ...numbered('recommendedOptNo', Array(count).fill(0)), ...titles(count), imageInfo: null }
        : null,
    text: null,
    calculation: null,
  })
}

export const optionTitle = (nth: number) => `옵션${nth === 0 ? '' : nth + 1}`

const titles = (count: number) =>
  numbered(
    'recommendedOptName',
    Array.from({ length: count }, (_, nth) => words(optionTitle(nth))),
  )

function tellOption({ optSeq, values, manageCode, surcharge, items }: Option) {
  const perSite = (tell: (item: Item) => unknown, none: unknown) => {
    const [gmkt, iac] = [items.get('gmkt'), items.get('iac')]
    return { gmkt: gmkt ? tell(gmkt) : none, iac: iac ? tell(iac) : none }
  }
  const every = (tell: (item: Item) => boolean) => [...items.values()].every(tell)
  const single = values.length === 1
  return {
    ...(single
      ? { recommendedOptValueNo: 0 }
      : numbered(
          'recommendedOptValueNo',
          values.map(() => 0),
        )),
    ...(single ? { recommendedOptValue: words(values[0]!) } : numbered('recommendedOptValue', values.map(words))),
    optSeq,
    isSoldOut: every(({ soldOut }) => soldOut),
    isSoldOutSite: perSite(({ soldOut }) => soldOut, false),
    isDisplay: every(({ displayed }) => displayed),
    isDisplaySite: perSite(({ displayed }) => displayed, false),
    qty: perSite(({ stock }) => stock, 0),
    manageCode,
    skuInfo: null,
    addAmnt: decimal(surcharge),
    addAmntSite: perSite(() => decimal(surcharge), decimal(0)),
  }
}

const words = (koreanText: string) => ({ koreanText, englishText: null, chineseText: null, exposeLanguage: 0 })

/** name1, name2, … */
const numbered = (name: string, values: readonly unknown[]) =>
  Object.fromEntries(values.map((value, nth) => [`${name}${nth + 1}`, value]))
