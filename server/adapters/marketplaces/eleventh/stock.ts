import { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import { ChannelFault, type ItemQuantity, type StockReading } from '../../../modules/channels/adapter.ts'
import { expectShape, someText } from '../answers.ts'
import { isNumberId } from '../digits.ts'
import { openWrites } from '../writes.ts'
import type { Answer, Ask } from './call.ts'
import { productFault } from './faults.ts'
import { count, number } from './fields.ts'
import { fieldsOf } from './xml.ts'

/** Units whose options are remembered between a read and a write. */
const MOST_REMEMBERED = 5_000

/** That a product is displayed is believed for so long; that it is not, never: then nothing could sell by mistake. */
const DISPLAYED_FOR_MS = 60_000

export type EleventhStock = {
  read(unit: string): Promise<StockReading>
  write(unit: string, items: readonly ItemQuantity[]): Promise<null>
  setOnSale(unit: string, onSale: boolean): Promise<void>
}

/** `readsDisplay`: a reading also asks whether the product is displayed, which is a call of its own. */
export function openStock(ask: Ask, clock: Clock, readsDisplay: boolean): EleventhStock {
  const options = new Map<string, Option[]>()
  const displayedUntil = new Map<string, number>()
  const asking = new Map<string, Promise<boolean>>()

  async function read(unit: string): Promise<StockReading> {
    const rows = await readOptions(unit)
    const isDisplayed = !readsDisplay || (await readDisplay(unit))
    return {
      unit,
      items: rows.map((row) => ({
        item: row.item,
        quantity: row.quantity,
        // Sold out to the last unit is not stopped; an option closed by hand while it has stock is.
        onSale: isDisplayed && (row.isOpen || row.quantity === 0),
        sellerCode: row.sellerCode,
      })),
    }
  }

  /** One option a call. Throws `not_found` before anything is written when an item is unknown. */
  async function write(unit: string, items: readonly ItemQuantity[]): Promise<null> {
    let known = options.get(unit)
    const isKnown = (rows: Option[]) => items.every(({ item }) => rows.some((row) => row.item === item))
    if (!known || !isKnown(known)) known = await readOptions(unit)
    if (!isKnown(known)) throw new ChannelFault('not_found', '', { why: { reason: 'item_missing', what: unit } })
    const writes = openWrites()
    for (const { item, quantity } of items) {
      const option = known.find((row) => row.item === item)!
      await writes.run(() => writeOne(unit, option, quantity))
    }
    return null
  }

  async function writeOne(unit: string, option: Option, quantity: number): Promise<void> {
    try {
      await put(unit, option, quantity)
    } catch (error) {
      if (!(error instanceof ChannelFault) || error.code !== 'not_found') throw error
      // Options saved anew may come back under other numbers: only what is read now can be written.
      const renewed = (await readOptions(unit)).find((row) => row.item === option.item)
      if (!renewed || renewed.stockNo === option.stockNo) throw error
      await put(unit, renewed, quantity)
    }
  }

  async function put(unit: string, { stockNo, weight }: Option, quantity: number): Promise<void> {
    const fields = [
      ['prdNo', unit],
      ['prdStckNo', stockNo],
      ['stckQty', String(quantity)],
      // Written back as read: a weight left out might become one of nothing.
      ['optWght', weight],
    ]
    const inside = fields.map(([name, value]) => `<${name}>${value}</${name}>`).join('')
    succeeded(
      await ask({
        method: 'PUT',
        path: `prodservices/stockqty/${stockNo}`,
        body: `<ProductStock>${inside}</ProductStock>`,
        roots: [],
      }),
    )
  }

  async function readOptions(unit: string): Promise<Option[]> {
    options.delete(unit)
    const { root, code, says, said } = await ask({
      method: 'GET',
      path: `prodmarketservice/prodmarket/stck/${numbered(unit)}`,
      roots: ['ProductStocks'],
    })
    if (code !== null) throw code === 0 ? new ChannelFault('not_found', said) : productFault(code, says, said)
    const rows = root.children
      .filter(({ name }) => name === 'ProductStock')
      .map((row) => expectShape(stockRow, fieldsOf(row), 'stock'))
    if (rows.length === 0 || rows.some(({ prdNo }) => prdNo !== unit)) {
      throw new ChannelFault('garbled', 'stock of another product, or none')
    }
    const isPlain = rows.length === 1 && rows[0]!.mixDtlOptNm === '' && rows[0]!.mixOptNm === ''
    const ofProduct = fieldsOf(root).sellerPrdCd ?? ''
    const read = rows.map((row): Option => {
      const sellerCode = (isPlain ? ofProduct || row.sellerStockCd : row.sellerStockCd).slice(0, 100)
      return {
        item: isPlain ? unit : row.prdStckNo,
        stockNo: row.prdStckNo,
        quantity: row.stckQty,
        isOpen: row.prdStckStatCd !== SOLD_OUT,
        weight: /^\d{1,9}(\.\d{1,6})?$/.test(row.optWght) ? row.optWght : '0',
        sellerCode: sellerCode || null,
      }
    })
    options.set(unit, read)
    if (options.size > MOST_REMEMBERED) options.delete(options.keys().next().value!)
    return read
  }

  /** Whoever asks while somebody is asking shares the answer; after a change of ours nobody shares an older one. */
  async function readDisplay(unit: string): Promise<boolean> {
    if ((displayedUntil.get(unit) ?? 0) > clock.monotonic()) return true
    const shared = asking.get(unit)
    if (shared) return shared
    const answer = askDisplay(unit)
    asking.set(unit, answer)
    try {
      const isDisplayed = await answer
      const isNewest = asking.get(unit) === answer
      if (isDisplayed && isNewest) displayedUntil.set(unit, clock.monotonic() + DISPLAYED_FOR_MS)
      if (displayedUntil.size > MOST_REMEMBERED) displayedUntil.delete(displayedUntil.keys().next().value!)
      return isDisplayed
    } finally {
      if (asking.get(unit) === answer) asking.delete(unit)
    }
  }

  async function askDisplay(unit: string): Promise<boolean> {
    const { root, code, says, said } = await ask({
      method: 'GET',
      path: `prodmarketservice/prodmarket/${numbered(unit)}`,
      roots: ['Product'],
    })
    if (code !== null) throw productFault(code, says, said)
    const { selStatCd } = expectShape(z.object({ selStatCd: number }), fieldsOf(root), 'product')
    return DISPLAYED.includes(selStatCd)
  }

  async function setOnSale(unit: string, onSale: boolean): Promise<void> {
    forgetDisplay(unit)
    const path = `prodstatservice/stat/${onSale ? 'restartdisplay' : 'stopdisplay'}/${numbered(unit)}`
    try {
      succeeded(await ask({ method: 'PUT', path, roots: [] }).finally(() => forgetDisplay(unit)))
    } catch (error) {
      // Nothing says what is answered where it is so already.
      const isSoAlready =
        error instanceof ChannelFault && error.code === 'refused' && (await readDisplay(unit)) === onSale
      if (!isSoAlready) throw error
    }
  }

  /** After the answer as well as before: a read under way may tell of either side of it. */
  function forgetDisplay(unit: string): void {
    displayedUntil.delete(unit)
    asking.delete(unit)
  }

  return { read, write, setOnSale }
}

type Option = {
  item: string
  stockNo: string
  quantity: number
  isOpen: boolean
  weight: string
  sellerCode: string | null
}

const SOLD_OUT = '02'

/** Selling, and sold out, which sells again as soon as there is stock. */
const DISPLAYED: readonly string[] = ['103', '104']

/** 210 is success as well, where something was registered. */
function succeeded({ code, says, said }: Answer): void {
  if (code === 200 || code === 210) return
  throw code === null ? new ChannelFault('garbled', 'an answer without a code') : productFault(code, says, said)
}

/** What is no number must not become part of a path. */
function numbered(unit: string): string {
  if (!isNumberId(unit))
    throw new ChannelFault('not_found', '', { why: { reason: 'id_malformed', what: unit.slice(0, 40) } })
  return unit
}

const stockRow = z.object({
  prdNo: number,
  prdStckNo: number,
  stckQty: count,
  prdStckStatCd: someText(10),
  mixOptNm: someText(),
  mixDtlOptNm: someText(),
  optWght: someText(20),
  sellerStockCd: someText(100),
})
