import type { Invariant } from './invariant.ts'

/**
 * Tables of ours that have a company. Ids alone stand behind no wall: workers learn from them which companies there are,
 * and webhooks whose connection is meant.
 */
const COMPANY_TABLES = `
  select c.oid, n.nspname || '.' || c.relname as called, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
    a.attnum as company_column
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attname = 'company_id' and not a.attisdropped
  where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and (n.nspname, c.relname) not in (('access', 'company_id'), ('channels', 'connection_id'))`

/** Rows that belong to nobody. */
export const OWNERS: readonly Invariant[] = [
  {
    name: 'Every row belongs to a company that is there',
    means: 'rows that nobody sees and nobody cleans up',
    broken: ['orders.order', 'orders.order_line', 'inventory.reservation', 'inventory.cause', 'channels.marker']
      .map(
        (table) => `
      select '${table}' as found_in, t.company_id, count(*) as rows from ${table} t
      where not exists (select from access.company c where c.company_id = t.company_id)
      group by 2`,
      )
      .join('\n      union all'),
  },
]

/** The two walls between companies as the database's own catalog shows them. Asked once, not per company. */
export const WALLS: readonly Invariant[] = [
  {
    name: 'Row-level security stands, for the owner too, on every table of a company',
    means: 'a query that forgets its company reads everybody',
    broken: `select called from (${COMPANY_TABLES}) t where not (relrowsecurity and relforcerowsecurity)`,
  },
  {
    name: 'Every policy lets through only the companies the transaction has stated',
    means: 'one more policy, and the wall has a door',
    broken: `
      select t.called, p.polname, pg_get_expr(p.polqual, p.polrelid) as lets_see
      from (${COMPANY_TABLES}) t
      left join pg_policy p on p.polrelid = t.oid
      where p.oid is null or p.polpermissive and (p.polcmd <> '*'
        or coalesce(regexp_replace(pg_get_expr(p.polqual, p.polrelid), '[\\s()]', '', 'g'), '') !~ $policy$^company_id=ANYSELECTkernel.companiesAScompanies(::uuid\\[\\])?$$policy$
        or coalesce(regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid), '[\\s()]', '', 'g'), '') !~ $policy$^company_id=ANYSELECTkernel.companiesAScompanies(::uuid\\[\\])?$$policy$)`,
  },
  {
    name: 'Every unique key of a company names the company',
    means: 'one company learns from a refusal what another has',
    broken: `
      select t.called, i.indexrelid::regclass::text as key
      from (${COMPANY_TABLES}) t
      join pg_index i on i.indrelid = t.oid and i.indisunique
      where not t.company_column = any ((i.indkey::smallint[])[0:i.indnkeyatts - 1])`,
  },
  {
    name: 'A reference between tables of companies names the company on both sides',
    means: "one company's row can point at another's",
    broken: `
      select t.called, c.conname, u.called as refers_to
      from pg_constraint c
      join (${COMPANY_TABLES}) t on t.oid = c.conrelid
      join (${COMPANY_TABLES}) u on u.oid = c.confrelid
      where c.contype = 'f' and not exists (
        select from generate_subscripts(c.conkey, 1) as i
        where c.conkey[i] = t.company_column and c.confkey[i] = u.company_column)`,
  },
  {
    name: "The server's role owns nothing and has no way around the wall",
    means: 'row-level security can be switched off by what it guards against',
    broken: `
      select 'there is no role jaego_app' as found
      where not exists (select from pg_roles where rolname = 'jaego_app')
      union all
      select 'it is a superuser, passes row-level security or makes roles' from pg_roles
      where rolname = 'jaego_app' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)
      union all
      select 'it is a member of ' || pg_get_userbyid(m.roleid) from pg_auth_members m
      join pg_roles r on r.oid = m.member where r.rolname = 'jaego_app'
      union all
      select 'it owns ' || coalesce(pg_describe_object(d.classid, d.objid, d.objsubid), 'something')
      from pg_shdepend d join pg_roles r on r.oid = d.refobjid and d.refclassid = 'pg_authid'::regclass
      where r.rolname = 'jaego_app' and d.deptype = 'o'
        and d.dbid in (0, (select oid from pg_database where datname = current_database()))`,
  },
  {
    name: 'Views and functions see no more than who asks them',
    means: "a view with its owner's eyes showed both companies' rows",
    broken: `
      select n.nspname || '.' || c.relname as called from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
        and (c.relkind = 'm' or (c.relkind = 'v'
          and not coalesce(c.reloptions, '{}') && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1']))
      union all
      select p.oid::regprocedure::text from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
      where p.prosecdef and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`,
  },
  {
    name: 'Ledger and claimed causes can only grow, the journal loses nothing but what is old',
    means: 'what explains the numbers can be rewritten',
    broken: `
      select g.called, g.privilege_type as privilege
      from (
        select c.oid::regclass::text as called, x.grantee, x.privilege_type
        from pg_class c cross join aclexplode(c.relacl) as x
        union all
        select a.attrelid::regclass::text || '.' || a.attname, x.grantee, x.privilege_type
        from pg_attribute a cross join aclexplode(a.attacl) as x) g
      where split_part(g.called, '.', 1) || '.' || split_part(g.called, '.', 2)
          in ('inventory.movement', 'inventory.cause', 'channels.journal', 'orders.claim_inspection')
        and (g.grantee = 0 or pg_get_userbyid(g.grantee) = 'jaego_app')
        and g.privilege_type not in ('SELECT', 'INSERT')
        and not (g.called = 'channels.journal' and g.privilege_type = 'DELETE' and exists (
          select from pg_policy p
          where p.polrelid = 'channels.journal'::regclass and not p.polpermissive and p.polcmd = 'd'
            and regexp_replace(pg_get_expr(p.polqual, p.polrelid), '[\\s()]', '', 'g')
              ~ $policy$^at<kernel.now-'90days'::interval$$policy$))`,
  },
]
