import { z } from 'zod'
import { ChannelFault } from '../../../modules/channels/adapter.ts'
import { expectShape, units } from '../answers.ts'
import { type Answer, type Ask, expectNoRefusal, isOk } from './call.ts'
import { refusalOf } from './faults.ts'
import { amount } from './reading.ts'
import type { Site } from './sites.ts'

/** What a site sells of a product now. With options `quantity` is their sum. */
export type Sale = { selling: boolean; price: number; quantity: number }

/** A stock write says 1 to this. */
const LEAST = 1
const MOST = 99_999

export async function readSale(ask: Ask, unit: string): Promise<Record<Site, Sale>> {
  const answer = expectNoRefusal(await ask({ method: 'GET', path: pathOf(unit) }))
  const { issell, itembasicinfo } = expectShape(saleAnswer, answer.value, 'sell-status')
  const at = (site: Site): Sale => ({
    selling: issell[site],
    price: itembasicinfo.price[site],
    quantity: itembasicinfo.stock[site],
  })
  return { iac: at('iac'), gmkt: at('gmkt') }
}

/**
 * Stops or resumes one site's sale. The token names that site alone, since the call wants numbers for both and would
 * put back on the other's shelf what was sold there since they were read. Resuming sets `quantity` in the same call.
 */
export async function writeSale(ask: Ask, unit: string, site: Site, sale: Sale): Promise<void> {
  const other: Site = site === 'iac' ? 'gmkt' : 'iac'
  const of = <T>(value: T, none: T) => ({ [site]: value, [other]: none })
  const answer = await ask({
    method: 'PUT',
    path: pathOf(unit),
    sites: [site],
    body: {
      isSell: of(sale.selling, false),
      itemBasicInfo: {
        price: of(sale.price, 0),
        stock: of(Math.min(MOST, Math.max(LEAST, sale.quantity)), 0),
        // 0 leaves the period as it is.
        sellingPeriod: of(0, 0),
      },
    },
  })
  expectEverySite(answer, [site])
}

/**
 * Success of every site, or a fault. A write that only one of two sites took is `unknown`, whatever the code: the text
 * alone tells, and "not applied" would be wrong for one of them.
 */
export function expectEverySite(answer: Answer, sites: readonly Site[]): void {
  const told = new Map(
    [...answer.message.matchAll(/\[(IAC|GMKT)\]\s*([^[]*)/g)].map(([, tag, text]) => [
      tag,
      /^(성공|success)/i.test(text!),
    ]),
  )
  const outcomes = sites.map((site) => told.get(site === 'iac' ? 'IAC' : 'GMKT'))
  if (isOk(answer)) {
    if (outcomes.every((outcome) => outcome === true)) return
    // Pages show a success without a message, and a failure with code 0 and one.
    const isPlain = told.size === 0 && (answer.message === '' || /성공|success/i.test(answer.message))
    if (isPlain) return
    throw new ChannelFault('unknown', answer.said)
  }
  if (outcomes.includes(true)) throw new ChannelFault('unknown', answer.said)
  throw refusalOf(answer.code, answer.message, answer.said)
}

const pathOf = (unit: string): string => `/item/v1/goods/${unit}/sell-status`

/** A site the product is not on is told as false and 0. */
const saleAnswer = z.object({
  issell: z.object({ iac: z.boolean(), gmkt: z.boolean() }),
  itembasicinfo: z.object({
    price: z.object({ iac: amount, gmkt: amount }),
    stock: z.object({ iac: units, gmkt: units }),
  }),
})
