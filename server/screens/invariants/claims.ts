import type { Invariant } from './invariant.ts'

/** What inspections put on a shelf, by the name the ledger knows them under. A set is its components. */
const PUT_BACK = `
  select l.company_id, 'claim:' || i.claim_id || '/' || i.inspection_id as cause,
    coalesce(b.component_variant_id, o.variant_id) as variant_id,
    sum((i.sellable + case when i.damaged_warehouse_id is null then 0 else i.damaged end)
      * o.multiplier::bigint * coalesce(b.quantity, 1)) as units
  from orders.claim_inspection i
  join orders.claim_line l using (company_id, claim_id, line_key)
  join orders.order_line o on o.company_id = l.company_id and o.order_id = l.order_id and o.line_no = l.line_no
  left join catalog.bundle_component b on b.company_id = o.company_id and b.bundle_variant_id = o.variant_id
  group by 1, 2, 3`

export const CLAIMS: readonly Invariant[] = [
  {
    name: 'A claim takes back no more of a line than was bought',
    means: 'more comes back than was ever sold',
    broken: `
      select l.company_id, l.claim_id, l.line_key, l.quantity as claimed, o.quantity as bought
      from orders.claim_line l
      join orders.order_line o on o.company_id = l.company_id and o.order_id = l.order_id and o.line_no = l.line_no
      where l.quantity > o.quantity`,
  },
  {
    name: 'What a claim says was found is what its inspections found',
    means: 'a unit was found twice, or nobody can say by whom',
    broken: `
      select company_id, claim_id, line_key, l.sellable, i.sellable as seen_sellable, l.damaged, i.damaged as seen_damaged,
        l.lost, i.lost as seen_lost
      from orders.claim_line l
      full join (
        select company_id, claim_id, line_key, sum(sellable) as sellable, sum(damaged) as damaged, sum(lost) as lost
        from orders.claim_inspection group by 1, 2, 3) i using (company_id, claim_id, line_key)
      where (l.sellable, l.damaged, l.lost) is distinct from
        (coalesce(i.sellable, 0), coalesce(i.damaged, 0), coalesce(i.lost, 0))
        or l.sellable + l.damaged + l.lost > l.quantity`,
  },
  {
    name: "What has come back of an order is what its claims' inspections found",
    means: 'a unit came back that never left, or left and came back twice',
    broken: `
      select company_id, order_id, o.returned, coalesce(l.found, 0) as found
      from (select company_id, order_id, sum(returned) as returned, bool_or(returned > shipped) as wrong
        from orders.order_line group by 1, 2) o
      left join (
        select company_id, order_id, sum(sellable + damaged + lost) as found
        from orders.claim_line where order_id is not null group by 1, 2) l using (company_id, order_id)
      where o.returned <> coalesce(l.found, 0) or o.wrong`,
  },
  {
    name: 'What was found sellable or damaged lies on a shelf again, once',
    means: 'goods that came back are nowhere, or were counted twice',
    broken: `
      select company_id, cause, variant_id, p.units, m.came_in
      from (select * from (${PUT_BACK}) u where units > 0) p
      full join (
        select company_id, cause, variant_id, sum(on_hand_delta) as came_in
        from inventory.movement where kind = 'in' and cause like 'claim:%' group by 1, 2, 3) m
        using (company_id, cause, variant_id)
      where p.units is distinct from m.came_in`,
  },
  {
    name: 'A cancel that is done has given back what had not left',
    means: 'units stay reserved for somebody who no longer wants them',
    broken: `
      select company_id, order_id, line_no, o.cancelled, c.told, o.told_cancelled
      from orders.order_line o
      left join (
        select l.company_id, l.order_id, l.line_no, least(max(o.quantity), greatest(
            sum(l.quantity) filter (where c.external_key is not null),
            sum(l.quantity) filter (where c.opened_by <> 'marketplace'))) as told
        from orders.claim c
        join orders.claim_line l using (company_id, claim_id)
        join orders.order_line o on o.company_id = l.company_id and o.order_id = l.order_id and o.line_no = l.line_no
        where c.kind = 'cancel' and c.state = 'done' group by 1, 2, 3) c using (company_id, order_id, line_no)
      where o.told_cancelled < coalesce(c.told, 0)
        or o.cancelled < least(o.told_cancelled, o.quantity - o.shipped)`,
  },
  {
    name: 'A line bears the flag of an open claim on it, and no other',
    means: 'a claim waits that nobody sees, or a line waits for a claim that is over',
    broken: `
      select company_id, order_id, line_no, o.claim, c.kinds
      from orders.order_line o
      left join (
        select l.company_id, l.order_id, l.line_no, array_agg(c.kind) as kinds
        from orders.claim c join orders.claim_line l using (company_id, claim_id)
        where l.order_id is not null and c.state in ('requested', 'approved', 'collected')
        group by 1, 2, 3) c using (company_id, order_id, line_no)
      where (o.claim is null) <> (c.kinds is null) or o.claim <> all (c.kinds)`,
  },
  {
    name: 'Other goods of an exchange are a line for nothing, and wait only while it stands',
    means: 'somebody pays for an exchange, or goods are kept for one that is over',
    broken: `
      select l.company_id, l.claim_id, l.line_key, l.replacement_line_no, c.state, o.unit_price, o.quantity, o.cancelled,
        o.shipped
      from orders.claim_line l
      join orders.claim c using (company_id, claim_id)
      left join orders.order_line o on o.company_id = l.company_id and o.order_id = l.order_id
        and o.line_no = l.replacement_line_no
      where l.replacement_line_no is not null
        and (c.kind <> 'exchange' or o.unit_price is distinct from 0 or o.connection_id is not null
          or c.state in ('refused', 'withdrawn') and o.quantity > o.cancelled + o.shipped)`,
  },
]
