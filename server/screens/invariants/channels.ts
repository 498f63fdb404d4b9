import type { Invariant } from './invariant.ts'

export const CHANNELS: readonly Invariant[] = [
  {
    name: 'What own sales leave alone is what channels may still sell',
    means: 'a unit is sold in the own shop and on a channel, or on neither',
    broken: `
      select company_id, variant_id, p.promised, l.rights
      from inventory.promise p
      full join (
        select l.company_id, coalesce(b.component_variant_id, l.variant_id) as variant_id,
          sum(l.bound::bigint * l.multiplier * coalesce(b.quantity, 1)) as rights
        from channels.listing l
        join channels.connection c on c.company_id = l.company_id and c.connection_id = l.connection_id
        left join catalog.bundle_component b on b.company_id = l.company_id and b.bundle_variant_id = l.variant_id
        where c.policy = 'rights' and l.variant_id is not null and l.bound is not null
        group by 1, 2) l using (company_id, variant_id)
      where coalesce(p.promised, 0) <> coalesce(l.rights, 0)`,
  },
  {
    name: 'A listing that was stopped to change its number is somebody’s work until it is sold again',
    means: 'it stays off sale and nobody comes by',
    broken: `
      select l.company_id, l.listing_id, l.unit, l.exchange->'step'->>'at' as step
      from channels.listing l
      where l.exchange is not null and l.exchange->'step'->>'at' <> 'rest' and not exists (
        select from channels.unit u
        where u.company_id = l.company_id and u.connection_id = l.connection_id and u.unit = l.unit
          and (u.lease is not null or u.write_due_at is not null or u.read_due_at is not null
            or u.parked_fault is not null))`,
  },
  {
    name: "A connection's orders are taken only from warehouses of its own company",
    means: "one company's orders empty another's shelves",
    broken: `
      select c.company_id, c.connection_id, k.warehouse_id
      from channels.connection c
      cross join unnest(c.warehouses) as k (warehouse_id)
      where not exists (
        select from inventory.warehouse w where w.company_id = c.company_id and w.warehouse_id = k.warehouse_id)`,
  },
  {
    name: 'An order of a connection belongs to a connection of its own company',
    means: 'an order came in through a door nobody opened',
    broken: `
      select o.company_id, o.order_id, o.connection_id
      from orders.order o
      where o.connection_id is not null and not exists (
        select from channels.connection c where c.company_id = o.company_id and c.connection_id = o.connection_id)`,
  },
]
