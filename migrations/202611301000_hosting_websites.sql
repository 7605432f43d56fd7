-- Sites and databases of CloudPods, and the number of each pod's user on its server.

-- Unique among all servers and never given twice: what a sequence has given is gone, whatever became of the row.
create sequence pod_uids as integer minvalue 1900000000 maxvalue 2099999999 no cycle;
alter table cloud_pods add column uid integer;
update cloud_pods pod set uid = numbered.uid
  from (select id, nextval('pod_uids')::integer as uid from (select id from cloud_pods order by created_at, id) as ordered) as numbered
 where pod.id = numbered.id;
alter table cloud_pods
  alter column uid set default nextval('pod_uids'),
  alter column uid set not null,
  add constraint cloud_pods_uid_key unique (uid);
alter sequence pod_uids owned by cloud_pods.uid;
grant usage on sequence pod_uids to mpanel_tenant, mpanel_platform;

-- All databases of a pod are in one instance of its own.
create table databases (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  cloud_pod_id uuid not null,
  name         text not null check (name ~ '^[a-z][a-z0-9_]{0,31}$'),
  created_at   timestamptz not null default now(),
  unique (tenant_id, id),
  constraint databases_name_key unique (cloud_pod_id, name),
  constraint databases_pod_fkey foreign key (tenant_id, cloud_pod_id) references cloud_pods (tenant_id, id)
);

create table db_users (
  id          uuid primary key,
  tenant_id   uuid not null references tenants (id),
  database_id uuid not null,
  name        text not null check (name ~ '^[a-z][a-z0-9_]{0,31}$'),
  created_at  timestamptz not null default now(),
  unique (tenant_id, id),
  constraint db_users_name_key unique (database_id, name),
  constraint db_users_database_fkey foreign key (tenant_id, database_id) references databases (tenant_id, id)
);

create table websites (
  id           uuid primary key,
  tenant_id    uuid not null references tenants (id),
  cloud_pod_id uuid not null,
  name         text not null check (name ~ '^[a-z][a-z0-9]{0,15}$'),
  stack        text not null check (stack in ('WORDPRESS', 'PHP', 'NODE', 'STATIC')),
  database_id  uuid,
  created_at   timestamptz not null default now(),
  unique (tenant_id, id),
  constraint websites_name_key unique (cloud_pod_id, name),
  constraint websites_pod_fkey foreign key (tenant_id, cloud_pod_id) references cloud_pods (tenant_id, id),
  constraint websites_database_fkey foreign key (tenant_id, database_id) references databases (tenant_id, id),
  constraint websites_wordpress_has_database check (stack <> 'WORDPRESS' or database_id is not null)
);

-- The main name of a site has position 0. A name that is released may be another site's.
create table site_domains (
  id          uuid primary key,
  tenant_id   uuid not null references tenants (id),
  website_id  uuid not null,
  domain      text not null check (domain = lower(domain) and length(domain) between 1 and 253),
  position    integer not null check (position between 0 and 49),
  created_at  timestamptz not null default now(),
  released_at timestamptz,
  unique (tenant_id, id),
  constraint site_domains_website_fkey foreign key (tenant_id, website_id) references websites (tenant_id, id)
);
create unique index site_domains_domain_key on site_domains (domain) where released_at is null;
create unique index site_domains_position_key on site_domains (website_id, position) where released_at is null;

-- Until now each pod was one site, with a database where its stack has one.
insert into databases (id, tenant_id, cloud_pod_id, name, created_at)
  select gen_random_uuid(), tenant_id, id, left('pod_' || replace(name, '-', '_'), 32), created_at from cloud_pods where stack in ('WORDPRESS', 'PHP');
insert into db_users (id, tenant_id, database_id, name, created_at)
  select gen_random_uuid(), tenant_id, id, name, created_at from databases;
insert into websites (id, tenant_id, cloud_pod_id, name, stack, database_id, created_at)
  select gen_random_uuid(), pod.tenant_id, pod.id, 'main', pod.stack, db.id, pod.created_at
    from cloud_pods pod left join databases db on db.tenant_id = pod.tenant_id and db.cloud_pod_id = pod.id;
insert into site_domains (id, tenant_id, website_id, domain, position, created_at, released_at)
  select gen_random_uuid(), pod.tenant_id, site.id, pod.primary_domain, 0, pod.created_at,
         case when pod.status = 'DELETED' then coalesce(pod.deleted_at, now()) end
    from cloud_pods pod join websites site on site.tenant_id = pod.tenant_id and site.cloud_pod_id = pod.id;

create index databases_pod on databases (tenant_id, cloud_pod_id);
create index db_users_database on db_users (tenant_id, database_id);
create index websites_pod on websites (tenant_id, cloud_pod_id);
create index websites_database on websites (tenant_id, database_id);
create index site_domains_website on site_domains (tenant_id, website_id);

select protect_tenant_table('databases'), protect_tenant_table('db_users'), protect_tenant_table('websites'), protect_tenant_table('site_domains');
grant select on databases, db_users, websites, site_domains to mpanel_tenant;
grant select, insert, update on databases, db_users, websites, site_domains to mpanel_platform;
