type Rows = <Row>(sql: string) => Promise<Row[]>

/** Rows that contradict the ledger, for tests of stock; empty when the books are true. */
export const falseBooks = (rows: Rows): Promise<{ rule: string; at: string }[]> =>
  rows(
    Object.entries(RULES)
      .map(([rule, sql]) => `select '${rule}' as rule, x.at::text from (${sql}) x`)
      .join(' union all '),
  )

const RULES = {
  'the sum of movements is the level': `
    select (variant_id, warehouse_id) as at from inventory.level l
    full join (
      select company_id, variant_id, warehouse_id, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved,
        max(version) as version, count(*) as n
      from inventory.movement group by 1, 2, 3) m using (company_id, variant_id, warehouse_id)
    where coalesce(l.on_hand, 0) <> coalesce(m.on_hand, 0) or coalesce(l.reserved, 0) <> coalesce(m.reserved, 0)
      or coalesce(l.version, 0) <> coalesce(m.version, 0) or coalesce(m.version, 0) <> coalesce(m.n, 0)`,
  'each after is the previous after and the delta': `
    select m as at from (
      select *, lag(on_hand_after, 1, 0) over w as on_hand_before, lag(reserved_after, 1, 0) over w as reserved_before,
        lag(version, 1, 0::bigint) over w as version_before
      from inventory.movement window w as (partition by company_id, variant_id, warehouse_id order by version)) m
    where on_hand_after <> on_hand_before + on_hand_delta or reserved_after <> reserved_before + reserved_delta
      or version <> version_before + 1`,
  'reserved is what open lines hold': `
    select (variant_id, warehouse_id) as at from inventory.level l
    full join (
      select company_id, variant_id, warehouse_id, sum(quantity) as quantity
      from inventory.reservation_line where quantity > 0 group by 1, 2, 3) o using (company_id, variant_id, warehouse_id)
    where coalesce(l.reserved, 0) <> coalesce(o.quantity, 0)`,
  'only held and firm reservations hold or miss anything': `
    select r as at from inventory.reservation r
    where r.state not in ('held', 'firm') and (
      exists (select from inventory.reservation_line l
        where l.company_id = r.company_id and l.reservation_id = r.reservation_id and l.quantity > 0)
      or exists (select from inventory.shortage s
        where s.company_id = r.company_id and s.reservation_id = r.reservation_id and s.open > 0))`,
  'no shortage is open while stock that may serve it is available': `
    select s as at from inventory.shortage s
    join inventory.level l on l.company_id = s.company_id and l.variant_id = s.variant_id
      and l.warehouse_id = any (s.warehouses)
    where s.open > 0 and l.on_hand > l.reserved`,
}
