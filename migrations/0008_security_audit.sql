-- The record of who did what: chains of keyed hashes, one per tenant and one for the platform (the nil uuid).
-- Nobody has insert, update or delete here. Rows come in through append_audit_event(), which moves the head along.

create table audit_events (
  id          bigint primary key generated always as identity,
  chain       uuid not null,
  seq         bigint not null check (seq > 0),
  at          timestamptz not null,
  action      text not null,
  actor       jsonb not null,
  tenant_id   uuid references tenants (id),
  target_type text not null,
  target_id   text not null,
  target_name text not null,
  ip          text,
  request_id  text,
  before      jsonb,
  after       jsonb,
  prev_hash   bytea not null,
  hash        bytea not null check (length(hash) = 32),
  unique (tenant_id, id),
  constraint audit_events_seq_key unique (chain, seq),
  constraint audit_events_chain_check check (chain = coalesce(tenant_id, '00000000-0000-0000-0000-000000000000'))
);
create index audit_events_at on audit_events (at);
create index audit_events_action on audit_events (action, id);

create table audit_heads (
  chain uuid primary key,
  seq   bigint not null,
  hash  bytea not null
);

select protect_tenant_table('audit_events');

grant select on audit_events to mpanel_tenant, mpanel_platform;
grant select on audit_heads to mpanel_platform;

-- May the door that is open write to this chain? A tenant to its own, a visitor to the platform's, the platform to all.
create function check_audit_chain(p_chain uuid) returns void
language plpgsql stable as $$
begin
  if not (case current_setting('role')
    when 'mpanel_platform' then true
    when 'mpanel_tenant' then p_chain = current_tenant()
    when 'mpanel_public' then p_chain = '00000000-0000-0000-0000-000000000000'
    else false
  end) then
    raise insufficient_privilege using message = 'this door does not write to that audit chain';
  end if;
end $$;

-- Locks the head of a chain until commit and hands out the row ids of the events to come, so that the hash can cover them.
create function lock_audit_head(p_chain uuid, p_events integer, out seq bigint, out hash bytea, out ids bigint[])
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform check_audit_chain(p_chain);
  select h.seq, h.hash into seq, hash from audit_heads h where h.chain = p_chain for update;
  if not found then
    insert into audit_heads values (p_chain, 0, '') on conflict do nothing;
    select h.seq, h.hash into seq, hash from audit_heads h where h.chain = p_chain for update;
  end if;
  ids := array(select nextval(pg_get_serial_sequence('public.audit_events', 'id')) from generate_series(1, p_events));
end $$;

-- Adds one event at the head it was made for, or nothing.
create function append_audit_event(
  p_id bigint, p_chain uuid, p_seq bigint, p_at timestamptz, p_action text, p_actor jsonb, p_tenant_id uuid,
  p_target_type text, p_target_id text, p_target_name text, p_ip text, p_request_id text,
  p_before jsonb, p_after jsonb, p_prev_hash bytea, p_hash bytea
) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform check_audit_chain(p_chain);
  update audit_heads h set seq = p_seq, hash = p_hash
   where h.chain = p_chain and h.seq = p_seq - 1 and h.hash = p_prev_hash;
  if not found then
    raise serialization_failure using message = 'the audit chain has moved on';
  end if;
  insert into audit_events (id, chain, seq, at, action, actor, tenant_id, target_type, target_id, target_name,
                            ip, request_id, before, after, prev_hash, hash)
  overriding system value
  values (p_id, p_chain, p_seq, p_at, p_action, p_actor, p_tenant_id, p_target_type, p_target_id, p_target_name,
          p_ip, p_request_id, p_before, p_after, p_prev_hash, p_hash);
end $$;

revoke execute on function
  lock_audit_head(uuid, integer),
  append_audit_event(bigint, uuid, bigint, timestamptz, text, jsonb, uuid, text, text, text, text, text, jsonb, jsonb, bytea, bytea)
  from public;
grant execute on function
  lock_audit_head(uuid, integer),
  append_audit_event(bigint, uuid, bigint, timestamptz, text, jsonb, uuid, text, text, text, text, text, jsonb, jsonb, bytea, bytea)
  to mpanel_tenant, mpanel_public, mpanel_platform;
