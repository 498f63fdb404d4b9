import { openMarketplace } from '../server/adapters/marketplaces/index.ts'
import { DEMO_ACCOUNTS } from '../server/commands/demo/channels.ts'
import type { OpenAdapter } from '../server/modules/channels/adapter.ts'
import { createCafe24, TEST_CAFE24_CREDENTIALS } from '../simulators/cafe24/index.ts'
import { createCoupang, TEST_COUPANG_CREDENTIALS } from '../simulators/coupang/index.ts'
import { createEleventh, TEST_ELEVENTH_CREDENTIALS } from '../simulators/eleventh/index.ts'
import { createEsm, TEST_ESM_CREDENTIALS } from '../simulators/esm/index.ts'
import type { Marketplace } from '../simulators/marketplace.ts'
import { createNaver, TEST_NAVER_CREDENTIALS } from '../simulators/naver/index.ts'

export type Settings = Record<string, string | number | boolean>

/** What a story must know of a kind of marketplace to open a shop on it. */
export type Kind<Machine extends Marketplace = Marketplace> = {
  open: OpenAdapter
  create(options: { limits: 'on' | 'off'; restockOnCancel: boolean }): Machine
  /** Behind the simulator's own address. */
  path: string
  credentials: Readonly<Record<string, string>>
  settings?: Settings
  /** Which of the marketplace's counts are budgets; the others say where calls went, or what a test forced. */
  isBudget(bucket: string): boolean
  /** An order cancelled before it was told is not told at all. */
  forgetsCancelled?: true
}

/** These stamp whole seconds. */
const WHOLE_SECONDS: Settings = { clockErrorMs: 1_050 }

const { clientId, clientSecret, refreshToken, webhookKey } = TEST_CAFE24_CREDENTIALS

export const KINDS = {
  naver: {
    ...{ open: openMarketplace.naver, path: '/external', credentials: TEST_NAVER_CREDENTIALS },
    create: ({ limits, restockOnCancel }) => createNaver({ ...(limits === 'off' ? { limits } : {}), restockOnCancel }),
    isBudget: DEMO_ACCOUNTS.naver.isBudget,
  } satisfies Kind,
  coupang: {
    ...{
      open: openMarketplace.coupang,
      path: '',
      credentials: { ...TEST_COUPANG_CREDENTIALS, wingId: 'pretend-wing' },
    },
    create: ({ limits, restockOnCancel }) => createCoupang({ switches: { limits, restockOnCancel } }),
    isBudget: DEMO_ACCOUNTS.coupang.isBudget,
  } satisfies Kind,
  cafe24: {
    ...{ open: openMarketplace.cafe24, path: '' },
    credentials: { clientId, clientSecret, refreshToken: refreshToken!, webhookKey },
    create: ({ limits, restockOnCancel }) =>
      createCafe24({ switches: { limits, restockOnBuyerCancel: restockOnCancel } }),
    isBudget: DEMO_ACCOUNTS.cafe24.isBudget,
    settings: WHOLE_SECONDS,
  } satisfies Kind,
  esm: {
    ...{ open: openMarketplace.esm, path: '', credentials: TEST_ESM_CREDENTIALS },
    create: ({ limits, restockOnCancel }) =>
      createEsm({ switches: { limits, restockOnCancel, ...(limits === 'off' ? { callsPerSecond: 0 } : {}) } }),
    isBudget: DEMO_ACCOUNTS.esm.isBudget,
    settings: WHOLE_SECONDS,
    forgetsCancelled: true,
  } satisfies Kind,
  eleventh: {
    ...{ open: openMarketplace.eleventh, path: '', credentials: TEST_ELEVENTH_CREDENTIALS },
    create: ({ limits, restockOnCancel }) => createEleventh({ switches: { limits, restockOnCancel } }),
    isBudget: DEMO_ACCOUNTS.eleventh.isBudget,
    settings: WHOLE_SECONDS,
  } satisfies Kind,
}
