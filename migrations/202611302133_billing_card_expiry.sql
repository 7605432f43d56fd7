-- Who pays by a card that is about to expire is told once.

alter table payment_methods add column expiry_noticed_at timestamptz;
create index payment_methods_expiring on payment_methods (id) where status = 'ACTIVE' and expiry_noticed_at is null;
