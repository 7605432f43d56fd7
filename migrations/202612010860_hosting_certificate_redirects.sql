-- Whether visitors of a site are sent to HTTPS whatever its name: only while its certificate, the one that its server is given, is for all of them.
create function redirects(p_certificate ssl_certificates) returns boolean
language sql stable as $$
  select not exists (
    select from site_domains d
     where d.tenant_id = p_certificate.tenant_id and d.website_id = p_certificate.website_id and d.released_at is null
       and d.domain <> all (case when p_certificate.is_installing then p_certificate.next_covers else p_certificate.covers end))
$$;
