-- One row for each object of each reconciler: when it is due, which worker holds it, and what the last run came to. What should hold
-- stands in the tables of the module.

create table reconciliations (
  id            bigint primary key generated always as identity,
  name          text not null check (name ~ '^[a-z][a-z0-9_]*$'),
  key           uuid not null,
  subject       text not null default '', -- the object's name, as the last run found it
  server_id     uuid references servers (id) on delete set null, -- so many runs for one server at a time
  due_at        timestamptz, -- null while a worker holds it and nobody has touched it since
  worker        text,
  lease_until   timestamptz,
  failures      integer not null default 0 check (failures >= 0),
  failing_since timestamptz,
  error         text,
  differences   text[] not null default '{}',
  differs_since timestamptz,
  checked_at    timestamptz,
  created_at    timestamptz not null default now(),
  constraint reconciliations_object_key unique (name, key),
  constraint reconciliations_lease_check check ((worker is null) = (lease_until is null)),
  constraint reconciliations_due_check check (due_at is not null or worker is not null)
);
create index reconciliations_due on reconciliations (due_at) where worker is null;
create index reconciliations_leased on reconciliations (lease_until) where worker is not null;

select protect_table('reconciliations');
grant select, insert, update, delete on reconciliations to mpanel_platform;

-- Asks for a run, in the transaction of what makes it necessary. A definer function: whoever changes something may ask for the run that
-- follows from it, and sees nothing of what runs have found.
create function touch_reconciliation(p_name text, p_key uuid, p_not_before timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into reconciliations (name, key, due_at) values (p_name, p_key, p_not_before)
  on conflict on constraint reconciliations_object_key do update set due_at = least(reconciliations.due_at, excluded.due_at);
  select pg_notify('reconciliation_due', p_name);
$$;
revoke execute on function touch_reconciliation(text, uuid, timestamptz) from public;
grant execute on function touch_reconciliation(text, uuid, timestamptz) to mpanel_public, mpanel_tenant, mpanel_platform;
