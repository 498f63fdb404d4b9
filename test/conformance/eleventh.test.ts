import { describe } from 'vitest'
import { openMarketplace } from '../../server/adapters/marketplaces/index.ts'
import {
  createEleventh,
  type Eleventh,
  type EleventhSwitches,
  TEST_ELEVENTH_CREDENTIALS,
} from '../../simulators/eleventh/index.ts'
import type { Marketplace } from '../../simulators/marketplace.ts'
import type { Scene } from './stage.ts'
import { adapterKeepsTheRules } from './suite.ts'

type Settings = Record<string, string | number | boolean>

const asEleventh = (marketplace: Marketplace) => marketplace as Eleventh
const seqOf = (claimKey: string) => claimKey.slice(claimKey.indexOf(':') + 1)

const scene = (switches: Partial<EleventhSwitches> = {}, settings: Settings = {}): Scene => ({
  open: openMarketplace.eleventh,
  createMarketplace: (pace) => createEleventh({ switches: { ...switches, limits: pace ? 'on' : 'off' } }),
  account: (url) => ({
    baseUrl: url,
    credentials: { ...TEST_ELEVENTH_CREDENTIALS },
    settings: { timeoutMs: 400, slowEvery: 1, ...settings },
  }),
  wrongCredentials: { openApiKey: 'somebody-else' },
  isWrite: ({ method, url }) => method === 'PUT' || /\/(req\w+|\w+req(conf|reject))\/\d/.test(url),
  isSpoilt: () => true,
  overBudget: (marketplace) => marketplace.doors.calls().find(({ bucket }) => bucket === 'key')?.refused ?? Number.NaN,
  strangeKey: '202611209999999:1:2678999999:9105999999:S',
  wrongField: { values: WRONG_TEXTS, put: withWrongText },
  unsayable: '김하나',
  buyers: {
    asks: ['cancel', 'return', 'exchange'],
    takesBack: ['cancel', 'return', 'exchange'],
    ask: ({ marketplace, simulator }, kind, lineKey, quantity) => {
      if (kind === 'exchange') asEleventh(marketplace).buyers.exchange(lineKey, quantity, simulator.now())
      else simulator.cancel(lineKey, quantity)
    },
    takeBack: ({ marketplace, simulator }, { claimKey }) =>
      void asEleventh(marketplace).buyers.withdraw(seqOf(claimKey), simulator.now()),
    getParcels: () => {},
    sendBack: () => {},
    // The slow rotation, once round; the scene turns it with every collection.
    toldWithin: 18,
    breakRow: (body, claimKey) => {
      const row = new RegExp(`(<(?:ordPrdCnSeq|clmReqSeq)>${seqOf(claimKey)}</)`)
      const rows = body.split('<ns2:order>')
      return rows
        .map((text) => (row.test(text) ? text.replace(/(<(?:createDt|reqDt)>)[^<]*(<)/g, '$1yesterday$2') : text))
        .join('<ns2:order>')
    },
  },
})

/** Texts that a field of the contract must not hold, or hardly. */
const WRONG_TEXTS = [
  'null',
  '',
  'true',
  '-1',
  '1.5',
  '1e400',
  '123456789012345678901234567890',
  '<a/>',
  '<a>1</a>',
  '&#0;',
  '&#xd800;',
  '&xxe;',
  '\0',
  '2099-01-01 00:00:00',
  '9999-99-99 99:99:99',
  '가'.repeat(5_000),
]

/** Which numbers a row has is nothing an adapter can check. */
const FIELDS = /<((?:ns2:)?(?!\w*(?:No|Seq)>)\w+)>([^<]*)<\/\1>/g

function withWrongText(body: string, nth: number, value: string): string {
  const fields = [...body.matchAll(FIELDS)]
  const field = fields[nth % Math.max(1, fields.length)]
  if (!field) return body
  return `${body.slice(0, field.index)}<${field[1]}>${value}</${field[1]}>${body.slice(field.index + field[0].length)}`
}

/** What the contract leaves open, first as it is likelier, then all of it the other way, with the settings that say so. */
const VARIANTS: readonly [string, Partial<EleventhSwitches>, Settings][] = [
  ['as the contract is read', {}, {}],
  [
    'the other way',
    {
      emptyClaims: '-1',
      charsetInHeader: 'absent',
      repertoire: 'cp949',
      unmappable: 'question_mark',
      doubledTags: true,
      retryAfter: 'absent',
      lastMinute: 'included',
      listsBy: 'order_date',
      claimedLines: 'stay',
      unconfirmedInBundle: 'refused',
      requestInBundle: 'left',
      restockOnCancel: false,
      restockOnReturn: true,
      cancelReasons: 'july_2026',
    },
    { shipForm: 'lines', buyerAskedCode: '18' },
  ],
]

describe.each(VARIANTS)('%s', (_, switches, settings) => {
  adapterKeepsTheRules('eleventh', scene(switches, settings))
})
