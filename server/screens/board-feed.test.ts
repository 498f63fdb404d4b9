import { expect, test } from 'vitest'
import type { Board, BoardError } from '../../contract/board.ts'
import { differences } from './board-feed.ts'
import { NEWEST, PARCELS } from './board-queries.ts'

const errorAt = (minute: number, code: string): BoardError => ({
  at: new Date(Date.UTC(2026, 10, 20, 12, minute)).toISOString(),
  ...{ connectionId: '01a1fa66-f85f-716c-9810-69425d21676a', code, why: null, said: '', subject: `ORD-${minute}` },
})

const boardOf = (errors: BoardError[]): Board => ({
  ...{ at: '2026-11-20T12:00:00.000Z', demo: false, company: { id: 'c', name: '' } },
  ...{ totals: {} as Board['totals'], connections: [], variants: [], orders: [], errors },
})

const RESET = ['reset', {}]

test.each(Object.values(PARCELS))('a %s that a person has put right leaves the pages that are open', (code) => {
  const [parcel, fault] = [errorAt(2, code), errorAt(1, 'unknown')]
  expect(differences(boardOf([fault]), boardOf([parcel, fault]))).toEqual([['error', parcel]])
  expect(differences(boardOf([parcel, fault]), boardOf([parcel, fault]))).toEqual([])
  expect(differences(boardOf([parcel, fault]), boardOf([fault]))).toContainEqual(RESET)
})

test('what is history after an hour, or was pushed out by newer errors, makes nobody read the board again', () => {
  expect(differences(boardOf([errorAt(1, 'unknown')]), boardOf([]))).toEqual([])
  const newer = Array.from({ length: NEWEST }, (_, i) => errorAt(i + 2, 'unknown')).toReversed()
  const events = differences(boardOf([...newer.slice(1), errorAt(1, PARCELS.refused)]), boardOf(newer))
  expect(events).toEqual([['error', newer[0]]])
})
