-- The tokens a marketplace gives for a connection's credentials. Why rows and not memory: where a refresh token works
-- once, two processes that renew at the same time end each other's, and a process that dies with the answer in its
-- memory takes the connection's only key along. So one renews at a time, under a lease with an end and no open
-- transaction, and the answer is here before anybody uses it.
create table channels.token (
  company_id       uuid not null,
  connection_id    uuid not null,
  -- AES-256-GCM, bound to company and connection; never returned, never logged. Null before the first.
  sealed           bytea,
  -- How often an answer was kept: who comes back late sees whether what he began with is still the newest.
  kept             integer not null default 0,
  kept_at          timestamptz,
  -- Who asks just now. One that ends without news has died with the question asked.
  lease            uuid,
  leased_until     timestamptz,
  -- Since the newest were kept: asked without an answer, and answered with a no.
  unanswered       integer not null default 0,
  unanswered_since timestamptz,
  refused          integer not null default 0,
  -- Not asked again before, and what is said to those who come meanwhile.
  not_before       timestamptz,
  fault            text,
  said             text,
  -- Of the credentials the above was learned with: new ones start with a clean slate.
  credentials_hash bytea not null,
  primary key (company_id, connection_id),
  constraint token_says_why_it_waits check ((not_before is null) = (fault is null)),
  foreign key (company_id, connection_id) references channels.connection
) with (fillfactor = 50);
call kernel.wall('channels.token');
