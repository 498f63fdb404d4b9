import { expect, test } from 'vitest'
import type { ChannelOrderLine } from './adapter.ts'
import type { Connection } from './connection.ts'
import { differenceOf } from './reconcile-orders.ts'

const MARK = 1_000
const connection = { collectedUpTo: MARK, settings: {} } as Connection
const line = (change: Partial<ChannelOrderLine>): ChannelOrderLine => ({
  ...{ lineKey: 'L', actionKey: '', unit: 'U', item: 'U', sellerCode: null, productName: '', optionName: '' },
  ...{
    quantity: 3,
    cancelled: 0,
    unitPrice: 1_000,
    state: 'paid',
    soldAt: 500,
    changedAt: 500,
    cancelRequested: false,
  },
  ...change,
})

test.each([
  ['a sale before the mark that we were never told', {}, undefined, { kind: 'late', theirs: 3, recorded: true }],
  ['a sale after the mark is the ordinary collection’s', { soldAt: MARK + 1 }, undefined, null],
  ['what is not paid has taken nothing', { state: 'pending' }, undefined, null],
  ['the same here and there', { cancelled: 1 }, { quantity: 3, cancelled: 1 }, null],
  [
    'a cancel we were never told',
    { cancelled: 2 },
    { quantity: 3, cancelled: 1 },
    { kind: 'cancelled', ours: 1, theirs: 2, recorded: true },
  ],
  [
    'a line cancelled whole',
    { state: 'cancelled' },
    { quantity: 3, cancelled: 0 },
    { kind: 'cancelled', theirs: 3, recorded: true },
  ],
  [
    'a cancel after the mark comes by itself',
    { cancelled: 2, changedAt: MARK + 1 },
    { quantity: 3, cancelled: 0 },
    null,
  ],
  [
    'what we cancelled and they did not is only told',
    {},
    { quantity: 3, cancelled: 1 },
    { kind: 'cancelled', theirs: 0, recorded: false },
  ],
  [
    'another quantity is only told',
    {},
    { quantity: 2, cancelled: 0 },
    { kind: 'quantity', ours: 2, theirs: 3, recorded: false },
  ],
] as const)('compared with the channel’s own list: %s', (_what, change, ours, found) => {
  const difference = differenceOf(line(change), ours, connection)
  if (found === null) expect(difference).toBeNull()
  else expect(difference).toMatchObject(found)
})
