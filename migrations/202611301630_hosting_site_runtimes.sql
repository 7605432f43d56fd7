-- A site has a version of its language, by the name of the runtime that carries it; static files need none. Until now its stack decided.

alter table websites add column runtime_version text check (runtime_version in ('php8.2', 'php8.4', 'node18', 'node20', 'node24'));
update websites set runtime_version = case stack when 'NODE' then 'node18' when 'STATIC' then null else 'php8.2' end;
alter table websites add constraint websites_runtime_of_stack check (
  case stack
    when 'STATIC' then runtime_version is null
    when 'NODE' then runtime_version is not null and starts_with(runtime_version, 'node')
    else runtime_version is not null and starts_with(runtime_version, 'php')
  end
);
