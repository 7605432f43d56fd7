-- Who has started a checkout, as the limits on sign-in count peers. One peer may start so many an hour.
alter table checkout_sessions add column peer text check (length(peer) between 1 and 64);
create index checkout_sessions_peer on checkout_sessions (peer, created_at);

create function checkouts_started(p_peer text, p_since timestamptz) returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
  select count(*) from checkout_sessions where peer = p_peer and created_at > p_since
$$;

revoke execute on function checkouts_started(text, timestamptz) from public;
grant execute on function checkouts_started(text, timestamptz) to mpanel_public;
