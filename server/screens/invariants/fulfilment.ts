import type { Invariant } from './invariant.ts'

/** Units of each variant in the parcels of marketplaces' orders: a set is its components. */
const IN_PARCELS = `
  select l.company_id, l.reservation_id::text as reservation_id, coalesce(b.component_variant_id, l.variant_id) as variant_id,
    sum(p.quantity * l.multiplier::bigint * coalesce(b.quantity, 1)) as units
  from fulfilment.shipment_line p
  join orders.order_line l on l.company_id = p.company_id and l.order_id = p.order_id and l.line_no = p.line_no
  left join catalog.bundle_component b on b.company_id = l.company_id and b.bundle_variant_id = l.variant_id
  where p.connection_id is not null
  group by 1, 2, 3`

export const FULFILMENT: readonly Invariant[] = [
  {
    name: "A line's parcels hold all it shipped at a marketplace, and never more than it shipped",
    means: 'goods left and the marketplace will never hear of it, or a parcel was told that is empty',
    broken: `
      select l.company_id, l.order_id, l.line_no, l.shipped, coalesce(p.units, 0) as in_parcels
      from orders.order_line l
      left join (
        select company_id, order_id, line_no, sum(quantity) as units
        from fulfilment.shipment_line group by 1, 2, 3) p using (company_id, order_id, line_no)
      where coalesce(p.units, 0) > l.shipped or (l.connection_id is not null and coalesce(p.units, 0) <> l.shipped)`,
  },
  {
    name: "What lies in parcels of a marketplace's order has left the shelves for it",
    means: 'a parcel was told and nothing left, or goods left twice for one parcel',
    broken: `
      select p.company_id, p.reservation_id, p.variant_id, p.units, coalesce(m.left_shelf, 0) as left_shelf
      from (${IN_PARCELS}) p
      left join (
        select company_id, cause as reservation_id, variant_id, -sum(on_hand_delta) as left_shelf
        from inventory.movement where kind = 'out' and reason = 'shipped' group by 1, 2, 3) m
        using (company_id, reservation_id, variant_id)
      where p.units > coalesce(m.left_shelf, 0)`,
  },
  {
    name: 'A parcel holds lines of its own order, and each is told where that line was sold',
    means: "a marketplace hears of another order's parcel",
    broken: `
      select p.company_id, p.shipment_id, p.line_no, p.order_id, s.order_id as of_parcel, p.connection_id
      from fulfilment.shipment_line p
      left join fulfilment.shipment s on s.company_id = p.company_id and s.shipment_id = p.shipment_id
      left join orders.order_line l
        on l.company_id = p.company_id and l.order_id = p.order_id and l.line_no = p.line_no
      where s.order_id is distinct from p.order_id or l.order_id is null
        or l.connection_id is distinct from p.connection_id`,
  },
  {
    name: 'What is still to be told has its turn, and nothing else has',
    means: 'a parcel waits for ever, or is told again and again',
    broken: `
      select company_id, shipment_id, line_no, telling, due_at
      from fulfilment.shipment_line
      where (telling = 'pending' and due_at is null)
        or (telling in ('told', 'refused', 'not_needed') and due_at is not null)`,
  },
  {
    name: 'A parcel is delivered when all its lines are, and not before',
    means: 'a buyer waits for a parcel that is called delivered',
    broken: `
      select s.company_id, s.shipment_id, s.state, l.all_delivered
      from fulfilment.shipment s
      join (
        select p.company_id, p.shipment_id, bool_and(l.state in ('delivered', 'completed')) as all_delivered
        from fulfilment.shipment_line p
        join orders.order_line l
          on l.company_id = p.company_id and l.order_id = p.order_id and l.line_no = p.line_no
        group by 1, 2) l using (company_id, shipment_id)
      where (s.state = 'delivered') <> l.all_delivered`,
  },
]
