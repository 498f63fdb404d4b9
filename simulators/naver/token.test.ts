import { expect, test } from 'vitest'
import { at, bench, CLIENT_ID, CLIENT_SECRET, FORM, NOON, tokenForm } from './client-for-tests.ts'

const TOKEN = '/v1/oauth2/token'

test('the signature is base64 of the whole bcrypt text, with the secret as its salt', () => {
  expect(CLIENT_SECRET).toHaveLength(29)
  const form = new URLSearchParams(tokenForm(NOON))
  const text = Buffer.from(form.get('client_secret_sign')!, 'base64').toString()
  expect(text).toHaveLength(60)
  expect(text.startsWith(CLIENT_SECRET)).toBe(true)
  const { status, body } = bench().call('POST', TOKEN, tokenForm(NOON), FORM)
  expect([status, body.token_type, body.expires_in]).toEqual([200, 'Bearer', 10_800])
})

test.each<[string, string, Record<string, string | null>]>([
  ['client_secret_sign', 'a signature of another moment', { timestamp: String(NOON - 1) }],
  ['client_secret_sign', 'no signature', { client_secret_sign: null }],
  ['client_id', 'another client', { client_id: `${CLIENT_ID}x` }],
  ['timestamp', 'no time', { timestamp: null }],
  ['timestamp', 'a time in seconds', { timestamp: String(NOON / 1000) }],
  ['grant_type', 'another grant', { grant_type: 'password' }],
  ['grant_type', 'no grant', { grant_type: null }],
  ['type', 'no type', { type: null }],
  ['account_id', 'a seller token without account', { type: 'SELLER' }],
])('a token call is refused by the name of the wrong field: %s (%s)', (field, _what, changes) => {
  const { status, body } = bench().call('POST', TOKEN, tokenForm(NOON, changes), FORM)
  expect([status, body.code, body.invalidInputs[0].name]).toEqual([400, 'BAD_REQUEST', field])
})

test('one wrong byte in the signature is refused', () => {
  const form = new URLSearchParams(tokenForm(NOON))
  const sign = form.get('client_secret_sign')!
  for (const i of [0, 40, sign.length - 2]) {
    const letter = sign[i] === 'A' ? 'B' : 'A'
    form.set('client_secret_sign', sign.slice(0, i) + letter + sign.slice(i + 1))
    expect(bench().call('POST', TOKEN, form.toString(), FORM).status).toBe(400)
  }
})

test('a timestamp is good for five minutes and never from the future', () => {
  const status = (age: number) => bench().call('POST', TOKEN, tokenForm(NOON - age), FORM).status
  expect([status(-1), status(0), status(300_000), status(300_001)]).toEqual([400, 200, 200, 400])
})

test('the same token is given while 30 minutes are left, then a new one beside the old', () => {
  const { call, clock } = bench({ limits: 'off' })
  const ask = () => call('POST', TOKEN, tokenForm(clock.now), FORM).body
  const works = (token: string) =>
    call('GET', '/v1/seller/account', undefined, { authorization: `Bearer ${token}` }).status === 200
  const first = ask().access_token
  clock.now = NOON + 9_000_000 // 30 minutes left, to the ms
  expect(ask()).toMatchObject({ access_token: first, expires_in: 1800 })
  clock.now += 1
  const second = ask()
  expect(second).toMatchObject({ expires_in: 10_800 })
  expect(second.access_token).not.toBe(first)
  expect([works(first), works(second.access_token)]).toEqual([true, true])
  clock.now = NOON + 10_800_000
  expect([works(first), works(second.access_token)]).toEqual([false, true])
})

test('a seller token is another resource than an own token', () => {
  const { call } = bench()
  const own = call('POST', TOKEN, tokenForm(NOON), FORM).body.access_token
  const changes = { type: 'SELLER', account_id: 'pretend_seller' }
  expect(call('POST', TOKEN, tokenForm(NOON, changes), FORM).body.access_token).not.toBe(own)
})

test('every other call needs a live token', () => {
  const { call, naver, signedIn } = bench()
  const refused = call('GET', '/v1/seller/account')
  expect([refused.status, refused.body.code]).toEqual([401, 'GW.AUTHN'])
  const forged = call('GET', '/v1/seller/account', undefined, { authorization: 'Bearer x' })
  expect([forged.status, forged.body.code]).toEqual([401, 'GW.AUTHN'])
  expect(signedIn('GET', '/v1/seller/account').status).toBe(200)
  naver.signOutEverybody()
  expect(signedIn('GET', '/v1/seller/account').status).toBe(401)
})

test('parameters in the URL, or another content type, are answered 415', () => {
  const { call } = bench()
  expect(call('POST', `${TOKEN}?client_id=${CLIENT_ID}`, tokenForm(NOON), FORM).status).toBe(415)
  expect(call('POST', TOKEN, tokenForm(NOON), { 'content-type': 'application/json' }).status).toBe(415)
})

test.each<[string, string, Record<string, string | null>, number]>([
  ['parameters in the URL', `${TOKEN}?type=SELF`, {}, 415],
  ['account_id with SELF', TOKEN, { account_id: 'pretend_seller' }, 200],
  ['no grant_type', TOKEN, { grant_type: null }, 400],
])('%s costs the next Korean day: one call an hour over all APIs', (_what, path, changes, status) => {
  const { call, signedIn, clock } = bench({ limits: 'off' })
  expect(call('POST', path, tokenForm(NOON, changes), FORM).status).toBe(status)
  const account = () => signedIn('GET', '/v1/seller/account')
  expect([account().status, account().status]).toEqual([200, 200]) // the day is judged on the day after

  clock.now = Date.parse('2026-11-20T15:00:00Z') // Korean midnight
  const again = () => call('POST', TOKEN, tokenForm(clock.now), FORM)
  const token = again().body.access_token
  const other = (name: string) => call('GET', name, undefined, { authorization: `Bearer ${token}` })
  expect(other('/v1/seller/account').status).toBe(200)
  const refused = other('/v1/seller/channels')
  expect([refused.status, refused.body.code]).toEqual([429, 'GW.QUOTA_LIMIT'])
  expect(refused.headers).toMatchObject({
    'GNCP-GW-Quota-Period': 'HOURS',
    'GNCP-GW-Quota-Limit': '1',
    'GNCP-GW-Quota-Remaining': '0',
  })
  expect(again().status).toBe(200) // the token call is not counted in
  clock.now += 3_600_000
  expect(other('/v1/seller/channels').status).toBe(200)
})

test('the penalty is lifted on the morning after a clean day, and can be switched to strike at once or never', () => {
  const statuses = (tokenPenalty: 'next_day' | 'at_once' | 'never', now: number) => {
    const { call, clock } = bench({ limits: 'off', tokenPenalty })
    call('POST', `${TOKEN}?type=SELF`, '', FORM)
    clock.now = now
    const token = call('POST', TOKEN, tokenForm(now), FORM).body.access_token
    const account = () => call('GET', '/v1/seller/account', undefined, { authorization: `Bearer ${token}` }).status
    return [account(), account()]
  }
  const [tomorrow, dayAfter] = [NOON + 86_400_000, Date.parse('2026-11-22T00:00:00+09:00')]
  expect(statuses('next_day', NOON)).toEqual([200, 200])
  expect(statuses('next_day', tomorrow)).toEqual([200, 429])
  expect(statuses('next_day', dayAfter)).toEqual([200, 200])
  expect(statuses('at_once', NOON)).toEqual([200, 429])
  expect(statuses('never', tomorrow)).toEqual([200, 200])
})

test('an API the machine does not play is a gateway 404, and so is a path without /external', () => {
  const { signedIn, naver } = bench()
  expect(signedIn('GET', '/v1/pay-user/inquiries')).toMatchObject({ status: 404, body: { code: 'GW.NOT_FOUND' } })
  const bare = { method: 'GET', path: '/v1/seller/account', query: '', headers: new Map(), body: new Uint8Array() }
  expect(naver.handle(bare, NOON, () => 0.5).status).toBe(404)
})

test('times of the order APIs come back with the offset and three fraction digits', () => {
  expect(at(NOON)).toBe('2026-11-20T12:00:00.000%2B09:00')
  const { body } = bench().signedIn('GET', '/v1/pay-order/seller/product-orders/last-changed-statuses')
  expect(body.timestamp).toBe('2026-11-20T12:00:00.000+09:00')
})
