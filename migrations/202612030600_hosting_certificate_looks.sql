-- Looks in a row that found no name of a site leading here. They ask no certificate authority, so they are no failures and soon made again.
alter table ssl_certificates add column looks integer not null default 0;
