import type { Invariant } from './invariant.ts'

/** A line's stock: itself, or the components where it is a set (세트). One row a line and component. */
const LINE_PARTS = `
  select l.company_id, l.order_id, l.line_no, l.reservation_id, l.state, l.quantity, l.cancelled, l.shipped,
    coalesce(b.component_variant_id, l.variant_id) as variant_id,
    l.multiplier::bigint * coalesce(b.quantity, 1) as each
  from orders.order_line l
  left join catalog.bundle_component b on b.company_id = l.company_id and b.bundle_variant_id = l.variant_id
  where l.variant_id is not null`

export const ORDERS: readonly Invariant[] = [
  {
    name: "A marketplace's order, and each of its lines, is here once",
    means: 'an order was applied twice',
    broken: `
      select company_id, connection_id, external_id as external, count(*) as times from orders.order
      where connection_id is not null group by 1, 2, 3 having count(*) > 1
      union all
      select company_id, connection_id, external_line_key, count(*) from orders.order_line
      where connection_id is not null group by 1, 2, 3 having count(*) > 1 or external_line_key is null`,
  },
  {
    name: 'Every order line has its reservation',
    means: 'an order took no stock and nobody was told',
    broken: `
      select l.company_id, l.order_id, l.line_no, l.reservation_id
      from orders.order_line l
      where not exists (
        select from inventory.reservation r
        where r.company_id = l.company_id and r.reservation_id = l.reservation_id)`,
  },
  {
    name: 'What an order still awaits is reserved for it or recorded as short',
    means: 'a paid unit is neither kept for its buyer nor known to be missing',
    broken: `
      select company_id, reservation_id, line_no, variant_id, o.units as awaited, k.units as kept
      from (
        select company_id, reservation_id, line_no, variant_id,
          sum((quantity - cancelled - shipped) * each)::bigint as units
        from (${LINE_PARTS}) l
        where state not in ('pending', 'expired', 'cancelled') and quantity > cancelled + shipped
        group by 1, 2, 3, 4) o
      full join (
        select company_id, reservation_id, line_no, variant_id, sum(units)::bigint as units
        from (
          select company_id, reservation_id, line_no, variant_id, quantity as units
          from inventory.reservation_line where quantity > 0
          union all
          select company_id, reservation_id, line_no, variant_id, open from inventory.shortage where open > 0) u
        group by 1, 2, 3, 4) k using (company_id, reservation_id, line_no, variant_id)
      where o.units is distinct from k.units and (o.units is not null or exists (
        select from orders.order_line l
        where l.company_id = k.company_id and l.reservation_id = k.reservation_id and l.line_no = k.line_no
          and l.state not in ('pending', 'expired')))`,
  },
  {
    name: 'What left the shelves for an order is what its lines say was shipped',
    means: 'goods left and the order does not know, or the other way round',
    broken: `
      select company_id, reservation_id, variant_id, o.shipped, m.left_shelf
      from (
        select company_id, reservation_id::text as reservation_id, variant_id, sum(shipped * each) as shipped
        from (${LINE_PARTS}) l
        group by 1, 2, 3) o
      left join (
        select company_id, cause as reservation_id, variant_id, -sum(on_hand_delta) as left_shelf
        from inventory.movement where kind = 'out' and reason = 'shipped' group by 1, 2, 3) m
        using (company_id, reservation_id, variant_id)
      where o.shipped <> coalesce(m.left_shelf, 0)`,
  },
  {
    name: "An order's sums are those of its lines",
    means: 'somebody is charged another amount than what they bought',
    broken: `
      select company_id, order_id, o.subtotal, l.subtotal as of_lines, o.total
      from orders.order o
      full join (
        select company_id, order_id, sum(subtotal) as subtotal, bool_or(subtotal <> unit_price * quantity) as wrong
        from orders.order_line group by 1, 2) l using (company_id, order_id)
      where o.number is null or o.subtotal <> coalesce(l.subtotal, 0) or l.wrong
        or o.total <> o.subtotal + o.shipping_fee - o.discount + o.tax`,
  },
  {
    name: "An order's state is that of its least advanced open line",
    means: 'an order looks done while a line of it waits',
    broken: `
      select company_id, order_id, o.state, l.state as of_lines
      from orders.order o
      join (
        select company_id, order_id, case
            when bool_or(state = 'pending') then 'pending'
            when bool_or(state = 'paid') then 'paid'
            when bool_or(state = 'acknowledged') then 'acknowledged'
            when bool_or(state = 'shipped') then 'shipped'
            when bool_or(state = 'delivered') then 'delivered'
            when bool_or(state = 'completed') then 'completed'
            when bool_or(state = 'cancelled') then 'cancelled'
            else 'expired' end as state
        from orders.order_line group by 1, 2) l using (company_id, order_id)
      where o.state <> l.state`,
  },
  {
    name: 'An order with a line nobody has mapped is marked as such, and no other',
    means: 'an order that holds no stock is in no queue',
    broken: `
      select company_id, order_id, o.unmapped, l.unmapped as of_lines
      from orders.order o
      join (
        select company_id, order_id, bool_or(variant_id is null) as unmapped
        from orders.order_line group by 1, 2) l using (company_id, order_id)
      where o.unmapped <> l.unmapped`,
  },
  {
    name: 'An order line names a variant and a listing of its own company',
    means: "one company's order reaches into another's goods",
    broken: `
      select l.company_id, l.order_id, l.line_no, l.variant_id, l.listing_id
      from orders.order_line l
      where (l.variant_id is not null and not exists (
          select from catalog.variant v where v.company_id = l.company_id and v.variant_id = l.variant_id))
        or (l.listing_id is not null and not exists (
          select from channels.listing i where i.company_id = l.company_id and i.listing_id = l.listing_id))`,
  },
]
