import type { Invariant } from './invariant.ts'

/** Levels, their ledger and what reservations hold of them. */
export const STOCK: readonly Invariant[] = [
  {
    name: 'Movements add up to their level',
    means: 'a number on the shelf that nothing explains',
    broken: `
      select company_id, variant_id, warehouse_id, l.on_hand, m.on_hand as moved_on_hand, l.reserved,
        m.reserved as moved_reserved
      from inventory.level l
      full join (
        select company_id, variant_id, warehouse_id, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved
        from inventory.movement group by 1, 2, 3) m using (company_id, variant_id, warehouse_id)
      where l.version is null
        or l.on_hand <> coalesce(m.on_hand, 0) or l.reserved <> coalesce(m.reserved, 0)`,
  },
  {
    name: "A level's movements are numbered from 1 to its version without a gap",
    means: 'a movement was lost or made up',
    broken: `
      select company_id, variant_id, warehouse_id, l.version, m.movements, m.first, m.last
      from inventory.level l
      full join (
        select company_id, variant_id, warehouse_id, count(*) as movements, min(version) as first, max(version) as last
        from inventory.movement group by 1, 2, 3) m using (company_id, variant_id, warehouse_id)
      where coalesce(l.version, -1) <> coalesce(m.movements, 0)
        or m.first <> 1 or m.last <> l.version`,
  },
  {
    name: 'Every movement carries on from the one before it',
    means: 'the ledger was changed, or two writers moved one level at once',
    broken: `
      select * from (
        select company_id, variant_id, warehouse_id, version, on_hand_after, reserved_after,
          lag(on_hand_after, 1, 0) over w + on_hand_delta as expected_on_hand,
          lag(reserved_after, 1, 0) over w + reserved_delta as expected_reserved
        from inventory.movement
        window w as (partition by company_id, variant_id, warehouse_id order by version)) m
      where on_hand_after <> expected_on_hand or reserved_after <> expected_reserved`,
  },
  {
    name: 'Reserved was never below 0 nor above what lay there',
    means: 'a unit was promised that is not there',
    broken: `
      select company_id, variant_id, warehouse_id, version, on_hand, reserved from inventory.level
      where not (0 <= reserved and reserved <= on_hand)
      union all
      select company_id, variant_id, warehouse_id, version, on_hand_after, reserved_after from inventory.movement
      where not (0 <= reserved_after and reserved_after <= on_hand_after)`,
  },
  {
    name: 'What is reserved is what reservations hold',
    means: 'units locked away for nobody, or held by somebody and sold again',
    broken: `
      select company_id, variant_id, warehouse_id, l.reserved, r.held
      from inventory.level l
      full join (
        select company_id, variant_id, warehouse_id, sum(quantity) as held
        from inventory.reservation_line group by 1, 2, 3) r using (company_id, variant_id, warehouse_id)
      where l.version is null or l.reserved <> coalesce(r.held, 0)`,
  },
  {
    name: 'Only reservations that are held or firm hold units',
    means: 'units locked away by an order that is over',
    broken: `
      select l.company_id, l.reservation_id, l.line_no, l.variant_id, l.warehouse_id, l.quantity, r.state
      from inventory.reservation_line l
      left join inventory.reservation r on r.company_id = l.company_id and r.reservation_id = l.reservation_id
      where l.quantity > 0 and coalesce(r.state, '') not in ('held', 'firm')`,
  },
  {
    name: 'No more has left for a reservation than was reserved for it',
    means: 'goods left the shelf twice for one order, or for none',
    broken: `
      select company_id, reservation_id, variant_id, warehouse_id, o.left_shelf, l.was_reserved
      from (
        select company_id, cause as reservation_id, variant_id, warehouse_id, -sum(on_hand_delta) as left_shelf
        from inventory.movement where kind = 'out' and reason = 'shipped' group by 1, 2, 3, 4) o
      left join (
        select company_id, reservation_id::text as reservation_id, variant_id, warehouse_id,
          sum(taken - quantity) as was_reserved
        from inventory.reservation_line group by 1, 2, 3, 4) l
        using (company_id, reservation_id, variant_id, warehouse_id)
      where o.left_shelf > coalesce(l.was_reserved, 0)`,
  },
  {
    name: 'Goods come in and are counted only under a claimed name',
    means: 'a repeated receipt, count or import row would move twice',
    broken: `
      select m.company_id, m.variant_id, m.warehouse_id, m.version, m.cause
      from inventory.movement m
      where m.kind in ('in', 'adjust') and not exists (
        select from inventory.cause c where c.company_id = m.company_id and c.source || ':' || c.source_ref = m.cause)`,
  },
]

/** What paid orders found missing. */
export const SHORTAGES: readonly Invariant[] = [
  {
    name: 'Open shortages belong to reservations that stand',
    means: 'arriving goods would be kept for an order that is over',
    broken: `
      select s.company_id, s.shortage_id, s.reservation_id, s.variant_id, s.open, r.state
      from inventory.shortage s
      left join inventory.reservation r on r.company_id = s.company_id and r.reservation_id = s.reservation_id
      where s.open > 0 and coalesce(r.state, '') not in ('held', 'firm')`,
  },
  {
    name: 'No shortage stays open while stock that may serve it is available',
    means: 'somebody waits for goods that lie there and may be sold to another',
    broken: `
      select s.company_id, s.shortage_id, s.variant_id, s.open, l.warehouse_id, l.on_hand - l.reserved as available
      from inventory.shortage s
      join inventory.level l on l.company_id = s.company_id and l.variant_id = s.variant_id
        and l.warehouse_id = any (s.warehouses)
      where s.open > 0 and l.on_hand > l.reserved`,
  },
  {
    name: 'Shortages are filled oldest first',
    means: 'somebody who ordered later was served before one who still waits',
    broken: `
      select s.company_id, s.variant_id, s.shortage_id as waiting, s.since, f.warehouse_id, f.served_since
      from inventory.shortage s
      join (
        select m.company_id, m.variant_id, m.warehouse_id, max(n.since) as served_since
        from inventory.movement m
        join (
          select company_id, variant_id, reservation_id::text as cause, min(since) as since
          from inventory.shortage group by 1, 2, 3) n using (company_id, variant_id, cause)
        where m.reason = 'shortage filled'
        group by 1, 2, 3) f
        on f.company_id = s.company_id and f.variant_id = s.variant_id and f.warehouse_id = any (s.warehouses)
      where s.open > 0 and s.since < f.served_since`,
  },
  {
    name: 'A shortage names a variant and warehouses of its own company',
    means: 'it can never be filled, or by a stranger',
    broken: `
      select s.company_id, s.shortage_id, s.variant_id, k.warehouse_id
      from inventory.shortage s
      cross join unnest(s.warehouses) as k (warehouse_id)
      where not exists (
          select from catalog.variant v where v.company_id = s.company_id and v.variant_id = s.variant_id)
        or not exists (
          select from inventory.warehouse w where w.company_id = s.company_id and w.warehouse_id = k.warehouse_id)`,
  },
]
