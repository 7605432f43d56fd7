-- How many sites a CloudPod can have, previews not counted, and what its programs reach, both by its plan. All that exist keep what they had.
alter table cloud_pod_quotas
  add column max_sites integer not null default 20 check (max_sites between 1 and 20),
  add column network   text not null default 'INTERNET' check (network in ('INTERNET', 'CLOSED'));

-- Limits without a number of sites have room for the most, which is right for a plan and not for what an add-on adds.
update products set metadata = jsonb_set(metadata, '{adds,sites}', '0') where jsonb_typeof(metadata -> 'adds') = 'object';
