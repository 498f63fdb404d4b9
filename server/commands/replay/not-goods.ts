/**
 * Codes of UCI Online Retail that stand for no thing on a shelf, each with what it is. Compared in upper case.
 *
 * Not in the list although they look unlike the five-digit codes: DCGS… (dog collars, party bags, ashtrays) and PADS
 * (cushion pads at a nominal 0.001) are goods.
 */
const NOT_GOODS: Readonly<Record<string, string>> = {
  POST: 'postage',
  DOT: 'postage of the web shop',
  C2: 'carriage',
  M: 'manual entry: an amount without a thing',
  D: 'discount',
  S: 'samples given away: an amount, not units',
  B: 'bad debt adjusted, the only negative prices',
  'BANK CHARGES': 'bank charges',
  AMAZONFEE: "a marketplace's fee",
  CRUK: "a charity's commission",
}

/** Gift vouchers (gift_0001_20: 20 pounds) are money; later they are offers, never stock. */
const VOUCHER = /^GIFT_\d+_\d+$/

/** Rows entered to try the till out; other cuts of the same data (Online Retail II) have them. */
const TRIAL = /^TEST\d*$/

export const isNotGoods = (skuKey: string): boolean =>
  Object.hasOwn(NOT_GOODS, skuKey) || VOUCHER.test(skuKey) || TRIAL.test(skuKey)
