-- What a pod should be and what it was seen to be are two columns; `status` says how far the way from one to the other has come.

alter table cloud_pods
  add column desired_state  text not null default 'RUNNING' check (desired_state in ('RUNNING', 'HELD', 'ABSENT')),
  add column observed_state text check (observed_state in ('ABSENT', 'RUNNING', 'SUSPENDED', 'HELD', 'BROKEN'));
update cloud_pods
   set desired_state = case status when 'DELETED' then 'ABSENT' when 'DELETING' then 'HELD' when 'HELD' then 'HELD' else 'RUNNING' end,
       observed_state = case when observed_at is not null and status = 'RUNNING' then 'RUNNING' end;
grant select (desired_state, observed_state) on cloud_pods to mpanel_tenant;

-- What a site runs on: the runtime and the application that its pod was made with. The job that made it has them.
alter table websites
  add column runtime jsonb check (jsonb_typeof(runtime) = 'object'),
  add column source  jsonb check (jsonb_typeof(source) = 'object');
update websites site
   set runtime = nullif(shipped.output -> 'runtime', 'null'), source = nullif(shipped.output -> 'app', 'null')
  from (select distinct on (job.subject_id) job.subject_id as pod, step.output
          from jobs job join job_steps step on step.job_id = job.id
         where job.kind = 'CREATE_CLOUDPOD' and step.name = 'ship_parts' and step.status = 'done'
         order by job.subject_id, job.id desc) shipped
 where shipped.pod = site.cloud_pod_id;
