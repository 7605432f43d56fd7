-- For how long browsers are told to insist on HTTPS, in seconds. 0 after it was ended: those that were told before forget it.
alter table ssl_certificates
  add column hsts_seconds integer check (hsts_seconds between 0 and 63072000),
  add constraint ssl_certificates_insists_with_redirect check (hsts_seconds is null or is_redirecting);
grant select (hsts_seconds, authority) on ssl_certificates to mpanel_tenant;

-- How a certificate is at a time.
create function certificate_status(p_not_after timestamptz, p_failure text, p_now timestamptz) returns text
language sql immutable as $$
  select case when p_not_after is null and p_failure is null then 'PENDING'
              when p_not_after is null then 'FAILED'
              when p_not_after <= p_now then 'EXPIRED'
              when p_failure is not null then 'FAILING'
              else 'ACTIVE' end
$$;
