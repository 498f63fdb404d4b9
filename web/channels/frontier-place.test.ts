import { expect, test } from 'vitest'
import { chosenRisk, type Point, placeOn } from './frontier-place.ts'

const POINTS: Point[] = [
  { risk: 0, oversoldPer10000: 0, refusedPercent: 20 },
  { risk: 0.01, oversoldPer10000: 1, refusedPercent: 10 },
  { risk: 0.1, oversoldPer10000: 3, refusedPercent: 6 },
  { risk: null, oversoldPer10000: 9, refusedPercent: 0 },
]

test('a measured choice stands where it was measured', () => {
  for (const point of POINTS) expect(placeOn(POINTS, point.risk)).toEqual(point)
})

test('a choice between two measured ones lies on the line between them', () => {
  expect(placeOn(POINTS, 0.005)).toMatchObject({ oversoldPer10000: 0.5, refusedPercent: 15 })
  const middle = placeOn(POINTS, Math.sqrt(0.01 * 0.1))!
  expect(middle.oversoldPer10000).toBeCloseTo(2)
  expect(middle.refusedPercent).toBeCloseTo(8)
})

test('a risk beyond the largest that was measured stands there, never nearer to sharing everything', () => {
  expect(placeOn(POINTS, 0.3)).toMatchObject({ risk: 0.1 })
})

test('nothing measured is no place', () => {
  expect(placeOn([], 0)).toBe(null)
  expect(placeOn(POINTS.slice(0, 3), null)).toBe(null)
})

test('the choice of a connection: strict unless it says otherwise, 1 % unless it says how much, none for splits', () => {
  expect(chosenRisk({ policy: 'rights', policySettings: {} })).toBe(0)
  expect(chosenRisk({ policy: 'rights', policySettings: { tail: 'pooled' } })).toBe(0.01)
  expect(chosenRisk({ policy: 'rights', policySettings: { tail: 'pooled', tailRisk: 0.2 } })).toBe(0.2)
  expect(chosenRisk({ policy: 'rights', policySettings: { tail: 'pooled', protocol: 'B' } })).toBe(0)
  expect(chosenRisk({ policy: 'pool', policySettings: {} })).toBe(null)
  expect(chosenRisk({ policy: 'fixed', policySettings: { percent: 20 } })).toBe(undefined)
})
