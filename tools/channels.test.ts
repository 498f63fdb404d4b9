import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { capabilitiesOf } from '../server/adapters/marketplaces/capabilities-of.ts'
import { openMarketplace } from '../server/adapters/marketplaces/index.ts'
import { CHANNELS_DOCUMENT, channelsDocument, currentDocument } from './channels.ts'

test('docs/channels.md says what the adapters say', () => {
  expect(readFileSync(CHANNELS_DOCUMENT, 'utf8'), 'run: node tools/channels.ts --write').toBe(currentDocument())
})

test('every fact of every channel is in it: a changed one changes the document', () => {
  const all = Object.values(openMarketplace).map((open) => capabilitiesOf(open))
  const [first, ...rest] = all
  const told = (changed: Partial<typeof first>) => channelsDocument([{ ...first!, ...changed } as never, ...rest])
  const before = channelsDocument(all)
  for (const { assumed, names } of all) for (const text of [...assumed, names.ko]) expect(before).toContain(text)
  const changes: Partial<NonNullable<typeof first>>[] = [
    { writeUnit: first!.writeUnit === 'item' ? 'product_with_options' : 'item' },
    { zeroAllowed: !first!.zeroAllowed },
    { largestQuantity: 7 },
    { readBack: !first!.readBack },
    { saleStop: { settlesMs: 123_000, callsPerExchange: 7 } },
    { webhooks: !first!.webhooks },
    { acknowledge: null },
    { ship: { linesPerCall: 1, partial: false, bundled: true, corrects: true } },
    { claims: { cancel: ['resend'], return: ['resend'], exchange: ['approve'] } },
    { refusingCancelShips: !first!.refusingCancelShips },
    { sellerCancel: { byQuantity: false, alsoSoldOut: true } },
    { restocksOnCancel: first!.restocksOnCancel === 'no' ? 'yes' : 'no' },
    { feedLatenessMs: 999_000 },
    { unknownSettlesMs: 999_000 },
    { firstLookbackMs: 999_000_000 },
    { budgets: [{ bucket: 'planted', ratePerSecond: 1, burst: 1 }] },
    { assumed: ['planted'] },
    { credentials: [{ name: 'planted', secret: true, needed: 'always' }] },
    { saleStop: { settlesMs: 5_000, callsPerExchange: 99 } },
  ]
  for (const change of changes) expect(told(change), Object.keys(change)[0]).not.toBe(before)
})
