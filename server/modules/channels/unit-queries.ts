import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import { LEASE_SECONDS } from './lease.ts'
import { due } from './topics.ts'
import { URGENCY, type Urgency } from './urgency.ts'

export type UnitAt = { company: string; connectionId: string; unit: string }

const WANT_WORK = statement<never>(
  'channels_want_work',
  `insert into channels.unit as u
     (company_id, connection_id, unit, write_due_at, read_due_at, urgency, read_urgency, attempt)
   select k.company_id, k.connection_id, k.unit, case when min(k.urgency) is not null then kernel.now() end,
     min(kernel.now() + make_interval(secs => k.read_in_ms / 1000)), coalesce(min(k.urgency), 3),
     coalesce(min(k.read_urgency), 3), 0
   from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::float8[], $7::integer[])
     as k (company_id, connection_id, unit, urgency, read_in_ms, read_urgency)
   group by 1, 2, 3
   order by 1, 2, 3
   on conflict (company_id, connection_id, unit) do update
   set write_due_at = case
         when excluded.write_due_at is null then u.write_due_at
         when u.write_due_at is null or u.write_due_at = u.leased_until
           then greatest(kernel.now(), u.unknown_until,
             case when excluded.urgency > 0 then u.pushed_at + make_interval(secs => $6::float8 / 1000) end)
         when excluded.urgency = 0 and u.attempt = 0
           then least(u.write_due_at, greatest(kernel.now(), u.unknown_until))
         else u.write_due_at end,
       read_due_at = least(u.read_due_at, excluded.read_due_at),
       read_urgency = case
         when excluded.read_due_at is null then u.read_urgency
         when u.read_due_at is null or u.read_due_at = u.leased_until then excluded.read_urgency
         else least(u.read_urgency, excluded.read_urgency) end,
       urgency = case
         when excluded.write_due_at is null then u.urgency
         when u.write_due_at is null or u.write_due_at = u.leased_until then excluded.urgency
         else least(u.urgency, excluded.urgency) end`,
)

/** A write of this urgency, a read in so many ms, or both. A read is somebody waiting to know unless it says less. */
export type WantedWork = UnitAt & { urgency?: Urgency; readInMs?: number; readUrgency?: Urgency }

/**
 * Asks for work on units. Newest wins and changes coalesce: a unit that was just pushed waits `restMs`, unless it goes
 * to zero, and one that failed keeps its wait. What a claim took on is due at its lease's end; a want that comes
 * meanwhile is a new one. One statement in key order, since two would let two transactions wait for each other in a
 * circle.
 */
export const wantWork = (tx: Tx, wanted: readonly WantedWork[], restMs: number): void => {
  if (wanted.length === 0) return
  const urgencies = plain(wanted.map((unit) => unit.urgency ?? null))
  const readsInMs = plain(wanted.map((unit) => unit.readInMs ?? null))
  const readUrgencies = wanted.map(({ readInMs, readUrgency = URGENCY.drop }) =>
    readInMs === undefined ? null : readUrgency,
  )
  tx.write(WANT_WORK, [...keysOf(wanted), urgencies, readsInMs, restMs, plain(readUrgencies)])
  tx.announce(due, '', null)
}

const keysOf = (units: readonly UnitAt[]) => [
  plain(units.map((unit) => unit.company)),
  plain(units.map((unit) => unit.connectionId)),
  texts(units.map((unit) => unit.unit)),
]

export const wantRead = (tx: Tx, units: readonly UnitAt[], readInMs: number): void =>
  wantWork(
    tx,
    units.map(({ company, connectionId, unit }) => ({ company, connectionId, unit, readInMs })),
    0,
  )

const KNOW_UNITS = statement<never>(
  'channels_know_units',
  `insert into channels.unit (company_id, connection_id, unit, urgency, attempt)
   select distinct k.company_id, k.connection_id, k.unit, 3, 0
   from unnest($1::uuid[], $2::uuid[], $3::text[]) as k (company_id, connection_id, unit)
   order by 1, 2, 3
   on conflict (company_id, connection_id, unit) do nothing`,
)

/** From now on the sweep comes by. */
export const knowUnits = (tx: Tx, units: readonly UnitAt[]): void => {
  if (units.length > 0) tx.write(KNOW_UNITS, keysOf(units))
}

export type ClaimedUnit = {
  unit: string
  write: boolean
  read: boolean
  urgency: Urgency
  attempt: number
}

const CLAIM_UNITS = statement<ClaimedUnit>(
  'channels_claim_units',
  `with open as (
     select from channels.connection
     where company_id = $1 and connection_id = $2 and api_supported and not paused and not parked and failures = 0),
   writes as (
     select company_id, connection_id, unit, 2 * urgency as rank, write_due_at as due_at from channels.unit
     where exists (select from open) and company_id = $1 and connection_id = $2 and write_due_at <= kernel.now()
       and parked_fault is null and urgency <= $5::integer / 2
       and (leased_until is null or leased_until <= kernel.now())
       and (unknown_until is null or unknown_until <= kernel.now())
     order by urgency, write_due_at limit $4 for no key update skip locked),
   reads as (
     select company_id, connection_id, unit, 2 * read_urgency + 1 as rank, read_due_at as due_at from channels.unit
     where exists (select from open) and company_id = $1 and connection_id = $2 and read_due_at <= kernel.now()
       and read_urgency <= ($5::integer - 1) / 2
       and (leased_until is null or leased_until <= kernel.now())
       and (unknown_until is null or unknown_until <= kernel.now())
     order by read_urgency, read_due_at limit $4 for no key update skip locked),
   chosen as (
     select company_id, connection_id, unit, min(rank) as rank, min(due_at) as due_at
     from (select * from writes union all select * from reads) due
     group by 1, 2, 3 order by 4, 5 limit $4),
   claimed as (
     select c.*, coalesce(u.write_due_at <= kernel.now() and u.parked_fault is null, false) as write,
       coalesce(u.read_due_at <= kernel.now(), false) as read
     from chosen c
     cross join lateral (
       select * from channels.unit
       where company_id = c.company_id and connection_id = c.connection_id and unit = c.unit limit 1) u)
   update channels.unit u
   set lease = $3, leased_until = kernel.now() + interval '${LEASE_SECONDS} seconds', attempt = u.attempt + 1,
       write_due_at = case when c.write then kernel.now() + interval '${LEASE_SECONDS} seconds' else u.write_due_at end,
       read_due_at = case when c.read then kernel.now() + interval '${LEASE_SECONDS} seconds' else u.read_due_at end
   from claimed c
   where u.company_id = c.company_id and u.connection_id = c.connection_id and u.unit = c.unit
   returning u.unit, c.write, c.read, u.urgency, u.attempt`,
)

/**
 * Takes due units for this worker, most urgent first, at most `most`; the attempt is counted before the work. Collect
 * first, then write: while a fault of the connection stands, only a completed collection opens the way. What is
 * taken is due again when the lease ends, so that a dead worker's units come back, and so that what is wanted
 * meanwhile can be told from what was taken.
 */
export const claimUnits = (
  tx: Tx,
  company: string,
  connectionId: string,
  lease: string,
  { most, upTo }: Share,
): Promise<ClaimedUnit[]> => tx.query(CLAIM_UNITS, [company, connectionId, lease, most, upTo])

/** How much a claim may take, and down to which rank. */
export type Share = { most: number; upTo: number }

/**
 * Ranks of work: a write counts twice its urgency, a read one more, so that the proof of a zero comes after the zeros
 * that are still to be written, and before the drops.
 */
export const RANKS = {
  /** What goes to zero or must fall, and the proof that something did go to zero. */
  mustFall: 2 * URGENCY.drop,
  /** All but what is safe as it is shown, and the sweep. */
  needed: 2 * URGENCY.other + 1,
  all: 2 * URGENCY.spare + 1,
} as const

const HOLD_LEASE = statement<{ ok: boolean }>(
  'channels_hold_lease',
  `update channels.unit
   set leased_until = kernel.now() + interval '${LEASE_SECONDS} seconds',
       write_due_at = case when write_due_at = leased_until then kernel.now() + interval '${LEASE_SECONDS} seconds'
         else write_due_at end,
       read_due_at = case when read_due_at = leased_until then kernel.now() + interval '${LEASE_SECONDS} seconds'
         else read_due_at end
   where company_id = $1 and connection_id = $2 and unit = $3 and lease = $4 and leased_until > kernel.now()
   returning true as ok`,
)

/** Holds it for longer. False when the lease ran out and somebody else may be at the unit: then nothing may be done. */
export async function holdLease(tx: Tx, at: UnitAt & { lease: string }): Promise<boolean> {
  return (await tx.query(HOLD_LEASE, [at.company, at.connectionId, at.unit, at.lease])).length > 0
}

const SETTLE_UNIT = statement<never>(
  'channels_settle_unit',
  `update channels.unit u
   set write_due_at = least(
         case when u.write_due_at <> u.leased_until
           then greatest(u.write_due_at, case when $8 and u.urgency > 0
             then kernel.now() + make_interval(secs => $12::float8 / 1000) end) end,
         kernel.now() + make_interval(secs => $5::float8 / 1000)),
       read_due_at = least(case when u.read_due_at <> u.leased_until then u.read_due_at end,
         kernel.now() + make_interval(secs => $6::float8 / 1000)),
       urgency = case
         when $5::float8 is null then u.urgency
         when u.write_due_at <> u.leased_until then least(u.urgency, $13::integer)
         else coalesce($13::integer, u.urgency) end,
       read_urgency = case
         when $6::float8 is null then u.read_urgency
         when u.read_due_at <> u.leased_until then least(u.read_urgency, $14::integer)
         else coalesce($14::integer, u.read_urgency) end,
       unknown_until = case when $7::float8 is null then u.unknown_until
         else kernel.now() + make_interval(secs => $7::float8 / 1000) end,
       pushed_at = case when $8 then kernel.now() else u.pushed_at end,
       read_at = case when $9 then kernel.now() else u.read_at end,
       attempt = case when $10 then 0 else u.attempt end,
       parked_fault = $11, lease = null, leased_until = null
   where u.company_id = $1 and u.connection_id = $2 and u.unit = $3 and u.lease = $4`,
)

/** What a claim ends with. Times are ms from now; null says that nothing further is wanted by what was taken on. */
export type UnitEnd = {
  writeInMs: number | null
  /** Of the write that is still wanted; what it was taken with unless said. */
  urgency?: Urgency
  readInMs: number | null
  /** Of the read that is still wanted; what it was taken with unless said. */
  readUrgency?: Urgency
  unknownForMs?: number
  pushed?: boolean
  wasRead?: boolean
  succeeded: boolean
  parkedFault?: string | null
}

/** Ends a claim; what was wanted while it lasted stays wanted. */
export const settleUnit = (tx: Tx, claim: UnitAt & { lease: string }, end: UnitEnd, restMs: number): void =>
  tx.write(SETTLE_UNIT, [
    claim.company,
    claim.connectionId,
    claim.unit,
    claim.lease,
    end.writeInMs,
    end.readInMs,
    end.unknownForMs ?? null,
    end.pushed ?? false,
    end.wasRead ?? false,
    end.succeeded,
    end.parkedFault ?? null,
    restMs,
    end.urgency ?? null,
    end.readUrgency ?? null,
  ])

/**
 * Of a unit that failed with its connection, ms. Short, since an ailing connection is held back as a whole and the call
 * budget paces the rest: a minute here left numbers wrong for a minute after an outage was over.
 */
export const LONGEST_RETRY_MS = 8_000

const END_BACK_OFFS = statement<never>(
  'channels_end_back_offs',
  `update channels.unit u
   set write_due_at = case when u.write_due_at <= kernel.now() + make_interval(secs => $3::float8 / 1000)
         then least(u.write_due_at, kernel.now()) else u.write_due_at end,
       read_due_at = case when u.read_due_at <= kernel.now() + make_interval(secs => $3::float8 / 1000)
         then least(u.read_due_at, kernel.now()) else u.read_due_at end
   from (
     select company_id, connection_id, unit from channels.unit
     where company_id = $1 and connection_id = $2 and attempt > 0 and lease is null and parked_fault is null
     order by company_id, connection_id, unit for no key update) k
   where u.company_id = k.company_id and u.connection_id = k.connection_id and u.unit = k.unit`,
)

/**
 * The connection answers again: nobody goes on waiting for what failed while it did not, which is never longer than
 * LONGEST_RETRY_MS. A longer wait is the unit's own. Attempts are counted on: begun anew with each collection, twenty
 * products that nobody can read were read at each, before what was wanted of others.
 */
export const endBackOffs = (tx: Tx, company: string, connectionId: string): void => {
  tx.write(END_BACK_OFFS, [company, connectionId, LONGEST_RETRY_MS])
  tx.announce(due, '', null)
}

// By class, as the indexes have them: with one order over all of them, thousands of waiting rises were sorted each time.
const NEXT_DUE = statement<{ in_ms: number | null }>(
  'channels_next_due',
  `select extract(epoch from min(d.due_at) - kernel.now())::float8 * 1000 as in_ms
   from generate_series(0, 4) c
   cross join lateral (
     (select greatest(write_due_at, leased_until, unknown_until) as due_at from channels.unit
      where company_id = $1 and connection_id = $2 and urgency = c and write_due_at is not null and parked_fault is null
      order by write_due_at limit 20)
     union all
     (select greatest(read_due_at, leased_until, unknown_until) from channels.unit
      where company_id = $1 and connection_id = $2 and read_urgency = c and read_due_at is not null
      order by read_due_at limit 20)) d`,
)

/** Ms until the next unit may be claimed; null when nothing waits. */
export async function nextDue(tx: Tx, company: string, connectionId: string): Promise<number | null> {
  return (await tx.query(NEXT_DUE, [company, connectionId]))[0]?.in_ms ?? null
}

// `offset 0` has listings looked up unit by unit: joined, all 10,000 of a connection were read each time (15 ms, now 0.2).
const SWEEP = statement<{ unit: string }>(
  'channels_sweep',
  `update channels.unit u set read_due_at = kernel.now(), read_urgency = 4
   from (
     select s.company_id, s.connection_id, s.unit from channels.unit s
     where s.company_id = $1 and s.connection_id = $2 and s.read_due_at is null and s.write_due_at is null
       and s.parked_fault is null
       and not exists (
         select from channels.listing l
         where l.company_id = s.company_id and l.connection_id = s.connection_id and l.unit = s.unit
           and l.unexplained <> 0
         offset 0)
       and (not exists (
           select from channels.unit
           where company_id = $1 and connection_id = $2 and write_due_at < kernel.now() - interval '1 second'
             and parked_fault is null)
         and not exists (
           select from channels.unit
           where company_id = $1 and connection_id = $2 and read_urgency = 4 and read_due_at <= kernel.now())
         or s.read_at < kernel.now() - interval '1 day' and not exists (
           select from channels.unit
           where company_id = $1 and connection_id = $2 and read_urgency = 4 and read_due_at <= kernel.now()
             and read_at < kernel.now() - interval '1 day'))
     order by s.read_at nulls first, s.unit
     limit $3) s
   where u.company_id = s.company_id and u.connection_id = s.connection_id and u.unit = s.unit
   returning u.unit`,
)

/**
 * Asks for a read of the unit nobody has read for longest, with budget that no write waits for. Such a read, and the
 * collection past it, is what a listing's rights rest on anew; one that was not had for a day waits for no write.
 *
 * A number that no order explains yet is not read again before a collection has gone past the read that met it: that
 * is put off by every new read, and where few units were read faster than a late feed is trusted nobody ever judged it,
 * and no raise was sent (seen: an edit never put right, and a sold-out listing never filled).
 *
 * None is asked for while another such read waits: where few calls are to spare the whole catalogue would wait in line,
 * and behind it the proof of what was raised since (seen: four minutes, at 114 units and a spare call in ten seconds).
 */
export const sweepUnits = (tx: Tx, company: string, connectionId: string, most: number) =>
  tx.query(SWEEP, [company, connectionId, most])

const RELEASE_PARKED = statement<never>(
  'channels_release_parked',
  `update channels.unit set parked_fault = null, attempt = 0, read_due_at = kernel.now(), read_urgency = 1
   where company_id = $1 and connection_id = $2 and parked_fault is not null and ($3::text is null or unit = $3)`,
)

/**
 * A person has looked: what was refused for good may be tried again, the unit's or, with null, all of the connection's.
 * It is read first; what that shows is planned for again.
 */
export const releaseParked = (tx: Tx, company: string, connectionId: string, unit: string | null): void => {
  tx.write(RELEASE_PARKED, [company, connectionId, unit])
  tx.announce(due, '', null)
}
