/**
 * The marketplaces jaego speaks to, each behind the one port of modules/channels/adapter.ts.
 *
 * compose.ts hands this record to the channels module; test/conformance holds each to the port's promises.
 */
import type { OpenAdapter } from '../../modules/channels/adapter.ts'
import { openCafe24 } from './cafe24/index.ts'
import { openCoupang } from './coupang/index.ts'
import { openEleventh } from './eleventh/index.ts'
import { openEsm } from './esm/index.ts'
import { openNaver } from './naver/index.ts'

/** By channel name: a marketplace's one line in the core. */
export const openMarketplace = {
  naver: openNaver,
  coupang: openCoupang,
  cafe24: openCafe24,
  eleventh: openEleventh,
  esm: openEsm,
} satisfies Record<string, OpenAdapter>
