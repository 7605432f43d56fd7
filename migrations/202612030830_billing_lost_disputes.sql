-- A payment by card is taken back, too: the cardholder had disputed it, and the bank has decided so.

alter table payments
  drop constraint payments_returned_check,
  add constraint payments_returned_check check (status <> 'RETURNED' or provider in ('manual', 'stripe'));
