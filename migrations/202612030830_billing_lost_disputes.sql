-- Payments of any provider can be taken back: a transfer that was returned, and a card's payment that was disputed and lost.

alter table payments drop constraint payments_returned_check;
