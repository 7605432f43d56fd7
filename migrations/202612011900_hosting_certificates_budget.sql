-- Certificates that were ordered in the last week are counted before another one is.
create index jobs_issue_ssl on jobs (created_at) where kind = 'ISSUE_SSL';
