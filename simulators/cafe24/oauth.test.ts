import { expect, test } from 'vitest'
import { type Client, DAY, HOUR, NOON, openClient, refresh, type Tokens } from './contract-client.ts'

const SCOPE = 'mall.read_order,mall.write_product'
const BACK = 'https://shop.invalid/callback'

const works = (client: Client, access = client.access) =>
  client.send('GET', 'orders/count', {
    query: 'start_date=2026-11-20&end_date=2026-11-20',
    headers: { authorization: `Bearer ${access}` },
  })

const consent = (client: Client, changes: Record<string, string> = {}) => {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'pretendCafe24Client001',
    state: 's 1',
    redirect_uri: BACK,
    scope: SCOPE,
    ...changes,
  })
  return client.raw('GET', '/api/v2/oauth/authorize', query.toString(), {}, '')
}

const codeOf = (client: Client, changes?: Record<string, string>) =>
  new URL(consent(client, changes).headers.location ?? '').searchParams.get('code') ?? ''

const exchange = (client: Client, code: string, back = BACK) =>
  client.token({ grant_type: 'authorization_code', code, redirect_uri: back })

test('consent redirects with a code and the state, and the code buys a pair of tokens', () => {
  const client = openClient()
  const answer = consent(client)
  const location = new URL(answer.headers.location ?? '')
  expect([answer.status, location.origin + location.pathname, location.searchParams.get('state')]).toEqual([
    302,
    BACK,
    's 1',
  ])
  expect(exchange(client, location.searchParams.get('code') ?? '').body).toEqual({
    access_token: expect.stringMatching(/^\w{22}$/),
    expires_at: '2026-11-20T14:00:00.000',
    refresh_token: expect.stringMatching(/^\w{22}$/),
    refresh_token_expires_at: '2026-12-04T12:00:00.000',
    client_id: 'pretendCafe24Client001',
    mall_id: 'pretendmall',
    user_id: 'pretendmall',
    scopes: ['mall.read_order', 'mall.write_product'],
    issued_at: '2026-11-20T12:00:00.000',
    shop_no: '1',
  })
})

test('a code works once, for a minute, and only with the address it was asked for', () => {
  const client = openClient()
  const code = codeOf(client)
  expect(exchange(client, code).status).toBe(200)
  expect(exchange(client, code).body.error).toBe('invalid_grant')
  expect(exchange(client, codeOf(client), 'https://elsewhere.invalid/').status).toBe(400)
  const late = codeOf(client)
  client.now += 60_000
  expect(exchange(client, late).status).toBe(400)
})

test('a strange app or address is not redirected to, and a scope the app has not is told there', () => {
  const registered = openClient({}, { credentials: { redirectUri: BACK } })
  expect(consent(registered, { redirect_uri: 'https://elsewhere.invalid/' }).status).toBe(400)
  expect(consent(registered, { client_id: 'x' }).status).toBe(400)
  const location = new URL(consent(registered, { scope: 'mall.read_everything' }).headers.location ?? '')
  expect([location.searchParams.get('error'), location.searchParams.has('code')]).toEqual(['invalid_scope', false])
})

test('a refresh token works once: each answer brings the next, and reuse is refused', () => {
  const client = openClient()
  const used = client.refresh
  expect(refresh(client).status).toBe(200)
  const again = client.token({ grant_type: 'refresh_token', refresh_token: used })
  expect([again.status, again.body.error]).toEqual([400, 'invalid_grant'])
  expect(refresh(client).status).toBe(200)
})

test('reuse of a refresh token ends the whole grant where the mall is that strict', () => {
  const client = openClient({ reusedRefreshToken: 'ends_grant' })
  const used = client.refresh
  refresh(client)
  client.token({ grant_type: 'refresh_token', refresh_token: used })
  expect([works(client).status, refresh(client).status]).toEqual([401, 400])
})

test('an access token lives two hours, and is told that it expired', () => {
  const client = openClient()
  client.now = NOON + 2 * HOUR - 1
  expect(works(client).status).toBe(200)
  client.now += 1
  const answer = works(client)
  expect([answer.status, answer.body]).toEqual([
    401,
    { error: { code: 401, message: 'access_token time expired.', more_info: {} } },
  ])
  expect(refresh(client).status).toBe(200)
  expect(works(client).status).toBe(200)
})

test('fourteen idle days end a refresh token', () => {
  const client = openClient()
  client.now = NOON + 14 * DAY - 1
  expect(refresh(client).status).toBe(200)
  client.now += 14 * DAY
  expect(refresh(client).body.error).toBe('invalid_grant')
})

test.each([
  ['lives', 200],
  ['dies', 401],
] as const)('after a refresh the access token before it %s', (oldAccessToken, status) => {
  const client = openClient({ oldAccessToken })
  const before = client.access
  refresh(client)
  expect([works(client, before).status, works(client).status]).toEqual([status, 200])
})

test('no token and a forged one are invalid', () => {
  const client = openClient()
  for (const authorization of [null, 'Bearer x', `Basic ${client.access}`]) {
    const answer = client.send('GET', 'orders/count', { headers: { authorization } })
    expect([answer.status, answer.body.error]).toMatchObject([401, { message: 'Invalid access_token' }])
  }
})

test('a call outside the scopes that were consented to is a 403', () => {
  const client = openClient()
  client.access = exchange(client, codeOf(client)).body.access_token
  const { no, codes } = client.seed(3)
  expect(client.send('GET', `products/${no}/variants/${codes[0]}/inventories`).status).toBe(403)
  expect(works(client).status).toBe(200)
})

test('a token call needs the app’s secret and a form', () => {
  const client = openClient()
  const fields = { grant_type: 'refresh_token', refresh_token: client.refresh }
  expect(client.token(fields, { authorization: 'Basic eDp5' }).status).toBe(401)
  expect(client.token(fields, { 'content-type': 'application/json' }).status).toBe(400)
  expect(client.token({ grant_type: 'password' }).body.error).toBe('unsupported_grant_type')
  expect(refresh(client).status).toBe(200)
})

test('token calls are throttled, and a refused one uses up no refresh token', () => {
  const client = openClient({ tokenCallsPerMinute: 3 })
  expect([refresh(client).status, refresh(client).status, refresh(client).status]).toEqual([200, 200, 429])
  client.now += 60_001
  expect(refresh(client).status).toBe(200)
})

test('the outage of February 2025 answers "Uninstalled app", and the refresh token survives it', () => {
  const client = openClient()
  client.switches.uninstalledAppUntil = client.now + 1_000
  expect(refresh(client).body.error_description).toBe('Uninstalled app')
  client.now += 1_000
  expect(refresh(client).status).toBe(200)
})

test('an app the seller removed is a 403 until somebody consents anew', () => {
  const client = openClient()
  client.market.uninstallApp(client.now)
  expect([works(client).status, refresh(client).body.error_description]).toEqual([403, 'Uninstalled app'])
  client.access = exchange(client, codeOf(client)).body.access_token
  expect(works(client).status).toBe(200)
})

test('a revoked token is dead', () => {
  const client = openClient()
  const basic = `Basic ${Buffer.from('pretendCafe24Client001:pretendCafe24Secret001').toString('base64')}`
  const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: basic }
  const revoked = client.raw('POST', '/api/v2/oauth/revoke', '', headers, `token=${client.access}`)
  expect([revoked.status, works(client).status]).toEqual([200, 401])
})

test('equal luck gives equal tokens', () => {
  const tokens = () => refresh(openClient()).body as Tokens
  expect(tokens()).toEqual(tokens())
})
