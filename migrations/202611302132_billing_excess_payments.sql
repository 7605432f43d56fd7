-- What of a payment its invoice did not need when it came: it became account credit, and staff are told.

alter table payments add column excess bigint not null default 0;
alter table payments add constraint payments_excess_check check (excess between 0 and amount);
create index payments_excess on payments (settled_at) where excess > 0;
