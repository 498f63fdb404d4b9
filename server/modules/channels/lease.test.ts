import { expect, test } from 'vitest'
import type { Clock } from '../../kernel/clock.ts'
import { whileHeld } from './lease.ts'

/** A clock that somebody else moves on: every sleep ends when `pass` is called. */
function steppedClock() {
  const sleepers = new Set<() => void>()
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: (_ms, signal) =>
      new Promise((wake) => {
        const done = () => {
          sleepers.delete(done)
          wake()
        }
        sleepers.add(done)
        signal?.addEventListener('abort', done, { once: true })
      }),
  }
  const pass = async () => {
    for (const wake of [...sleepers]) wake()
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
  return { clock, pass, sleeping: () => sleepers.size }
}

test('a lease is renewed as long as the work lasts, and no longer', async () => {
  const { clock, pass, sleeping } = steppedClock()
  const work = Promise.withResolvers<string>()
  let renewed = 0
  const renew = async () => {
    renewed += 1
    return true
  }
  const held = whileHeld(clock, renew, () => work.promise)
  for (let i = 0; i < 3; i++) await pass()
  expect(renewed).toBe(3)
  work.resolve('done')
  expect(await held).toBe('done')
  expect(sleeping()).toBe(0)
  expect(renewed).toBe(3)
})

test('a lease that was lost is not renewed again, and a database that does not answer once is asked again', async () => {
  const { clock, pass } = steppedClock()
  const work = Promise.withResolvers<void>()
  const answers = [() => Promise.reject(new Error('no answer')), async () => true, async () => false]
  let asked = 0
  const held = whileHeld(
    clock,
    () => answers[asked++]!(),
    () => work.promise,
  )
  for (let i = 0; i < 6; i++) await pass()
  expect(asked).toBe(3)
  work.resolve()
  await held
})

test('work that hangs keeps its lease for minutes and not for ever', async () => {
  const { clock, pass } = steppedClock()
  let renewed = 0
  const renew = async () => {
    renewed += 1
    return true
  }
  void whileHeld(clock, renew, () => new Promise(() => {}))
  for (let i = 0; i < 200; i++) await pass()
  expect(renewed).toBe(120)
})

test('what the work throws is thrown', async () => {
  const { clock } = steppedClock()
  const failing = whileHeld(
    clock,
    async () => true,
    () => Promise.reject(new Error('no')),
  )
  await expect(failing).rejects.toThrow('no')
})
