-- Domains that one account offers to another one.

create table domain_transfers (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id), -- who offers it
  domain_id    uuid not null,
  account      text not null check (length(account) between 1 and 254), -- as it was typed: the account's ID or its billing email
  to_tenant_id uuid references tenants (id), -- nothing where no account is known by that
  status       text not null default 'OFFERED' check (status in ('OFFERED', 'ACCEPTED', 'DECLINED', 'WITHDRAWN', 'EXPIRED')),
  offered_at   timestamptz not null,
  expires_at   timestamptz not null,
  ended_at     timestamptz,
  unique (tenant_id, id),
  constraint domain_transfers_domain_fkey foreign key (tenant_id, domain_id) references domains (tenant_id, id),
  constraint domain_transfers_other_check check (to_tenant_id <> tenant_id),
  constraint domain_transfers_ended_check check ((status = 'OFFERED') = (ended_at is null))
);
create unique index domain_transfers_open_key on domain_transfers (domain_id) where status = 'OFFERED';
create index domain_transfers_domain on domain_transfers (tenant_id, domain_id);
create index domain_transfers_to on domain_transfers (to_tenant_id);

select protect_tenant_table('domain_transfers');
-- Not whom it has reached: nobody is told by an offer whether there is an account.
grant select (id, tenant_id, domain_id, account, status, offered_at, expires_at, ended_at) on domain_transfers to mpanel_tenant;
grant select, insert, update (status, ended_at) on domain_transfers to mpanel_platform;

-- What is offered to the open account at this time.
create function offered_domains(p_now timestamptz)
returns table (id uuid, name text, from_account text, has_zone boolean, is_signed boolean, expires_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select t.id, d.name, f.name,
         exists (select from dns_zones z where z.domain_id = d.id and z.removed_at is null),
         exists (select from dns_zones z join dns_signing s on s.zone_id = z.id where z.domain_id = d.id and z.removed_at is null),
         t.expires_at
    from domain_transfers t
    join domains d on d.tenant_id = t.tenant_id and d.id = t.domain_id and d.status = 'VERIFIED' and d.released_at is null
    join tenants f on f.id = t.tenant_id
   where t.to_tenant_id = current_tenant() and t.status = 'OFFERED' and t.expires_at > p_now
   order by t.id limit 100
$$;
revoke execute on function offered_domains(timestamptz) from public;
grant execute on function offered_domains(timestamptz) to mpanel_tenant;
