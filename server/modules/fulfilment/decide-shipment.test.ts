import { describe, expect, test } from 'vitest'
import type { KnownLine, OrderToShip } from '../orders/index.ts'
import { type Asked, decideShipment, type SentLine } from './decide-shipment.ts'
import type { ShippingRule } from './rules.ts'

const ANY: ShippingRule = { partial: true, bundled: false, corrects: true }
const WHOLE: ShippingRule = { partial: false, bundled: false, corrects: false }

const line = (lineNo: number, more: Partial<KnownLine> = {}): KnownLine => ({
  ...{ company: 'c', orderId: 'o', lineNo, reservationId: 'o', connectionId: null, channel: 'api', externalId: 'x' },
  ...{ externalLineKey: null, actionKey: 'box-1', variantId: 'v', listingId: null, sku: 'SKU', multiplier: 1 },
  ...{ quantity: 2, cancelled: 0, shipped: 0, state: 'acknowledged' },
  ...more,
})
const order = (lines: KnownLine[], more: Partial<OrderToShip> = {}): OrderToShip => ({
  ...{
    company: 'c',
    orderId: 'o',
    number: 'ORD-1',
    connectionId: null,
    hold: false,
    claimed: new Set<number>(),
    lines,
  },
  ...more,
})
const asked = (lines: Asked['lines'] = null, more: Partial<Asked> = {}): Asked => ({
  ...{ company: 'c', carrier: 'cj', invoice: '0012345678', shippedAt: 0, lines },
  ...more,
})
const sent = (lineNo: number, more: Partial<SentLine> = {}): SentLine => ({
  ...{ shipmentId: 's', orderId: 'o', lineNo, quantity: 2, carrier: 'cj', invoice: '0012345678', telling: 'pending' },
  ...more,
})
const of = (lineNo: number, quantity: number | null = null) => ({ lineNo, quantity })
const gone = (lineNo: number, more: Partial<KnownLine> = {}) => line(lineNo, { shipped: 2, state: 'shipped', ...more })

describe('what leaves', () => {
  test('without lines everything open leaves, and what is cancelled or gone does not', () => {
    const lines = [line(1), line(2, { cancelled: 2, state: 'cancelled' }), line(3, { shipped: 1 }), gone(4)]
    expect(decideShipment(asked(), order(lines), [], WHOLE)).toEqual({
      kind: 'leaving',
      lines: [
        { line: lines[0], quantity: 2 },
        { line: lines[2], quantity: 1 },
      ],
    })
  })

  test('of an own order any units of any line may go, never more than are open, never none', () => {
    const two = order([line(1), line(2, { cancelled: 1 })])
    expect(decideShipment(asked([of(1, 1)]), two, [], WHOLE)).toMatchObject({ lines: [{ quantity: 1 }] })
    expect(decideShipment(asked([of(2, 2)]), two, [], WHOLE)).toEqual({ kind: 'too_many', lineNo: 2, open: 1 })
    expect(decideShipment(asked([of(1), of(2)]), order([line(1), gone(2)]), [], WHOLE)).toEqual({
      kind: 'too_many',
      lineNo: 2,
      open: 0,
    })
  })

  test.each([
    ['cancelled', { state: 'cancelled', cancelled: 2 }, 'cancelled'],
    ['unpaid', { state: 'pending' }, 'not_paid'],
    ['unmapped', { variantId: null }, 'unmapped'],
  ] as const)('a line that is %s is refused by its number', (_, more, kind) => {
    const lines = [line(1), line(2, more)]
    expect(decideShipment(asked([of(1), of(2)]), order(lines), [], ANY)).toEqual({ kind, lineNo: 2 })
  })

  test('a line its buyer wants back, and an order on hold, do not leave', () => {
    const claimed = { claimed: new Set([2]) }
    expect(decideShipment(asked(), order([line(1), line(2)], claimed), [], ANY)).toEqual({ kind: 'claimed', lineNo: 2 })
    expect(decideShipment(asked([of(1)]), order([line(1), line(2)], claimed), [], ANY)).toMatchObject({
      kind: 'leaving',
    })
    expect(decideShipment(asked(), order([line(1)], { hold: true }), [], ANY)).toEqual({ kind: 'on_hold' })
  })

  test('a line the order does not have, and an order that is all cancelled, are named', () => {
    expect(decideShipment(asked([of(7)]), order([line(1)]), [], ANY)).toEqual({ kind: 'unknown_line', lineNo: 7 })
    const cancelled = order([line(1, { state: 'cancelled', cancelled: 2 })])
    expect(decideShipment(asked(), cancelled, [], ANY)).toEqual({ kind: 'cancelled', lineNo: 1 })
  })
})

describe('at a marketplace', () => {
  const there = (lines: KnownLine[]) =>
    order(
      lines.map((one) => ({ ...one, connectionId: 'n' })),
      { connectionId: 'n' },
    )

  test('a line goes whole, since nobody can be told of a part of it', () => {
    expect(decideShipment(asked([of(1, 1)]), there([line(1)]), [], ANY)).toEqual({ kind: 'not_partial', lineNos: [1] })
    expect(decideShipment(asked([of(1, 2)]), there([line(1)]), [], ANY)).toMatchObject({ kind: 'leaving' })
  })

  test('what it packs together goes together, unless it allows parts or waits for the last by itself', () => {
    const box = there([line(1), line(2), line(3, { actionKey: 'box-2' })])
    expect(decideShipment(asked([of(1)]), box, [], WHOLE)).toEqual({ kind: 'not_partial', lineNos: [2] })
    expect(decideShipment(asked([of(3)]), box, [], WHOLE)).toMatchObject({ kind: 'leaving' })
    expect(decideShipment(asked([of(1), of(2)]), box, [], WHOLE)).toMatchObject({ kind: 'leaving' })
    expect(decideShipment(asked([of(1)]), box, [], { ...WHOLE, partial: true })).toMatchObject({ kind: 'leaving' })
    expect(decideShipment(asked([of(1)]), box, [], { ...WHOLE, bundled: true })).toMatchObject({ kind: 'leaving' })
  })

  test("an exchange's other goods are no line of the marketplace: they go alone, and in parts", () => {
    const box = there([line(1), line(2)])
    const other = line(3, { connectionId: null })
    const exchanged = { ...box, lines: [...box.lines, other] }
    expect(decideShipment(asked([of(3, 1)]), exchanged, [], WHOLE)).toMatchObject({ lines: [{ quantity: 1 }] })
    expect(decideShipment(asked([of(1), of(2)]), exchanged, [], WHOLE)).toMatchObject({ kind: 'leaving' })
  })

  test('a box whose other line is cancelled goes without it', () => {
    const box = there([line(1), line(2, { cancelled: 2, state: 'cancelled' })])
    expect(decideShipment(asked([of(1)]), box, [], WHOLE)).toMatchObject({ kind: 'leaving' })
  })
})

describe('what has left', () => {
  test('is found again under the same carrier and invoice, whatever has become of the order', () => {
    const repeat = { kind: 'repeat', shipmentId: 's' }
    expect(decideShipment(asked(), order([gone(1)]), [sent(1)], WHOLE)).toEqual(repeat)
    expect(decideShipment(asked([of(1, 2)]), order([gone(1)], { hold: true }), [sent(1)], WHOLE)).toEqual(repeat)
    expect(decideShipment(asked(), order([gone(1), line(2)]), [sent(1)], WHOLE)).toEqual(repeat)
  })

  test('and a further line in the same parcel leaves beside it', () => {
    const lines = [gone(1), line(2)]
    expect(decideShipment(asked([of(1), of(2)]), order(lines), [sent(1)], WHOLE)).toMatchObject({
      kind: 'leaving',
      lines: [{ line: lines[1] }],
    })
  })

  test('the same parcel with another quantity is no repeat', () => {
    const half = order([line(1, { shipped: 1 })])
    const parcel = [sent(1, { quantity: 1 })]
    expect(decideShipment(asked([of(1, 2)]), half, parcel, WHOLE)).toEqual({ kind: 'too_many', lineNo: 1, open: 1 })
  })

  const other = asked(null, { invoice: '999999999' })

  test('gets another number while nobody has heard the first, or where the marketplace can be corrected', () => {
    const told = [sent(1, { telling: 'told' })]
    const there = order([gone(1)], { connectionId: 'n' })
    const corrected = { kind: 'correction', shipmentId: 's', connectionId: 'n', carrier: 'cj', invoice: '999999999' }
    expect(decideShipment(other, there, [sent(1, { telling: 'refused' })], WHOLE)).toMatchObject(corrected)
    expect(decideShipment(other, there, [sent(1)], WHOLE)).toMatchObject(corrected)
    expect(decideShipment(other, there, told, ANY)).toMatchObject(corrected)
    const fixed = { kind: 'other_parcel', carrier: 'cj', invoice: '0012345678' }
    expect(decideShipment(other, there, told, WHOLE)).toEqual(fixed)
    expect(decideShipment(other, there, [sent(1, { telling: 'unknown' })], WHOLE)).toEqual(fixed)
  })

  test('of an own order the number may always be put right', () => {
    const parcel = [sent(1, { telling: 'not_needed' })]
    expect(decideShipment(other, order([gone(1)]), parcel, WHOLE)).toMatchObject({ kind: 'correction' })
  })

  test('a correction is of a whole parcel', () => {
    const lines = [gone(1), gone(2)]
    const oneParcel = [sent(1), sent(2)]
    const onlyFirst = asked([of(1)], { invoice: '999999999' })
    expect(decideShipment(onlyFirst, order(lines), oneParcel, ANY)).toMatchObject({ kind: 'other_parcel' })
    const twoParcels = [sent(1), sent(2, { shipmentId: 't', invoice: '5555' })]
    expect(decideShipment(other, order(lines), twoParcels, ANY)).toMatchObject({ kind: 'other_parcel' })
    expect(decideShipment(onlyFirst, order(lines), twoParcels, ANY)).toMatchObject({ shipmentId: 's' })
  })

  test('by hand has no number to change', () => {
    const none = { kind: 'other_parcel', carrier: '', invoice: '' }
    expect(decideShipment(other, order([gone(1)]), [], ANY)).toEqual(none)
  })
})
