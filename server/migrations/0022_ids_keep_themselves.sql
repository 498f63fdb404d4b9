-- A server of an older build that still runs after 0020 adds a connection without the row by which its webhooks find it:
-- they were answered 401 for good. So the database keeps that row itself, whoever adds the connection.
create function channels.keep_connection_id() returns trigger
  language plpgsql as $$
begin
  insert into channels.connection_id (company_id, connection_id) values (new.company_id, new.connection_id)
  on conflict do nothing;
  return null;
end $$;

-- At the commit: builds that write the row themselves, right after the connection, would find it there.
create constraint trigger connection_has_its_id after insert on channels.connection
  deferrable initially deferred
  for each row execute function channels.keep_connection_id();

-- Those that were added meanwhile. The owner stands before the wall, too, as in 0020.
alter table channels.connection no force row level security;
insert into channels.connection_id (company_id, connection_id)
select company_id, connection_id from channels.connection
on conflict do nothing;
alter table channels.connection force row level security;
