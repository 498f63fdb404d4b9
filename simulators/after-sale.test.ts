import { expect, test } from 'vitest'
import { type AfterSaleDoors, type AfterSalePlan, afterSale } from './after-sale.ts'

const BUYERS = 2_000
const LONG_MS = 300_000

/** Everything works, and is noted. `sentAtMs`: when the seller sends all of it. */
function play(plan: Omit<AfterSalePlan, 'seed'>, sentAtMs = 5_000, change: Partial<AfterSaleDoors> = {}) {
  let nowMs = 0
  const done: [what: string, lineKey: string, atMs: number][] = []
  const note = (what: string) => (lineKey: string) => {
    done.push([what, lineKey, nowMs])
    return true
  }
  const doors: AfterSaleDoors = {
    isSent: () => nowMs >= sentAtMs,
    ...{ deliver: note('deliver'), exchange: note('exchange'), takeBack: note('takeBack') },
    ...{ bringBack: note('bringBack'), sendBack: note('sendBack'), ...change },
  }
  const story = afterSale({ seed: 1, ...plan }, doors)
  for (let i = 0; i < BUYERS; i++) story.bought(`line ${i}`, 0)
  for (; nowMs < LONG_MS; nowMs += 250) story.turn(nowMs)
  const of = (what: string) => done.filter((row) => row[0] === what)
  return { story, done, of }
}

test('by default nothing happens to a purchase, and no door is touched', () => {
  expect(play({}).done).toEqual([])
})

test('the asked shares are sent back or exchanged, and let be again, in equal runs for equal seeds', () => {
  const plan = { returnShare: 0.3, exchangeShare: 0.1, takeBackShare: 0.5, parcelMs: 1_000 }
  const { of, story, done } = play(plan)
  expect(of('sendBack').length / BUYERS).toBeCloseTo(0.3, 1)
  expect(of('exchange').length / BUYERS).toBeCloseTo(0.1, 1)
  const asked = of('sendBack').length + of('exchange').length
  expect(of('takeBack').length / asked).toBeCloseTo(0.5, 1)
  expect(story.tally).toMatchObject({ returns: of('sendBack').length, takenBack: of('takeBack').length })
  expect(play(plan).done).toEqual(done)
})

test('nobody asks for a return of what has not left, nor before it has arrived', () => {
  const { of } = play({ returnShare: 1, parcelMs: 2_000 }, 20_000)
  expect(Math.min(...of('deliver').map(([, , atMs]) => atMs))).toBeGreaterThanOrEqual(22_000)
  const arrived = new Map(of('deliver').map(([, key, atMs]) => [key, atMs]))
  for (const [, key, atMs] of of('sendBack')) expect(atMs).toBeGreaterThanOrEqual(arrived.get(key)!)
  expect(of('sendBack')).toHaveLength(BUYERS)
})

test('goods of a return come back, and of an exchange others arrive, once each', () => {
  const { of } = play({ exchangeShare: 1, parcelMs: 1_000 })
  expect([of('bringBack').length, of('deliver').length]).toEqual([BUYERS, 2 * BUYERS])
})

test('what a marketplace has no door for is left', () => {
  const { of, story } = play({ exchangeShare: 1, parcelMs: 1_000 }, 5_000, { exchange: () => false })
  expect([of('bringBack').length, story.tally.exchanges, story.tally.delivered]).toEqual([0, 0, BUYERS])
})

test('a wish to cancel that waits for the seller is let be by the asked share', () => {
  const done: string[] = []
  const no = () => false
  const doors = { isSent: no, deliver: no, exchange: no, bringBack: no, sendBack: no }
  const story = afterSale({ seed: 1, takeBackShare: 1 }, { ...doors, takeBack: (key) => done.push(key) > 0 })
  story.bought('a', 0)
  story.asked('a', 1_000)
  for (let nowMs = 0; nowMs < 20_000; nowMs += 500) story.turn(nowMs)
  expect(done).toEqual(['a'])
})
