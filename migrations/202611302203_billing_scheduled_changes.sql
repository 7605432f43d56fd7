-- Changes that are made when the next period begins, one at a time; and add-ons that such a change will add.
alter table subscription_changes
  drop constraint subscription_changes_status_check,
  add constraint subscription_changes_status_check check (status in ('PENDING', 'SCHEDULED', 'APPLIED', 'FAILED', 'DROPPED')),
  drop constraint subscription_changes_settled_check,
  add constraint subscription_changes_settled_check check ((status in ('PENDING', 'SCHEDULED')) = (settled_at is null));
create unique index subscription_changes_scheduled_key on subscription_changes (subscription_id) where status = 'SCHEDULED';
