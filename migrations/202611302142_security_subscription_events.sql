-- The history of a subscription is read on its page.
create index audit_events_subscription on audit_events (target_id, id) where target_type = 'subscription';
