import bcrypt from 'bcryptjs'
import { expect, test } from 'vitest'
import type { HttpRequest } from '../../../kernel/http-port.ts'
import type { AdapterDeps } from '../../../modules/channels/adapter.ts'
import { tokensInMemory } from '../../../modules/channels/tokens-in-memory.ts'
import { openTokens, signature } from './token.ts'

const credentials = { clientId: 'client', clientSecret: bcrypt.genSaltSync(4), accountId: null }
const MINUTE_MS = 60_000

/** Tokens t1, t2, … with three hours each, and a clock to move. */
function tokenDesk(answer: (nth: number) => { status: number; body: string } = grant) {
  const desk = { now: 1_800_000_000_000, forms: [] as URLSearchParams[] }
  const deps: AdapterDeps = {
    http: {
      send: async (request: HttpRequest) => {
        desk.forms.push(new URLSearchParams(new TextDecoder().decode(request.body ?? new Uint8Array())))
        const { status, body } = answer(desk.forms.length)
        return { kind: 'answered', response: { status, headers: new Map(), body: new TextEncoder().encode(body) } }
      },
    },
    clock: { now: () => desk.now, monotonic: () => 0, sleep: async () => {} },
    spend: async () => {},
    learn: () => {},
    tokens: tokensInMemory(),
  }
  return { desk, tokens: openTokens(deps, 'http://127.0.0.1', credentials, 1_000) }
}

function grant(nth: number) {
  return { status: 200, body: JSON.stringify({ access_token: `t${nth}`, expires_in: 10_800, token_type: 'Bearer' }) }
}

test('the signature is base64 of the whole bcrypt text, with the secret as its salt', () => {
  const hash = Buffer.from(signature(credentials, 1_700_000_000_000), 'base64').toString()
  expect(hash).toHaveLength(60)
  expect(bcrypt.compareSync('client_1700000000000', hash)).toBe(true)
})

test('a secret that a shell cut is told as such, without the secret', () => {
  const cut = { ...credentials, clientSecret: 'a$4bcd' }
  expect(() => signature(cut, 1)).toThrow(expect.objectContaining({ code: 'signed_out' }))
  expect(() => signature(cut, 1)).not.toThrow(/a\$4bcd/)
})

test('one token serves many callers, and is renewed when under half an hour is left', async () => {
  const { desk, tokens } = tokenDesk()
  expect(await Promise.all([tokens.current(), tokens.current()])).toEqual(['t1', 't1'])
  desk.now += 149 * MINUTE_MS
  expect(await tokens.current()).toBe('t1')
  desk.now += 2 * MINUTE_MS
  expect(await tokens.current()).toBe('t2')
  expect(desk.forms).toHaveLength(2)
})

test('the form is whole, holds no account for an own store, and its time is neither future nor five minutes old', async () => {
  const { desk, tokens } = tokenDesk()
  await tokens.current()
  const form = Object.fromEntries(desk.forms[0]!)
  expect(Object.keys(form).sort()).toEqual(['client_id', 'client_secret_sign', 'grant_type', 'timestamp', 'type'])
  expect(form).toMatchObject({ client_id: 'client', grant_type: 'client_credentials', type: 'SELF' })
  const ageMs = desk.now - Number(form.timestamp)
  expect(ageMs).toBeGreaterThan(2 * MINUTE_MS)
  expect(ageMs).toBeLessThan(3 * MINUTE_MS)
})

test('a refused key is not tried again for half a minute', async () => {
  const { desk, tokens } = tokenDesk((nth) =>
    nth === 1 ? { status: 400, body: '{"code":"BAD_REQUEST"}' } : grant(nth),
  )
  await expect(tokens.current()).rejects.toMatchObject({ code: 'signed_out' })
  await expect(tokens.current()).rejects.toMatchObject({ code: 'signed_out' })
  expect(desk.forms).toHaveLength(1)
  desk.now += MINUTE_MS
  expect(await tokens.current()).toBe('t2')
})

test('two callers whose token died ask for one new token between them', async () => {
  const { desk, tokens } = tokenDesk()
  const dead = await tokens.current()
  expect(await Promise.all([tokens.renew(dead), tokens.renew(dead)])).toEqual(['t2', 't2'])
  expect(desk.forms).toHaveLength(2)
})
