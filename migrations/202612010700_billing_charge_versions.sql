-- With which version of the provider's parameters a charge was asked for first: it is repeated with the same. Charges of before have the first.

alter table payments add column request_version integer not null default 1;
