import { statement, type Tx } from '../kernel/db.ts'

// Read-only, across modules: what `jaego demo` compares with the marketplaces' own truth.

const LISTINGS = statement<{
  connection_id: string
  item: string
  sku: string
  desired: number | null
  observed: number | null
}>(
  'screens_demo_listings',
  `select l.connection_id, l.item, v.sku, l.desired, l.observed from channels.listing l
   join catalog.variant v on v.company_id = l.company_id and v.variant_id = l.variant_id
   where l.company_id = $1
   order by l.listing_id`,
)

export const demoListings = (tx: Tx, company: string) => tx.query(LISTINGS, [company])

const LINES = statement<{
  connection_id: string
  external_line_key: string
  cancelled: number
  told_cancelled: number
  /** How often the marketplace's line was taken; more than once is an order doubled. */
  times: number
}>(
  'screens_demo_lines',
  `select connection_id, external_line_key, cancelled, told_cancelled,
     count(*) over (partition by connection_id, external_line_key)::integer as times
   from orders.order_line
   where company_id = $1 and connection_id is not null
   order by order_id, line_no`,
)

export const demoLines = (tx: Tx, company: string) => tx.query(LINES, [company])

const PARCELS = statement<{ connection_id: string; external_line_key: string; invoice: string; telling: string }>(
  'screens_demo_parcels',
  `select l.connection_id, l.external_line_key, s.invoice, p.telling
   from fulfilment.shipment_line p
   join fulfilment.shipment s on s.company_id = p.company_id and s.shipment_id = p.shipment_id
   join orders.order_line l on l.company_id = p.company_id and l.order_id = p.order_id and l.line_no = p.line_no
   where p.company_id = $1 and p.connection_id is not null
   order by p.shipment_id, p.line_no`,
)

/** Lines in parcels that a marketplace is, was or will be told of. */
export const demoParcels = (tx: Tx, company: string) => tx.query(PARCELS, [company])

const CLAIMS = statement<{
  connection_id: string
  external_line_key: string
  kind: 'cancel' | 'return' | 'exchange'
  state: string
  quantity: number
}>(
  'screens_demo_claims',
  `select c.connection_id, l.line_key as external_line_key, c.kind, c.state, l.quantity
   from orders.claim c
   join orders.claim_line l on l.company_id = c.company_id and l.claim_id = c.claim_id
   where c.company_id = $1 and c.connection_id is not null
   order by c.claim_id, l.line_key`,
)

/** Claims on lines of marketplaces. */
export const demoClaims = (tx: Tx, company: string) => tx.query(CLAIMS, [company])

const CLAIM_TOTALS = statement<{
  told: number
  approved: number
  refused: number
  inspected: number
  withdrawn: number
}>(
  'screens_demo_claim_totals',
  `select count(*) filter (where external_key is not null)::integer as told,
     count(*) filter (where exists (
       select from orders.claim_answer a where a.company_id = c.company_id and a.claim_id = c.claim_id
         and a.told = 'told' and a.answer in ('approve', 'receive', 'resend')))::integer as approved,
     count(*) filter (where exists (
       select from orders.claim_answer a where a.company_id = c.company_id and a.claim_id = c.claim_id
         and a.told = 'told' and a.answer = 'refuse'))::integer as refused,
     count(*) filter (where exists (
       select from orders.claim_inspection i where i.company_id = c.company_id and i.claim_id = c.claim_id
       ))::integer as inspected,
     count(*) filter (where state = 'withdrawn')::integer as withdrawn
   from orders.claim c where company_id = $1`,
)

/** Claims, each counted once a column however many answers it had. */
export const claimTotals = async (tx: Tx, company: string) => (await tx.query(CLAIM_TOTALS, [company]))[0]!

const UNDER_WAY = statement<{ markers: number; writes: number; unknown: number; answers: number }>(
  'screens_demo_under_way',
  `select (select count(*)::integer from channels.marker where company_id = $1) as markers,
     (select count(*)::integer from channels.unit where company_id = $1 and write_due_at is not null) as writes,
     (select count(*)::integer from orders.claim_answer
      where company_id = $1 and told in ('waiting', 'unknown')) as answers,
     (select count(*)::integer from channels.unit where company_id = $1 and unknown_until > kernel.now()) as unknown`,
)

/** Work of the channels that is not at rest yet. */
export const channelsUnderWay = async (tx: Tx, company: string) => (await tx.query(UNDER_WAY, [company]))[0]!
