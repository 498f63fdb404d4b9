import { adapterKeepsTheRules } from '../conformance/suite.ts'
import { openSixth } from './adapter/index.ts'
import { createSixth, TEST_SIXTH_CREDENTIALS } from './simulator/index.ts'

adapterKeepsTheRules('sixth', {
  open: openSixth,
  createMarketplace: (pace) => createSixth({ limits: pace ? 'on' : 'off' }),
  account: (url) => ({ baseUrl: url, credentials: TEST_SIXTH_CREDENTIALS, settings: { timeoutMs: 400 } }),
  wrongCredentials: { apiKey: 'somebody-else-secret' },
  isWrite: ({ method }) => method !== 'GET',
  isSpoilt: () => true,
  overBudget: (marketplace) => marketplace.doors.calls().find(({ bucket }) => bucket === 'all')?.refused ?? Number.NaN,
  buyers: null,
})
