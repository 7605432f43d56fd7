-- Looks in a row that found no name of a site leading here. They ask no certificate authority, so they are no failures and soon made again.
alter table ssl_certificates add column looks integer not null default 0;
-- Until now such looks were counted as failures, and the next one waited as long as a failure's: begin again.
update ssl_certificates set failures = 0, next_try_at = null where owner_can_fix and last_failed_job is null;
