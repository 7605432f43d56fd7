-- Domains that customers have registered here, or brought here from another registrar.

create table domain_registrations (
  id                 uuid primary key,
  tenant_id          uuid not null references tenants (id),
  subscription_id    uuid not null,
  name               text not null check (name = lower(name) and length(name) between 3 and 253),
  kind               text not null check (kind in ('REGISTER', 'TRANSFER')),
  status             text not null default 'ORDERED'
    check (status in ('ORDERED', 'REGISTERING', 'TRANSFERRING', 'ACTIVE', 'REDEMPTION', 'REFUSED', 'CANCELLED', 'LEFT')),
  contact_id         text not null check (contact_id ~ '^MP[0-9A-Z]{10,14}$'), -- of its holder, at the registry
  holder             jsonb not null check (jsonb_typeof(holder) = 'object'),
  is_holder_sent     boolean not null default false,
  sealed_code        bytea not null,                                           -- by which it is transferred
  is_locked          boolean not null default true,
  name_servers       text[] not null default '{}' check (cardinality(name_servers) <= 13),
  auto_renew         boolean not null default true,                            -- whether its subscription goes on
  expires_at         timestamptz,                                              -- as the registry says
  failure            text check (length(failure) <= 500),                      -- why it, or its last renewal, was refused
  renewal_refused_at timestamptz,
  is_leaving         boolean not null default false,                           -- another registrar has asked for it
  transfer_decided_at timestamptz,                                             -- when a transfer is decided by itself
  differences        text[] not null default '{}',                             -- from what is wanted, for people
  noticed_for        timestamptz,                                              -- the expiry that was told of last
  noticed_days       integer check (noticed_days >= 0),                        -- and how many days ahead
  connected_at       timestamptz,                                              -- when it was put among the account's domains
  job_id             uuid,
  checked_at         timestamptz,
  created_at         timestamptz not null,
  ended_at           timestamptz,
  unique (tenant_id, id),
  constraint domain_registrations_subscription_key unique (subscription_id),
  constraint domain_registrations_subscription_fkey foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id),
  constraint domain_registrations_job_fkey foreign key (tenant_id, job_id) references jobs (tenant_id, id),
  constraint domain_registrations_ended_check check ((status in ('REFUSED', 'CANCELLED', 'LEFT')) = (ended_at is not null)),
  constraint domain_registrations_active_check check (status not in ('ACTIVE', 'REDEMPTION') or expires_at is not null)
);
create unique index domain_registrations_name_key on domain_registrations (name) where ended_at is null;
create unique index domain_registrations_contact_key on domain_registrations (contact_id);
create index domain_registrations_tenant on domain_registrations (tenant_id, id);

-- How often the registry was asked for an account since then.
create table registry_questions (
  id         uuid primary key,
  tenant_id  uuid not null references tenants (id),
  since      timestamptz not null,
  count      integer not null check (count >= 1),
  unique (tenant_id, id),
  constraint registry_questions_tenant_key unique (tenant_id)
);

select protect_tenant_table('domain_registrations'), protect_tenant_table('registry_questions');
-- Sealed codes are read by workers only.
grant select (id, tenant_id, subscription_id, name, kind, status, contact_id, holder, is_holder_sent, is_locked, name_servers, auto_renew, expires_at,
              failure, renewal_refused_at, is_leaving, transfer_decided_at, differences, connected_at, job_id, checked_at, created_at, ended_at)
  on domain_registrations to mpanel_tenant;
grant select, insert, update (status, holder, is_holder_sent, sealed_code, is_locked, name_servers, auto_renew, expires_at, failure, renewal_refused_at,
              is_leaving, transfer_decided_at, differences, noticed_for, noticed_days, connected_at, job_id, checked_at, ended_at)
  on domain_registrations to mpanel_platform;
grant select, insert, update (since, count) on registry_questions to mpanel_platform;
