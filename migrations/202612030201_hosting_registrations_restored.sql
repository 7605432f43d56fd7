-- A domain that was deleted can be restored by its former holder: an order of its own, in place of the registration that ended. What nobody has paid
-- for is deleted at the registry in the grace period of the year that it has added by itself. A transfer that is under way can be cancelled.

alter table domain_prices add column restore bigint check (restore >= 0); -- without the year that is added; null where it is not offered
grant update (restore) on domain_prices to mpanel_platform;

alter table domain_registrations
  drop constraint domain_registrations_kind_check,
  drop constraint domain_registrations_status_check,
  drop constraint domain_registrations_ended_check,
  add constraint domain_registrations_kind_check check (kind in ('REGISTER', 'TRANSFER', 'RESTORE')),
  add constraint domain_registrations_status_check
    check (status in ('ORDERED', 'REGISTERING', 'TRANSFERRING', 'RESTORING', 'ACTIVE', 'REDEMPTION', 'REFUSED', 'CANCELLED', 'LEFT', 'REPLACED')),
  add constraint domain_registrations_ended_check check ((status in ('REFUSED', 'CANCELLED', 'LEFT', 'REPLACED')) = (ended_at is not null)),
  add column paid_until timestamptz,                -- as billing said last
  add column deletes_at timestamptz,                -- when it is deleted at the registry, which has renewed it unpaid
  add column deleted_at timestamptz,                -- since when it is, by us
  add column redemption_since timestamptz,          -- since when it is known to be deleted
  add column transfer_cancelled_at timestamptz,     -- when the customer has cancelled its transfer
  add column restores uuid,                         -- the registration that this order is in place of
  add column restores_from timestamptz,             -- when that ended, so that a year is added to it once
  add constraint domain_registrations_restores_fkey foreign key (tenant_id, restores) references domain_registrations (tenant_id, id),
  add constraint domain_registrations_restores_check check ((kind = 'RESTORE') = (restores is not null and restores_from is not null));

-- An order to restore a domain has the contact of the registration that it is in place of.
drop index domain_registrations_contact_key;
create unique index domain_registrations_contact_key on domain_registrations (contact_id) where ended_at is null;
create index domain_registrations_restores on domain_registrations (restores) where restores is not null;

grant select (paid_until, deletes_at, deleted_at, redemption_since, transfer_cancelled_at, restores, restores_from) on domain_registrations to mpanel_tenant;
grant update (paid_until, deletes_at, deleted_at, redemption_since, transfer_cancelled_at) on domain_registrations to mpanel_platform;
