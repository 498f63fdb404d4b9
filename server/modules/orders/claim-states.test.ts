import { describe, expect, test } from 'vitest'
import {
  type ClaimOnLine,
  type ClaimState,
  comesTo,
  furtherState,
  heard,
  isNewer,
  stateAfter,
  stateOnceTold,
} from './claim-states.ts'

const STATES: readonly ClaimState[] = ['requested', 'approved', 'collected', 'done', 'refused', 'withdrawn']
const OVER: readonly ClaimState[] = ['done', 'refused', 'withdrawn']

describe('the state of a claim', () => {
  test('only moves forward, and the first that ends it stays', () => {
    for (const now of STATES) {
      for (const told of STATES) {
        const next = furtherState(now, told)
        if (OVER.includes(now)) expect(next).toBe(now)
        else expect(STATES.indexOf(next)).toBeGreaterThanOrEqual(STATES.indexOf(now))
      }
    }
    expect(furtherState('approved', 'withdrawn')).toBe('withdrawn')
  })

  test("keeps the newest word's details: older news and a state behind it change none", () => {
    const now = { state: 'approved' as const, changedAt: 10 }
    expect(isNewer(now, { state: 'approved', changedAt: 11 })).toBe(true)
    expect(isNewer(now, { state: 'collected', changedAt: 10 })).toBe(true)
    expect(isNewer(now, { state: 'approved', changedAt: 10 })).toBe(false)
    expect(isNewer(now, { state: 'collected', changedAt: 9 })).toBe(false)
    expect(isNewer(now, { state: 'requested', changedAt: 20 })).toBe(false)
    expect(isNewer({ state: 'done', changedAt: 1 }, { state: 'done', changedAt: 20 })).toBe(false)
  })
})

describe('an answer nobody has confirmed', () => {
  test.each([
    ['approve', 'requested', 'requested', null],
    ['approve', 'requested', 'approved', 'told'],
    ['approve', 'requested', 'withdrawn', 'overtaken'],
    // 반품 승인 comes after the goods: that they are there says nothing of it.
    ['approve', 'collected', 'collected', null],
    ['approve', 'collected', 'done', 'told'],
    ['receive', 'requested', 'approved', null],
    ['receive', 'approved', 'collected', 'told'],
    ['resend', 'collected', 'collected', null],
    ['resend', 'collected', 'done', 'told'],
    ['refuse', 'requested', 'refused', 'told'],
    ['refuse', 'requested', 'done', 'overtaken'],
    ['cancel', 'requested', 'done', 'told'],
  ] as const)('%s given when it was %s and now %s is %s', (answer, givenIn, now, expected) => {
    expect(heard(answer, givenIn, now)).toBe(expected)
  })

  test('that was heard takes a claim no step back', () => {
    expect(stateAfter('approve', 'collected')).toBe('collected')
    expect(stateAfter('receive', 'requested')).toBe('collected')
    expect(stateAfter('resend', 'collected')).toBe('collected')
  })

  test('ends a cancel with the yes, and no return', () => {
    expect(stateOnceTold('cancel', 'approve', 'requested')).toBe('done')
    expect(stateOnceTold('cancel', 'approve', 'withdrawn')).toBe('withdrawn')
    expect(stateOnceTold('return', 'approve', 'requested')).toBe('approved')
  })
})

describe('what claims on a line come to', () => {
  let made = 0
  const claim = (kind: ClaimOnLine['kind'], state: ClaimState, quantity: number, more: Partial<ClaimOnLine> = {}) => ({
    ...{ kind, state, quantity, isTold: true, openedBySeller: false, requestedAt: ++made, claimId: `${made}` },
    ...more,
  })
  const line = { quantity: 5, toldCancelled: 0 }

  test('a cancel told on the line, as a claim and by the seller is one cancel', () => {
    const sellers = claim('cancel', 'done', 2, { isTold: false, openedBySeller: true })
    expect(comesTo({ quantity: 5, toldCancelled: 2 }, [claim('cancel', 'done', 2), sellers])).toMatchObject({
      toldCancelled: 2,
      takenBack: 2,
    })
  })

  test('cancels of different claims add up, and never exceed the line', () => {
    expect(comesTo(line, [claim('cancel', 'done', 2), claim('cancel', 'done', 1)])).toMatchObject({ toldCancelled: 3 })
    expect(comesTo(line, [claim('cancel', 'done', 4), claim('cancel', 'done', 4)])).toMatchObject({ toldCancelled: 5 })
  })

  test('open and void claims give nothing back', () => {
    const open = ['requested', 'approved', 'collected', 'refused', 'withdrawn'] as const
    const claims = open.flatMap((state) => [claim('cancel', state, 1), claim('return', state, 1)])
    expect(comesTo(line, claims)).toMatchObject({ toldCancelled: 0, takenBack: 0 })
  })

  test('returns are no cancels, and may be on the shelf beside them', () => {
    expect(comesTo(line, [claim('cancel', 'done', 1), claim('return', 'done', 2)])).toMatchObject({
      toldCancelled: 1,
      takenBack: 3,
    })
  })

  test('the newest open claim is the flag', () => {
    expect(comesTo(line, [claim('return', 'requested', 1), claim('exchange', 'collected', 1)]).claim).toBe('exchange')
    expect(comesTo(line, [claim('return', 'requested', 1), claim('exchange', 'done', 1)]).claim).toBe('return')
    expect(comesTo(line, [claim('cancel', 'withdrawn', 1)]).claim).toBe(null)
  })
})
