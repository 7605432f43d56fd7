-- :tenants customers with five pods each and a hundred events each, written behind the panel's back: for lists, not for the chain.
set session_replication_role = replica;
create temp table t as
  select gen_random_uuid() as id, n, now() - make_interval(mins => n) as at from generate_series(:done + 1, :tenants) n;
insert into tenants (id, name, slug, billing_email, country, created_at)
  select id, 'Customer ' || n, 'customer-' || n, 'c' || n || '@example.org', 'NL', at from t;
insert into users (id, email, name, status, password_hash, created_at)
  select id, 'c' || n || '@example.org', 'Owner ' || n, 'ACTIVE', 'x', at from t;
insert into tenant_users (tenant_id, user_id, role) select id, id, 'TENANT_OWNER' from t;
create temp table p as
  select gen_random_uuid() as id, gen_random_uuid() as subscription, t.id as tenant, t.n, k, t.at + make_interval(secs => k) as at
    from t, generate_series(1, 5) k;
insert into subscriptions (id, tenant_id, product_id, billing_cycle, price, currency, started_at, renews_at, billing_provider)
  select subscription, tenant, (select id from products where type = 'CLOUDPOD' order by code limit 1), 'MONTHLY', 900, 'EUR', at, at + interval '1 month', 'sandbox' from p;
insert into cloud_pods (id, tenant_id, subscription_id, server_id, name, plan_code, status, region, primary_domain, stack, created_at)
  select id, tenant, subscription, (select id from servers limit 1), 'pod-' || n || '-' || k, 'static', 'RUNNING', 'local', 'p' || n || '-' || k || '.example.org', 'STATIC', at from p;
insert into cloud_pod_quotas (tenant_id, cloud_pod_id, cpu_millis, memory_mb, disk_mb, tasks) select tenant, id, 1, 1, 1, 1 from p;
insert into jobs (id, tenant_id, kind, title, idempotency_key, payload, status, actor, subject_kind, subject_id, subject_name, deadline_at, created_at, started_at, finished_at)
  select gen_random_uuid(), tenant, 'CREATE_CLOUDPOD', 'Create CloudPod', 'seed:' || id, '{}', 'done', '{"kind":"system","part":"checkout"}', 'cloud_pod', id, 'pod-' || n || '-' || k, at, at, at, at from p;
insert into invoices (id, tenant_id, subscription_id, number, status, currency, net, tax, tax_treatment, tax_note, tax_rate_bp, total, buyer, seller, issued_at, due_at, paid_at)
  select gen_random_uuid(), tenant, subscription, 'SEED-2026-' || lpad((n * 10 + k)::text, 6, '0'), 'PAID', 'EUR', 900, 189, 'DOMESTIC', '', 2100, 1089,
         '{"name":"a","address":"b","country":"NL","email":"c","tax_number":""}', '{"name":"a","address":"b","country":"NL","email":"c","tax_number":""}', at, at, at from p;
insert into audit_events (chain, seq, at, action, actor, tenant_id, target_type, target_id, target_name, prev_hash, hash)
  select t.id, s, t.at + make_interval(secs => s), 'JOB_DONE', '{"kind":"system","part":"checkout"}', t.id, 'job', t.id::text, 'Create CloudPod', '', sha256('x')
    from t, generate_series(1, 100) s;
analyze;
