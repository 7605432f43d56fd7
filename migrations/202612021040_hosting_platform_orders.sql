-- An order of the platform's that its authority does not finish is given up, and another authority is asked.

alter table platform_certificates
  add column order_at timestamptz, -- when its names were verified
  add column order_failures integer not null default 0 check (order_failures >= 0), -- how often the authority did not finish it
  add column unfinished_authority text check (length(unfinished_authority) <= 500); -- that did not finish the last order; asked after the others
