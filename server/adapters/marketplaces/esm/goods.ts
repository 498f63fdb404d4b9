import { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import { ChannelFault } from '../../../modules/channels/adapter.ts'
import { anId, expectShape, someText, units } from '../answers.ts'
import { isNumberId } from '../digits.ts'
import { type Ask, expectNoRefusal } from './call.ts'
import { amount } from './reading.ts'
import { SITES, type Site } from './sites.ts'

/** A product's numbers at the sites of the account; `sellerCode` is its managedCode. */
export type Product = { numbers: ReadonlyMap<Site, string>; sellerCode: string | null }

/** One option, with what each site has of it. Sites the product is not on are told as well and mean nothing. */
export type Option = {
  optSeq: string
  words: string
  manageCode: string
  surcharge: number
  at: Record<Site, { quantity: number; soldOut: boolean; displayed: boolean }>
}

/** Options with stock of their own, and the answer they were read from, which a write repeats. Empty: none. */
export type OptionList = { options: readonly Option[]; raw: unknown }

export type Goods = {
  /** Throws `not_found` for a product the account does not have. */
  product(unit: string): Promise<Product>
  options(unit: string): Promise<OptionList>
  /** The same as it was read some minutes ago, for what does not change: numbers, codes and words. */
  knownOptions(unit: string): Promise<OptionList>
  /** Whether the product had options when they were last read; null when nobody asked for a while. */
  hasOptions(unit: string): boolean | null
  /** The product of an order's site number. Throws `not_found`, as for one that was deleted. */
  unitOf(siteGoodsNo: string): Promise<string>
}

/** Numbers of a product never change. */
const MOST_REMEMBERED = 10_000

/** So long a product that gained or lost its options is read as it was. */
const OPTIONS_KNOWN_MS = 10 * 60_000

export function openGoods(ask: Ask, clock: Clock): Goods {
  const products = new Map<string, Promise<Product>>()
  const units = new Map<string, string>()
  const optioned = new Map<string, { list: OptionList; at: number }>()

  async function options(unit: string): Promise<OptionList> {
    const list = await askOptions(ask, unit)
    // What a write would repeat is not kept: it is read anew for every write.
    remember(optioned, unit, { list: { options: list.options, raw: null }, at: clock.monotonic() })
    return list
  }

  function known(unit: string): OptionList | null {
    const kept = optioned.get(unit)
    return kept && clock.monotonic() - kept.at < OPTIONS_KNOWN_MS ? kept.list : null
  }

  return {
    product: (unit) => {
      // What is no number must not become part of a path.
      if (!isNumberId(unit))
        throw new ChannelFault('not_found', '', { why: { reason: 'id_malformed', what: unit.slice(0, 40) } })
      const kept = products.get(unit)
      if (kept) return kept
      const asked = askProduct(ask, unit)
      remember(products, unit, asked)
      asked.catch(() => products.delete(unit))
      return asked
    },
    options,
    knownOptions: async (unit) => known(unit) ?? options(unit),
    hasOptions: (unit) => {
      const list = known(unit)
      return list === null ? null : list.options.length > 0
    },
    unitOf: async (siteGoodsNo) => {
      const kept = units.get(siteGoodsNo)
      if (kept !== undefined) return kept
      const answer = expectNoRefusal(await ask({ method: 'GET', path: `/item/v1/site-goods/${siteGoodsNo}/goods-no` }))
      const unit = expectShape(z.object({ goodsno: anId.refine(isNumberId) }), answer.value, 'goods-no').goodsno
      remember(units, siteGoodsNo, unit)
      return unit
    },
  }
}

function remember<T>(kept: Map<string, T>, key: string, value: T): void {
  kept.delete(key)
  if (kept.size >= MOST_REMEMBERED) kept.delete(kept.keys().next().value!)
  kept.set(key, value)
}

async function askProduct(ask: Ask, unit: string): Promise<Product> {
  const answer = expectNoRefusal(await ask({ method: 'GET', path: `/item/v1/goods/${unit}/status` }))
  const { sellmanagecode, sitedetail } = expectShape(productAnswer, answer.value, 'status')
  const numbers = new Map<Site, string>()
  for (const site of SITES) {
    const number = sitedetail[site]?.sitegoodsno
    if (number) numbers.set(site, number)
  }
  if (numbers.size === 0) throw new ChannelFault('not_found', '', { why: { reason: 'item_missing', what: unit } })
  return { numbers, sellerCode: sellmanagecode || null }
}

/** What a site does not have is null, an empty object or an empty number. */
const siteNumber = z.object({ sitegoodsno: z.union([anId, z.literal(''), z.null()]).optional() }).nullish()

const productAnswer = z.object({
  sellmanagecode: someText(100),
  sitedetail: z.object({ iac: siteNumber, gmkt: siteNumber }),
})

/** Three kinds of list have stock; texts the buyer fills in and calculated sizes have none. */
async function askOptions(ask: Ask, unit: string): Promise<OptionList> {
  const answer = await ask({ method: 'GET', path: `/item/v1/goods/${unit}/recommended-options` })
  // "No data", as it may be told of a product without options; a product nobody knows was found out before.
  if (answer.code === '1000') return { options: [], raw: null }
  const list = expectShape(optionsAnswer, expectNoRefusal(answer).value, 'recommended-options')
  const details = list.independent?.details ?? list.combination?.details ?? []
  if (!list.isstockmanage || details.length === 0) return { options: [], raw: answer.raw }
  return { options: details.map(optionOf), raw: answer.raw }
}

function optionOf(row: z.infer<typeof optionRow>): Option {
  const values = [
    row.recommendedoptvalue,
    row.recommendedoptvalue1,
    row.recommendedoptvalue2,
    row.recommendedoptvalue3,
  ].flatMap((value) => (value?.koreantext ? [value.koreantext] : []))
  const at = (site: Site) => ({
    quantity: row.qty[site] ?? 0,
    soldOut: row.issoldoutsite?.[site] ?? row.issoldout ?? false,
    displayed: row.isdisplaysite?.[site] ?? row.isdisplay ?? true,
  })
  return {
    optSeq: row.optseq,
    words: values.join('/'),
    manageCode: row.managecode,
    surcharge: row.addamnt ?? 0,
    at: { iac: at('iac'), gmkt: at('gmkt') },
  }
}

const words = z.object({ koreantext: someText() }).nullish()
const perSite = z.object({ iac: z.boolean().nullish(), gmkt: z.boolean().nullish() }).nullish()

const optionRow = z.object({
  optseq: anId.refine(isNumberId),
  qty: z.object({ iac: units.nullish(), gmkt: units.nullish() }),
  issoldout: z.boolean().nullish(),
  issoldoutsite: perSite,
  isdisplay: z.boolean().nullish(),
  isdisplaysite: perSite,
  managecode: someText(100),
  addamnt: amount.nullish(),
  recommendedoptvalue: words,
  recommendedoptvalue1: words,
  recommendedoptvalue2: words,
  recommendedoptvalue3: words,
})

const optionLists = z.object({ details: z.array(optionRow).nullish() }).nullish()

const optionsAnswer = z
  .object({
    isstockmanage: z.boolean().nullish(),
    independent: optionLists,
    combination: optionLists,
  })
  .refine((list) => list.isstockmanage !== undefined || list.independent !== undefined, 'no list of options')
