import { expect, test } from 'vitest'
import { alarmKind } from '../contract/channel-board.ts'
import { CHANNEL_FAULTS, FAULT_REASONS } from '../server/modules/channels/adapter.ts'
import { ALARMS } from '../server/modules/channels/alarms.ts'
import { EDITED } from '../server/modules/channels/drift.ts'
import { OFF_SALE } from '../server/modules/channels/read-back.ts'
import { PARCELS } from '../server/screens/board-queries.ts'
import { faultWords } from '../web/channel.tsx'
import { ko } from '../web/texts/ko.ts'

test('every fault a connection, a listing or a parcel can have has words of its own on the board', () => {
  const codes = [...Object.keys(CHANNEL_FAULTS), EDITED, OFF_SALE, ...Object.values(PARCELS)]
  expect(codes.map(faultWords)).toEqual(codes)
  expect(Object.keys(ko.fault).sort()).toEqual([...codes, 'other'].sort())
})

test('every kind of alarm has words of its own on the board', () => {
  expect(alarmKind.options.toSorted()).toEqual(Object.keys(ALARMS).sort())
  expect(Object.keys(ko.alarms.kind).sort()).toEqual(Object.keys(ALARMS).sort())
  expect(Object.keys(ko.alarms.facts).sort()).toEqual(Object.keys(ALARMS).sort())
})

test('every reason we find ourselves has words of its own on the board', () => {
  expect(Object.keys(ko.reason).sort()).toEqual(FAULT_REASONS.toSorted())
})
