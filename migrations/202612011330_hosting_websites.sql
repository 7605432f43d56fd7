-- Sites of CloudPods: several in one, each made, changed, stopped and deleted by itself.

-- `config`, `runtime_version` and `runtime` are what was seen to work; `next_config` is what was asked for last, with the version to switch to where
-- it is to be another one, and `next_runtime` what was shipped for that. `is_changing` says which of the two the server is given.
alter table websites
  add column title       text check (length(title) between 1 and 200), -- that of the CloudPod where there is none
  add column status      text not null default 'ACTIVE' check (status in ('REQUESTED', 'CREATING', 'ACTIVE', 'FAILED', 'DELETING', 'DELETED')),
  add column config      jsonb not null default '{}' check (jsonb_typeof(config) = 'object'),
  add column next_config jsonb check (jsonb_typeof(next_config) = 'object'),
  add column next_runtime jsonb,
  add column is_changing boolean not null default false,
  add column observed_http smallint check (observed_http between 100 and 999), -- nothing where it did not answer
  add column observed_at timestamptz,
  add column deleted_at  timestamptz,
  add constraint websites_changes_to_one check (not is_changing or next_config is not null),
  add constraint websites_deleted_check check ((status = 'DELETED') = (deleted_at is not null));

-- A database goes with its site.
alter table databases add column removed_at timestamptz;

-- One place more than a CloudPod has names: two of a full site change places through it.
alter table site_domains drop constraint site_domains_position_check, add constraint site_domains_position_check check (position between 0 and 50);
