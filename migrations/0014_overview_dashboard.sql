-- What needs a person is looked up on each view of the dashboard: few rows among all, found without reading the others.

create index jobs_stuck on jobs (id) where status = 'stuck';
create index jobs_undone on jobs (finished_at) where status = 'undone';
create index cloud_pods_failed on cloud_pods (id) where status = 'FAILED';
create index outgoing_mail_failed on outgoing_mail (created_at) where status = 'FAILED';
