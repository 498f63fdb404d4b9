import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, openApi } from '../../../test/api.ts'
import { newId } from '../../../test/shop.ts'
import { realRandom } from '../../kernel/random.ts'
import { openSecrets } from '../../kernel/secrets.ts'
import { createApiKey, createCompany } from '../access/index.ts'
import { adoptListings, createConnection, readConnections } from './index.ts'
import { beginReconciliation, endReconciliation, insertFindings } from './reconciliation-queries.ts'

let api: Api
let connectionId: string
let listingId: string
beforeAll(async () => {
  api = await openApi()
  const { shop } = api
  connectionId = await shop.inTx((tx) =>
    createConnection(tx, openSecrets(randomBytes(32), realRandom), {
      ...{ company: shop.company, channel: 'naver', name: '스토어', baseUrl: 'http://127.0.0.1:1', credentials: {} },
      ...{ settings: {}, mode: 'push', policy: 'pool', policySettings: {}, feedLatenessMs: 1_000, budgets: [] },
      warehouses: shop.warehouses.slice(0, 2),
    }),
  )
  ;[listingId] = (await shop.inTx(async (tx) => {
    const [connection] = await readConnections(tx)
    const listing = { unit: 'U', item: 'I', sellerCode: 'BRK-1', variantId: null, multiplier: 1, observed: 3 }
    return adoptListings(tx, connection!, [listing])
  })) as [string]
})
afterAll(() => api.close())

const drifted = (n: number, more: { action?: string; confirmed?: boolean } = {}) =>
  api.shop.rows(
    `insert into channels.drift (company_id, drift_id, connection_id, listing_id, believed, showed, cause, action,
       read_at, confirmed_at, units)
     values ($1, $2, $3, $4, 10, 10 + $5::integer, 'edited', $6, now(), case when $7 then now() end, $5)`,
    [api.shop.company, newId(), connectionId, listingId, n, more.action ?? 'repair', more.confirmed ?? true],
  )

test('drift is listed newest first, page by page, once a collection has confirmed it', async () => {
  for (const n of [1, 2, 3]) await drifted(n, n === 3 ? { action: 'report' } : {})
  await drifted(4, { confirmed: false })
  const first = (await api.get(`/v1/connections/${connectionId}/drift?limit=2`)).json()
  expect(first.drift).toMatchObject([
    { listingId, sellerCode: 'BRK-1', believed: 10, showed: 13, units: 3, cause: 'edited', done: 'reported' },
    { units: 2, done: 'kept', repairedAt: null },
  ])
  const rest = (await api.get(`/v1/connections/${connectionId}/drift?limit=2&cursor=${first.next}`)).json()
  expect([rest.drift.map(({ units }: { units: number }) => units), rest.next]).toEqual([[1], null])
})

test('a comparison of orders is listed with what it found', async () => {
  const { company } = api.shop
  await api.shop.inTx(async (tx) => {
    const id = beginReconciliation(tx, company, connectionId, { lookbackMs: 86_400_000, comparedUpTo: Date.now() })
    insertFindings(tx, company, id, [
      { externalId: 'O', lineKey: 'L', kind: 'late', ours: null, theirs: 2, recorded: true },
    ])
    const counts = { ordersTold: 7, linesTold: 9, linesLate: 1, linesDiffering: 0, fault: null, faultSaid: null }
    endReconciliation(tx, company, id, { result: 'differed', ...counts })
    beginReconciliation(tx, company, connectionId, { lookbackMs: 1, comparedUpTo: Date.now() })
  })
  const answer = (await api.get(`/v1/connections/${connectionId}/reconciliations`)).json()
  expect(answer).toMatchObject({
    reconciliations: [
      { result: null, endedAt: null, findings: [] },
      {
        result: 'differed',
        ordersTold: 7,
        linesLate: 1,
        findings: [{ externalId: 'O', kind: 'late', recorded: true }],
      },
    ],
    next: null,
  })
})

test('a person says whether edits are put right; a parked unit and an edited listing are released', async () => {
  const change = await api.inject('PATCH', `/v1/connections/${connectionId}`, { drift: 'report' })
  expect(change.json()).toMatchObject({ drift: 'report', mode: 'push' })
  await api.shop.rows(`update channels.unit set parked_fault = 'refused'`)
  await api.shop.rows(`update channels.listing set fault = 'edited'`)
  expect((await api.inject('DELETE', `/v1/listings/${listingId}/fault`)).json()).toEqual({ listingId })
  expect(await api.shop.rows('select parked_fault, read_due_at is not null as read from channels.unit')).toEqual([
    { parked_fault: null, read: true },
  ])
  expect(await api.shop.rows('select fault from channels.listing')).toEqual([{ fault: null }])
})

test('what belongs to another company is answered as if it were not there', async () => {
  const stranger = newId()
  const key = await api.shop.db.transaction([stranger], async (tx) => {
    createCompany(tx, { id: stranger, name: '남의 회사' })
    return createApiKey(tx, stranger, 'test', realRandom)
  })
  const headers = { authorization: `Bearer ${key}` }
  expect((await api.get(`/v1/connections/${connectionId}/drift`, headers)).statusCode).toBe(404)
  expect((await api.get(`/v1/connections/${connectionId}/reconciliations`, headers)).statusCode).toBe(404)
  expect((await api.inject('DELETE', `/v1/listings/${listingId}/fault`, undefined, headers)).statusCode).toBe(404)
})
