-- Sets of records that staff define, for zones of all customers.

create table dns_templates (
  id          uuid primary key,
  code        text not null check (code ~ '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$'),
  name        text not null check (length(name) between 1 and 60),
  description text not null check (length(description) <= 300),
  variables   text not null check (length(variables) <= 2000), -- one a line: key | label | default
  records     text not null check (length(records) between 1 and 10000), -- one a line: name, type and value, with {key} for a variable
  changed_at  timestamptz not null,
  changed_by  text not null check (length(changed_by) between 1 and 400),
  deleted_at  timestamptz
);
create unique index dns_templates_code_key on dns_templates (code) where deleted_at is null;

select protect_table('dns_templates');
grant select, insert, update (name, description, variables, records, changed_at, changed_by, deleted_at) on dns_templates to mpanel_platform;

-- Those that zones can use; customers do not see who has made them.
create function dns_templates_in_use()
returns table (code text, name text, description text, variables text, records text)
language sql stable security definer set search_path = public, pg_temp as $$
  select code, name, description, variables, records from dns_templates where deleted_at is null order by name, code limit 100
$$;
revoke execute on function dns_templates_in_use() from public;
grant execute on function dns_templates_in_use() to mpanel_tenant, mpanel_platform;
