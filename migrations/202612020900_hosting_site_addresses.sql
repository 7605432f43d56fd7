-- When the zone of a site's name got the name's address, or was found to have records for it. Once only: what its owner deletes afterwards stays deleted.
alter table site_domains add column address_set_at timestamptz;
-- Names of before are as their owners have made them.
update site_domains set address_set_at = created_at;
