import { writeFileSync } from 'node:fs'
import { capabilitiesOf } from '../server/adapters/marketplaces/capabilities-of.ts'
import { openMarketplace } from '../server/adapters/marketplaces/index.ts'
import type { Capabilities } from '../server/modules/channels/adapter.ts'

/** `node tools/channels.ts` prints what each channel can do, from the adapters' own words; `--write` puts it into docs. */

export const CHANNELS_DOCUMENT = new URL('../docs/channels.md', import.meta.url)

export function channelsDocument(all: readonly Capabilities[]): string {
  return [
    '# What each channel can do',
    '',
    'Made from the capabilities in `server/adapters/marketplaces` by `node tools/channels.ts --write`; a test fails when the',
    'two differ. The screens, the planner and the conformance suite read the same data.',
    '',
    ...table(
      ['', ...all.map(({ names }) => names.ko)],
      ROWS.map(([name, tell]) => [name, ...all.map(tell)]),
    ),
    '',
    '## Call budgets',
    '',
    'As the contract states them, or as assumed below; where a marketplace says in its answers what is left, that counts.',
    '',
    ...table(
      ['channel', 'bucket', 'calls a second', 'at once'],
      all.flatMap(({ names, budgets }) =>
        budgets.map(({ bucket, ratePerSecond, burst }) => [names.ko, bucket, rounded(ratePerSecond), rounded(burst)]),
      ),
    ),
    '',
    '## Assumed, until somebody has seen it',
    '',
    'No account was used to write this. Each of these is a setting of the connection, or a switch of the simulator that the',
    'conformance suite plays both ways.',
    ...all.flatMap(({ names, assumed }) => [
      '',
      `### ${names.ko} (${names.en})`,
      '',
      ...assumed.map((fact) => `- ${fact}`),
    ]),
    '',
  ].join('\n')
}

const yesNo = (yes: boolean): string => (yes ? 'yes' : 'no')
const seconds = (ms: number): string => `${rounded(ms / 1_000)} s`
const days = (ms: number): string => `${rounded(ms / 86_400_000)} days`
const rounded = (value: number): string => `${Math.round(value * 100) / 100}`
const KNOWN = { yes: 'yes', no: 'no', unknown: 'not known' } as const

const NEEDED = { always: '', one_of: ' (one of these)', may: ' (or without)' } as const

const ROWS: readonly (readonly [string, (of: Capabilities) => string])[] = [
  ['one stock write sets', ({ writeUnit }) => (writeUnit === 'item' ? 'one item' : 'a product with its options')],
  ['an item may be set to 0', ({ zeroAllowed }) => (zeroAllowed ? 'yes' : 'no: its sale is stopped')],
  ['largest number', ({ largestQuantity }) => largestQuantity.toLocaleString('en')],
  ['stock can be read back', ({ readBack }) => yesNo(readBack)],
  [
    'a sale can be stopped, its number still read',
    ({ saleStop }) => (saleStop === null ? 'no' : `yes, after ${seconds(saleStop.settlesMs)}`),
  ],
  ['tells of orders by itself', ({ webhooks }) => (webhooks ? 'yes, as a hint' : 'no, is asked')],
  ['발주확인, lines a call', ({ acknowledge }) => (acknowledge === null ? 'no' : `${acknowledge.linesPerCall}`)],
  ['invoices, lines a call', ({ ship }) => `${ship.linesPerCall}`],
  ['parts of an order may go first', ({ ship }) => yesNo(ship.partial)],
  ['what is packed together goes together', ({ ship }) => yesNo(ship.bundled)],
  ['an invoice can be corrected', ({ ship }) => yesNo(ship.corrects === true)],
  ...(['cancel', 'return', 'exchange'] as const).map(
    (kind) => [`answers to ${kind}s`, ({ claims }: Capabilities) => claims[kind].join(', ') || 'none'] as const,
  ),
  ['refusing a cancel means shipping', ({ refusingCancelShips }) => yesNo(refusingCancelShips)],
  [
    'the seller can cancel',
    ({ sellerCancel }) =>
      sellerCancel === null
        ? 'no'
        : `${sellerCancel.byQuantity ? 'by quantity' : 'whole lines'}${sellerCancel.alsoSoldOut ? '; marks it sold out' : ''}`,
  ],
  ['a cancel puts units back on its shelf', ({ restocksOnCancel }) => KNOWN[restocksOnCancel]],
  ['orders may be late in the feed by', ({ feedLatenessMs }) => seconds(feedLatenessMs)],
  ['a write without an answer may still come within', ({ unknownSettlesMs }) => seconds(unknownSettlesMs)],
  ['first look back', ({ firstLookbackMs }) => days(firstLookbackMs)],
  ['signs in with', ({ credentials }) => credentials.map(({ name, needed }) => `${name}${NEEDED[needed]}`).join(', ')],
  ['stop, read, set, resume takes calls', ({ saleStop }) => (saleStop === null ? '' : `${saleStop.callsPerExchange}`)],
]

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)

export const currentDocument = (): string =>
  channelsDocument(Object.values(openMarketplace).map((open) => capabilitiesOf(open)))

if (import.meta.main) {
  if (process.argv.includes('--write')) writeFileSync(CHANNELS_DOCUMENT, currentDocument())
  else console.log(currentDocument())
}
