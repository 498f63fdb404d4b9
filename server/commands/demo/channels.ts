import type { CallCount } from './marketplace-doors.ts'

export type Channel = 'naver' | 'coupang' | 'cafe24' | 'esm' | 'eleventh'

/** What the demo's seller knows of an account at each pretend marketplace. */
export type DemoAccount = {
  name: string
  /** Behind the simulator's own address. */
  path: string
  /** Made up: they open nothing real. */
  credentials: Record<string, string>
  settings: Record<string, string | number | boolean>
  /** Listings one variant has there: ESM shows it at two sites. */
  listingsEach: number
  /**
   * Shoppers a second: about what the channel's call budget can still tell us of within seconds, and hear of from us. A line
   * that is acknowledged and shipped by itself (ESM, 11번가) takes two calls beside those for its number: at 0.5 and 1 a
   * second what waited grew for ten minutes, and was not done four minutes later.
   */
  shoppers: number
  /** Which of the marketplace's counts are budgets; the others say where calls went, or what a test forced. */
  isBudget(bucket: string): boolean
}

// The simulators share our clock and tell orders at once: the assumptions that cost waiting may be small here.
const COMMON = { demo: true, feedLatenessMs: 300, clockErrorMs: 100, unknownSettlesMs: 3_000, timeoutMs: 2_000 }

/** A stamp of whole seconds is up to one too early: taken for exact, a sale after a read counted as one before it. */
const WHOLE_SECONDS = { ...COMMON, clockErrorMs: 1_100 }

export const DEMO_ACCOUNTS: Record<Channel, DemoAccount> = {
  naver: {
    ...{ name: '네이버 스마트스토어', path: '/external', listingsEach: 1, shoppers: 4 },
    credentials: { clientId: 'pretend0naver0client01', clientSecret: '$2a$04$pretendNaverSecret000u' },
    settings: { ...COMMON, pollMs: 1_000 },
    isBudget: () => true,
  },
  coupang: {
    ...{ name: '쿠팡', path: '', listingsEach: 1, shoppers: 3 },
    credentials: {
      vendorId: 'A01234567',
      accessKey: 'pretend-coupang-access-key',
      secretKey: 'pretend-coupang-secret-key',
      wingId: 'pretend-wing',
    },
    settings: { ...COMMON, pollMs: 1_500, othersAcknowledge: false, slowEvery: 2 },
    isBudget: (bucket) => bucket === 'vendor',
  },
  cafe24: {
    ...{ name: '카페24', path: '', listingsEach: 1, shoppers: 1 },
    credentials: {
      clientId: 'pretendCafe24Client001',
      clientSecret: 'pretendCafe24Secret001',
      refreshToken: 'pretendCafe24Refresh01',
      webhookKey: 'pretend-cafe24-webhook-key',
    },
    settings: { ...WHOLE_SECONDS, pollMs: 3_000 },
    isBudget: (bucket) => !['forced', 'unauthorized', 'oauth'].includes(bucket),
  },
  esm: {
    ...{ name: '옥션·G마켓', path: '', listingsEach: 2, shoppers: 0.2 },
    credentials: {
      masterId: 'pretend-master',
      secretKey: 'pretend-esm-secret-key',
      auctionId: 'pretend-auction',
      gmarketId: 'pretend-gmarket',
    },
    settings: { ...WHOLE_SECONDS, pollMs: 6_000 },
    isBudget: (bucket) => ['orders', 'unpaid-orders', 'search', 'all'].includes(bucket.split(':')[0]!),
  },
  eleventh: {
    ...{ name: '11번가', path: '', listingsEach: 1, shoppers: 0.3 },
    credentials: { openApiKey: 'pretend-eleventh-open-api-key' },
    settings: { ...WHOLE_SECONDS, pollMs: 4_000, slowEvery: 1 },
    isBudget: (bucket) => bucket === 'key',
  },
}

/** What `npm start` shows. */
export const MAIN_CHANNELS: readonly Channel[] = ['naver', 'coupang']
export const ALL_CHANNELS = Object.keys(DEMO_ACCOUNTS) as Channel[]

/** Calls the marketplace counted as over a budget. */
export const overBudget = (channel: Channel, counts: readonly CallCount[]): number =>
  counts.filter(({ bucket }) => DEMO_ACCOUNTS[channel].isBudget(bucket)).reduce((sum, { refused }) => sum + refused, 0)
