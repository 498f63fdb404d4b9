import { plain } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'

const LOCK_LEVELS_OF_VARIANTS = statement<never>(
  'inventory_lock_levels_of_variants',
  `select l.version
   from (select distinct * from unnest($1::uuid[], $2::uuid[]) as u (company_id, variant_id) order by 1, 2) k
   cross join lateral (
     select version from inventory.level
     where company_id = k.company_id and variant_id = k.variant_id
     order by warehouse_id for no key update) l`,
)

/** All levels of each variant, in key order as everywhere. */
export const lockLevelsOfVariants = (tx: Tx, variants: readonly { company: string; variantId: string }[]) =>
  tx.query(LOCK_LEVELS_OF_VARIANTS, [
    plain(variants.map((variant) => variant.company)),
    plain(variants.map((variant) => variant.variantId)),
  ])

/** One variant's stock in the numbers that channels are planned from. Units of the variant. */
export type Availability = {
  company: string
  variantId: string
  onHand: number
  reserved: number
  /** on_hand − reserved over sellable warehouses, less open shortages. Below 0 while orders miss goods. */
  available: number
  /** Σ rights of the channels, as last written. */
  promised: number
}

const READ_AVAILABILITY = statement<Availability>(
  'inventory_read_availability',
  `select k.company_id as company, k.variant_id as "variantId",
     coalesce(l.on_hand, 0)::integer as "onHand", coalesce(l.reserved, 0)::integer as reserved,
     (coalesce(l.available, 0) - coalesce(s.open, 0))::integer as available, coalesce(p.promised, 0) as promised
   from unnest($1::uuid[], $2::uuid[]) with ordinality as k (company_id, variant_id, n)
   left join lateral (
     select sum(v.on_hand) as on_hand, sum(v.reserved) as reserved,
       sum(v.on_hand - v.reserved) filter (where w.sellable and w.active) as available
     from inventory.level v
     join inventory.warehouse w on w.company_id = v.company_id and w.warehouse_id = v.warehouse_id
     where v.company_id = k.company_id and v.variant_id = k.variant_id) l on true
   left join lateral (
     select sum(open) as open from inventory.shortage
     where variant_id = k.variant_id and (company_id = k.company_id) is true and open > 0) s on true
   left join lateral (
     select promised from inventory.promise
     where company_id = k.company_id and variant_id = k.variant_id
     limit 1) p on true
   order by k.n`,
)

export const readAvailability = (tx: Tx, variants: readonly { company: string; variantId: string }[]) =>
  tx.query(READ_AVAILABILITY, [
    plain(variants.map((variant) => variant.company)),
    plain(variants.map((variant) => variant.variantId)),
  ])

const ENSURE_PROMISES = statement<never>(
  'inventory_ensure_promises',
  `insert into inventory.promise (company_id, variant_id, promised)
   select k.company_id, k.variant_id, 0 from unnest($1::uuid[], $2::uuid[]) as k (company_id, variant_id)
   on conflict (company_id, variant_id) do nothing`,
)

const MOVE_PROMISES = statement<never>(
  'inventory_move_promises',
  `update inventory.promise p set promised = p.promised + k.delta
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::integer[])
     limit cardinality($1)) as k (company_id, variant_id, delta)
   where p.company_id = k.company_id and p.variant_id = k.variant_id`,
)

/** Added to what stands there, so that two who hold no level in common cannot overwrite each other. In key order. */
export function movePromised(tx: Tx, rows: readonly { company: string; variantId: string; delta: number }[]): void {
  const sorted = rows.toSorted((a, b) => (`${a.company}/${a.variantId}` < `${b.company}/${b.variantId}` ? -1 : 1))
  const at = [plain(sorted.map((row) => row.company)), plain(sorted.map((row) => row.variantId))]
  tx.write(ENSURE_PROMISES, at)
  tx.write(MOVE_PROMISES, [...at, plain(sorted.map((row) => row.delta))])
}

const RESERVATIONS_MISSING = statement<{ reservation_id: string }>(
  'inventory_reservations_missing',
  `select k.reservation_id
   from unnest($1::uuid[], $2::uuid[]) as k (company_id, reservation_id)
   cross join lateral (
     select from inventory.shortage
     where reservation_id = k.reservation_id and (company_id = k.company_id) is true and open > 0
     limit 1) s`,
)

export const reservationsMissing = (tx: Tx, at: readonly { company: string; reservationId: string }[]) =>
  tx.query(RESERVATIONS_MISSING, [
    plain(at.map((reservation) => reservation.company)),
    plain(at.map((reservation) => reservation.reservationId)),
  ])
