import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'

const LEASE_RECONCILIATION = statement<{ now: Date }>(
  'channels_lease_reconciliation',
  `update channels.connection
   set reconcile_due_at = kernel.now() + interval '30 minutes'
   where company_id = $1 and connection_id = $2 and api_supported and not parked and failures = 0 and cursor is not null
     and kernel.now() >= coalesce(reconcile_due_at, created_at
       + make_interval(secs => $3::float8 / 1000 * ('x' || right($2::text, 6))::bit(24)::integer / 16777216.0))
   returning kernel.now() as now`,
)

/**
 * Takes a connection's comparison of orders for this worker, when it is due and orders are being collected; somebody
 * who died with it leaves it due in half an hour. The first is due within `everyMs` of the connection's making, at a
 * time that its id says.
 */
export async function leaseReconciliation(tx: Tx, company: string, connectionId: string, everyMs: number) {
  return (await tx.query(LEASE_RECONCILIATION, [company, connectionId, everyMs])).length > 0
}

const RECONCILE_AGAIN = statement<never>(
  'channels_reconcile_again',
  `update channels.connection set reconcile_due_at = kernel.now() + make_interval(secs => $3::float8 / 1000)
   where company_id = $1 and connection_id = $2`,
)

export const reconcileAgain = (tx: Tx, company: string, connectionId: string, inMs: number): void =>
  tx.write(RECONCILE_AGAIN, [company, connectionId, inMs])

const BEGIN_RECONCILIATION = statement<never>(
  'channels_begin_reconciliation',
  `insert into channels.reconciliation (company_id, reconciliation_id, connection_id, started_at, looked_from,
     compared_up_to)
   values ($1, $2, $3, kernel.now(), kernel.now() - make_interval(secs => $4::float8 / 1000), $5)`,
)

/** Answers the reconciliation's id. */
export function beginReconciliation(
  tx: Tx,
  company: string,
  connectionId: string,
  { lookbackMs, comparedUpTo }: { lookbackMs: number; comparedUpTo: number },
): string {
  const id = tx.newId()
  tx.write(BEGIN_RECONCILIATION, [company, id, connectionId, lookbackMs, new Date(comparedUpTo)])
  return id
}

/** A line on which the channel and our books do not agree. `ours` null: not in our books. */
export type Finding = {
  externalId: string
  lineKey: string
  kind: 'late' | 'quantity' | 'cancelled'
  ours: number | null
  theirs: number
  /** False: told only, since nothing the channel says may undo what was done with it. */
  recorded: boolean
}

const INSERT_FINDINGS = statement<never>(
  'channels_insert_findings',
  `insert into channels.reconciliation_finding (company_id, reconciliation_id, finding_no, external_id, line_key, kind,
     ours, theirs, recorded)
   select $1, $2, *
   from unnest($3::integer[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::integer[], $9::boolean[])`,
)

export const insertFindings = (tx: Tx, company: string, id: string, findings: readonly Finding[]): void => {
  if (findings.length === 0) return
  tx.write(INSERT_FINDINGS, [
    company,
    id,
    plain(findings.map((_, i) => i + 1)),
    texts(findings.map(({ externalId }) => externalId)),
    texts(findings.map(({ lineKey }) => lineKey)),
    texts(findings.map(({ kind }) => kind)),
    plain(findings.map(({ ours }) => ours)),
    plain(findings.map(({ theirs }) => theirs)),
    plain(findings.map(({ recorded }) => recorded)),
  ])
}

export type ReconciliationResult = {
  result: 'equal' | 'differed' | 'failed'
  ordersTold: number
  linesTold: number
  linesLate: number
  linesDiffering: number
  fault: string | null
  faultSaid: string | null
}

const END_RECONCILIATION = statement<never>(
  'channels_end_reconciliation',
  `update channels.reconciliation
   set ended_at = kernel.now(), result = $3, orders_told = $4, lines_told = $5, lines_late = $6, lines_differing = $7,
       fault = $8, fault_said = $9
   where company_id = $1 and reconciliation_id = $2`,
)

export const endReconciliation = (tx: Tx, company: string, id: string, end: ReconciliationResult): void =>
  tx.write(END_RECONCILIATION, [
    ...[company, id, end.result, end.ordersTold, end.linesTold, end.linesLate, end.linesDiffering],
    ...[end.fault, end.faultSaid],
  ])

export type ReconciliationRow = Omit<ReconciliationResult, 'result'> & {
  id: string
  startedAt: Date
  endedAt: Date | null
  result: ReconciliationResult['result'] | null
  lookedFrom: Date
  comparedUpTo: Date
  findings: Finding[]
}

const LIST_RECONCILIATIONS = statement<ReconciliationRow>(
  'channels_list_reconciliations',
  `select r.reconciliation_id as id, r.started_at as "startedAt", r.ended_at as "endedAt", r.result,
     r.looked_from as "lookedFrom", r.compared_up_to as "comparedUpTo", r.orders_told as "ordersTold",
     r.lines_told as "linesTold", r.lines_late as "linesLate", r.lines_differing as "linesDiffering", r.fault,
     r.fault_said as "faultSaid", f.findings
   from (
     select * from channels.reconciliation
     where connection_id = $2 and company_id = $1 and reconciliation_id < $3
     order by reconciliation_id desc
     limit $4) r
   cross join lateral (
     select coalesce(jsonb_agg(jsonb_build_object('externalId', external_id, 'lineKey', line_key, 'kind', kind,
       'ours', ours, 'theirs', theirs, 'recorded', recorded) order by finding_no), '[]'::jsonb) as findings
     from channels.reconciliation_finding
     where company_id = r.company_id and reconciliation_id = r.reconciliation_id) f
   order by r.reconciliation_id desc`,
)

const AFTER_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Newest first, those before `cursor`, each with what it found. */
export const listReconciliations = (
  tx: Tx,
  company: string,
  connectionId: string,
  { cursor, limit }: { cursor: string | null; limit: number },
): Promise<ReconciliationRow[]> => tx.query(LIST_RECONCILIATIONS, [company, connectionId, cursor ?? AFTER_ALL, limit])
