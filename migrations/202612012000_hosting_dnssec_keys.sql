-- Since when the DS record of a zone's key can be at the parent, and the keys that name servers may drop.

alter table dns_signing add column shown_at timestamptz; -- when all name servers first returned the key, and its DS record was shown
alter table dns_zones add column dropped_keys text[] not null default '{}'; -- public keys whose signing has ended, the last one first

update dns_signing set shown_at = coalesce(served_at, ds_seen_at, started_at);

grant select (shown_at) on dns_signing to mpanel_tenant;
grant update (shown_at) on dns_signing to mpanel_platform;
grant update (dropped_keys) on dns_zones to mpanel_platform;
