import { expect, test } from 'vitest'
import { eventLines } from './event-lines.ts'

test('an event is told only when its empty line has come, however the bytes were cut', () => {
  const whole = 'id: 7\nevent: totals\ndata: {"a":\ndata: 1}\n\n'
  for (let cut = 1; cut < whole.length; cut++) {
    const read = eventLines()
    const events = [...read(whole.slice(0, cut)), ...read(whole.slice(cut))]
    expect(events).toEqual([{ id: '7', event: 'totals', data: '{"a":\n1}' }])
  }
})

test('carriage returns and line feeds end lines alike, also when cut between the two', () => {
  const read = eventLines()
  expect([...read('event: reset\r'), ...read('\ndata: {}\r'), ...read('\n\r\n')]).toEqual([
    { id: null, event: 'reset', data: '{}' },
  ])
})

test('a heartbeat comment completes nothing and keeps the last id', () => {
  const read = eventLines()
  expect(read('id: 3\ndata: x\n\n: beat\n\n')).toHaveLength(1)
  expect(read('data: y\n\n')).toEqual([{ id: '3', event: 'message', data: 'y' }])
})

test('a stream that never ends its line is refused instead of kept', () => {
  const read = eventLines()
  expect(() => read('x'.repeat(8_000_001))).toThrow(RangeError)
})
