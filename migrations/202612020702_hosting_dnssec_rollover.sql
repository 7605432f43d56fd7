-- The key that is to take the place of the one that signs a zone. Both sign until no resolver can have the old one's DS record any more.

alter table dns_signing
  add column next_public_key text check (length(next_public_key) = 88),
  add column next_sealed_key bytea,
  add column next_started_at timestamptz,
  add column next_served_at  timestamptz, -- since when all name servers return both keys
  add column next_shown_at   timestamptz, -- when they first did, and the next key's DS record was shown
  add column next_only_at    timestamptz, -- since when the parent has the next key's DS record, and none of the old one's
  add constraint dns_signing_next_check check (
    (next_public_key is null) = (next_sealed_key is null) and (next_public_key is null) = (next_started_at is null)
    and (next_public_key is not null or (next_served_at is null and next_shown_at is null and next_only_at is null))),
  add constraint dns_signing_keys_check check (next_public_key <> public_key);

grant select (next_public_key, next_started_at, next_served_at, next_shown_at, next_only_at) on dns_signing to mpanel_tenant;
grant update (public_key, started_at, next_public_key, next_sealed_key, next_started_at, next_served_at, next_shown_at, next_only_at)
  on dns_signing to mpanel_platform;

create trigger notify_dns_signing_next after update of next_public_key, next_served_at, next_only_at on dns_signing
  for each row
  when ((old.next_public_key, old.next_served_at, old.next_only_at) is distinct from (new.next_public_key, new.next_served_at, new.next_only_at))
  execute function notify_dns_zone_server();
