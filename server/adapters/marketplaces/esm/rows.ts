import { createHash } from 'node:crypto'
import { z } from 'zod'
import {
  ChannelFault,
  type ChannelLineState,
  type ChannelOrder,
  type ChannelOrderLine,
} from '../../../modules/channels/adapter.ts'
import { anId, anInstant, maybeInstant, rawWithin, someText, units } from '../answers.ts'
import { isNumberId } from '../digits.ts'
import type { Goods, Option } from './goods.ts'
import { amount } from './reading.ts'
import { keyOf, type Site } from './sites.ts'

/** When the marketplace's own counter falls. Not documented, so it is a setting. */
export type StockTakenAt = 'payment' | 'order'

/** OrderStatus of the order list, and Status of the status list below the claims. */
export const STATES: Readonly<Record<number, ChannelLineState>> = {
  1: 'paid',
  2: 'acknowledged',
  3: 'shipped',
  4: 'delivered',
  5: 'completed',
}

/** One row of the order list: a product of a cart at one site, as far as we use it. */
export const orderRow = z.object({
  orderno: anId.refine(isNumberId),
  payno: anId,
  orderstatus: z.int().min(1).max(5),
  orderdate: anInstant,
  paydate: maybeInstant,
  transdate: maybeInstant.catch(null),
  sitegoodsno: anId,
  outgoodsno: someText(100),
  goodsname: someText(),
  contramount: units.min(1),
  saleprice: amount,
  optselprice: amount.nullish(),
  shippingfee: amount.nullish(),
  buyername: someText(100),
  receivername: someText(100),
  hpno: someText(50),
  telno: someText(50),
  zipcode: someText(20),
  delfrontaddress: someText(),
  delbackaddress: someText(),
  delfulladdress: someText(),
  delmemo: someText(1_000),
  nosongjang: someText(50),
  itemoptionselectlist: z
    .array(z.object({ itemoptionvalue: someText(), itemoptionordercnt: units, itemoptioncode: someText(100) }))
    .nullish()
    .refine((parts) => !parts || parts.length < 2 || parts.every((part) => part.itemoptionordercnt > 0), 'no units'),
})

export type OrderRow = z.infer<typeof orderRow>

/** A row as it was told. `key` is its order number behind its site's letter; `version` differs when anything in it does. */
export type ShownRow = { key: string; site: Site; row: OrderRow; raw: unknown; version: string }

export function shownRow(site: Site, row: OrderRow, raw: unknown): ShownRow {
  const version = createHash('sha1').update(JSON.stringify(raw)).digest('base64')
  return { key: keyOf(site, row.orderno), site, row, raw, version }
}

/** Lines of one order number, in the cart they belong to. Asks for the product behind the site's number where it must. */
export async function orderOf(goods: Goods, shown: ShownRow, taken: StockTakenAt): Promise<ChannelOrder> {
  const { site, row } = shown
  return {
    externalId: row.payno,
    orderedAt: row.orderdate,
    paidAt: row.paydate,
    buyerName: row.buyername,
    address: addressOf(row),
    shippingFee: row.shippingfee ?? null,
    lines: await linesOf(goods, shown, taken),
    raw: rawWithin([{ site, row: shown.raw }]),
  }
}

/**
 * Rows of a cart become one order. Not every row of a cart need be among them. The fee of the cart is on every 옥션
 * row and on one G마켓 row.
 */
export function cartsOf(orders: readonly ChannelOrder[]): ChannelOrder[] {
  return [...Map.groupBy(orders, ({ externalId }) => externalId).values()].map((rows) => {
    const fees = rows.flatMap(({ shippingFee }) => shippingFee ?? [])
    return {
      ...rows[0]!,
      orderedAt: Math.min(...rows.map(({ orderedAt }) => orderedAt)),
      address: rows.find(({ address }) => address !== null)?.address ?? null,
      shippingFee: fees.length === 0 ? null : Math.max(...fees),
      lines: rows.flatMap(({ lines }) => lines),
      raw: rawWithin(rows.flatMap(({ raw }) => (Array.isArray(raw) ? (raw as unknown[]) : [raw]))),
    }
  })
}

/** The order's number, and from the second on the place in it: options of one order have no number of their own. */
export function lineKeyOf(orderNo: string, place: number): string {
  return place === 0 ? orderNo : `${orderNo}:${place + 1}`
}

async function linesOf(goods: Goods, { key, row }: ShownRow, taken: StockTakenAt): Promise<ChannelOrderLine[]> {
  const unit = await unitOf(goods, row.sitegoodsno)
  const chosen = row.itemoptionselectlist ?? []
  const options = unit === null || chosen.length === 0 ? [] : await optionsOf(goods, unit, chosen)
  const parts = options.length === 0 ? [] : chosen
  const line = {
    actionKey: key,
    unit: unit ?? row.sitegoodsno,
    productName: row.goodsname,
    cancelled: 0,
    state: STATES[row.orderstatus]!,
    soldAt: taken === 'order' ? row.orderdate : (row.paydate ?? row.orderdate),
    changedAt: Math.max(row.orderdate, row.paydate ?? 0),
    cancelRequested: false,
    invoice: row.nosongjang || null,
  }
  // One option is what the whole order is of; a product whose options have no stock is sold by its own number.
  if (parts.length < 2) {
    const option = parts[0] && optionOf(options, parts[0])
    const surcharge = Math.round((row.optselprice ?? 0) / row.contramount)
    return [
      {
        ...line,
        lineKey: lineKeyOf(row.orderno, 0),
        item: itemOf(row.sitegoodsno, option),
        sellerCode: (parts[0] ? option?.manageCode : row.outgoodsno) || null,
        optionName: chosen.map(({ itemoptionvalue }) => itemoptionvalue).join(' / '),
        quantity: row.contramount,
        unitPrice: row.saleprice + surcharge,
      },
    ]
  }
  return parts.map((part, place) => {
    const option = optionOf(options, part)
    return {
      ...line,
      lineKey: lineKeyOf(row.orderno, place),
      item: itemOf(row.sitegoodsno, option),
      sellerCode: option?.manageCode || null,
      optionName: part.itemoptionvalue,
      quantity: part.itemoptionordercnt,
      unitPrice: row.saleprice + (option?.surcharge ?? 0),
    }
  })
}

const itemOf = (siteGoodsNo: string, option: Option | undefined): string =>
  option ? `${siteGoodsNo}:${option.optSeq}` : siteGoodsNo

/** Null: the product is gone or somebody else's, and the order waits for a person under the site's number. */
async function unitOf(goods: Goods, siteGoodsNo: string): Promise<string | null> {
  try {
    return await goods.unitOf(siteGoodsNo)
  } catch (error) {
    if (error instanceof ChannelFault && (error.code === 'not_found' || error.code === 'refused')) return null
    throw error
  }
}

/** Read anew when the order names an option that was not there when they were last read. */
async function optionsOf(goods: Goods, unit: string, chosen: readonly Chosen[]): Promise<readonly Option[]> {
  try {
    const { options } = await goods.knownOptions(unit)
    const isComplete = options.length === 0 || chosen.every((part) => optionOf(options, part))
    return isComplete ? options : (await goods.options(unit)).options
  } catch (error) {
    if (error instanceof ChannelFault && (error.code === 'not_found' || error.code === 'refused')) return []
    throw error
  }
}

type Chosen = NonNullable<OrderRow['itemoptionselectlist']>[number]

/** ItemOptionCode is the marketplace's number or the seller's code, which need not be unique; then the words decide. */
function optionOf(options: readonly Option[], { itemoptioncode: code, itemoptionvalue }: Chosen): Option | undefined {
  const byNumber = options.find(({ optSeq }) => optSeq === code)
  if (byNumber) return byNumber
  const byCode = options.filter(({ manageCode }) => code !== '' && manageCode === code)
  if (byCode.length === 1) return byCode[0]
  const told = itemoptionvalue.split(', ').map((part) => part.slice(part.indexOf(':') + 1))
  return options.find(({ words }) => words === told.join('/')) ?? undefined
}

/** A gift nobody has accepted yet has no address. */
function addressOf(row: OrderRow): ChannelOrder['address'] {
  const line1 = row.delfrontaddress || row.delfulladdress
  if (row.zipcode === '' && line1 === '') return null
  return {
    name: row.receivername,
    phone: row.hpno || row.telno,
    postalCode: row.zipcode,
    line1,
    line2: row.delbackaddress,
    memo: row.delmemo,
  }
}
