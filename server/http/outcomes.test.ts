import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { assertLoopback, isOwnHost } from './loopback.ts'
import { PROBLEMS } from './outcomes.ts'

test('docs/problems.md lists exactly the problems the server answers with', () => {
  const text = readFileSync(new URL('../../docs/problems.md', import.meta.url), 'utf8')
  const written = [...text.matchAll(/^\| `\/problems\/([\w-]+)` \| (\d+) \| (yes|no) \|/gm)].map((row) => row.slice(1))
  const known = Object.entries(PROBLEMS).map(([kind, { status, retryable }]) => [
    kind,
    `${status}`,
    retryable ? 'yes' : 'no',
  ])
  expect(written).toEqual(known)
})

test('the server listens on loopback only', () => {
  for (const host of ['127.0.0.1', 'localhost', '::1']) expect(() => assertLoopback(host)).not.toThrow()
  for (const host of ['0.0.0.0', '::', '192.168.0.4', 'example.com', '', '127.0.0.1.example.com']) {
    expect(() => assertLoopback(host), host).toThrow(/there is no sign-in yet/)
  }
})

test('it answers to its own names, on any port', () => {
  for (const host of ['127.0.0.1', 'localhost:4010', 'LOCALHOST:1', '[::1]:65535', '127.0.0.1:4010']) {
    expect(isOwnHost(host), host).toBe(true)
  }
  for (const host of [undefined, '', 'evil.example', 'localhost.evil.example', '127.0.0.1@evil', 'localhost:123456']) {
    expect(isOwnHost(host), host).toBe(false)
  }
})
