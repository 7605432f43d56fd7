-- For how long browsers are told to insist on HTTPS, in seconds. 0 after it was ended: those that were told before forget it.
alter table ssl_certificates
  add column hsts_seconds integer check (hsts_seconds between 0 and 63072000),
  add constraint ssl_certificates_insists_with_redirect check (hsts_seconds is null or is_redirecting);
grant select (hsts_seconds, authority) on ssl_certificates to mpanel_tenant;

-- A certificate with a wildcard is for each name one level below.
create or replace function redirects(p_certificate ssl_certificates) returns boolean
language sql stable as $$
  select not exists (
    select from site_domains d, lateral (
      select case when p_certificate.is_installing then p_certificate.next_covers else p_certificate.covers end as covers) c
     where d.tenant_id = p_certificate.tenant_id and d.website_id = p_certificate.website_id and d.released_at is null
       and d.domain <> all (c.covers) and '*' || substring(d.domain from position('.' in d.domain)) <> all (c.covers))
$$;

-- How a certificate is at a time.
create function certificate_status(p_not_after timestamptz, p_failure text, p_now timestamptz) returns text
language sql immutable as $$
  select case when p_not_after is null and p_failure is null then 'PENDING'
              when p_not_after is null then 'FAILED'
              when p_not_after <= p_now then 'EXPIRED'
              when p_failure is not null then 'FAILING'
              else 'ACTIVE' end
$$;

-- When its CA is asked next: after a failure at the time that was set then, else when it is renewed.
create function certificate_next_try(p_failure text, p_next_try_at timestamptz, p_renew_at timestamptz) returns timestamptz
language sql immutable as $$
  select case when p_failure is null then coalesce(p_next_try_at, p_renew_at) else p_next_try_at end
$$;
