//! Statements of the access checks.

/// One round trip: permission, role, tenant, reading or writing.
pub const OPEN_TENANT: &str = "select outcome, tenant from open_tenant($1, $2, $3, $4, $5, $6, $7)";
/// The same for the platform.
pub const OPEN_PLATFORM: &str = "select open_platform($1, $2, $3, $4, $5)";
/// A public transaction, for one login or none.
pub const OPEN_PUBLIC: &str = "select open_public($1)";
/// A transaction on a login's own data.
pub const OPEN_OWN: &str = "select open_own($1, $2)";
/// A transaction of mPanel itself, begun and authorized in one round trip: it only takes on the role, and PostgreSQL plans nothing for it.
pub const BEGIN_SYSTEM: &str = "begin; set local role mpanel_platform";
/// The same, for reading only.
pub const BEGIN_SYSTEM_LOOK: &str = "begin read only; set local role mpanel_platform";
/// The same as a session of workers has it (see [`crate::Db::worker_tx`]), for one transaction.
pub const BEGIN_QUIETLY: &str = "
    begin;
    set local role mpanel_platform;
    set local mpanel.quiet = 'on';
    set local plan_cache_mode = 'force_generic_plan';
    set local enable_seqscan = 'off'";
/// There is news of these jobs.
pub const TELL: &str = "select pg_notify('job_state', job::text) from unnest($1::uuid[]) job";
/// What the access check would say.
pub const DECISION: &str = "select outcome, role, platform, reason from access_decision($1, $2, $3)";
/// From now on the public transaction is about this login.
pub const SCOPE_TO_LOGIN: &str = "select set_config('mpanel.user_id', $1, true)";
/// Is anybody there?
pub const PING: &str = "select 1";
/// The same for a transaction that sees one moment of the whole database and changes nothing.
pub const BEGIN_SNAPSHOT: &str = "begin isolation level repeatable read, read only; set local role mpanel_platform";
/// A transaction whose access check is the next statement.
pub const BEGIN: &str = "begin";

/// Passwords of the login roles, where PostgreSQL asks for them.
pub const SET_LOGIN_PASSWORD: &str = "select set_login_password($1, $2)";
/// Who may connect at all.
pub const RESTRICT_DATABASE: &str = "select restrict_database()";
/// Connections of the login roles to this database.
pub const CONNECTIONS: &str = "
    select count(*) from pg_stat_activity where datname = current_database() and usename in ('mpanel_web', 'mpanel_ops')";
/// What the queue's schema lets whom do. The tables are the queue's own, made just before.
pub const QUEUE_GRANTS: &str = "
    grant usage on schema apalis to mpanel_tenant, mpanel_platform, mpanel_ops;
    grant insert on apalis.jobs to mpanel_tenant, mpanel_platform;
    grant select, insert, update, delete on apalis.jobs, apalis.workers to mpanel_ops;
    grant select on apalis.jobs, apalis.workers to mpanel_platform;
    grant execute on all functions in schema apalis to mpanel_ops";
/// Two processes that start at once seed one after the other.
pub const SEED_LOCK: &str = "select pg_advisory_xact_lock(hashtext('mpanel.seed'))";
/// Built-in roles.
pub const SEED_ROLES: &str = "
    insert into roles (code, scope, name) select * from unnest($1::text[], $2::text[], $3::text[])
    on conflict (code) do update set name = excluded.name
    where roles.name <> excluded.name";
/// Permissions that are new.
pub const SEED_PERMISSIONS: &str = "insert into permissions (code) select * from unnest($1::text[]) on conflict do nothing";
/// Permissions that are no more.
pub const PRUNE_PERMISSIONS: &str = "delete from permissions where code <> all($1::text[])";
/// What the built-in roles may do.
pub const SEED_ROLE_PERMISSIONS: &str = "
    insert into role_permissions (role, permission) select * from unnest($1::text[], $2::text[]) on conflict do nothing";
/// What a built-in role may do no more.
pub const PRUNE_ROLE_PERMISSIONS: &str = "
    delete from role_permissions rp
     where rp.role = any($3::text[])
       and not exists (select from unnest($1::text[], $2::text[]) k (role, permission)
                        where k.role = rp.role and k.permission = rp.permission)";

/// The task of the queue waits this long before its next try.
pub const POSTPONE_WAKEUP: &str = "update apalis.jobs set run_at = now() + make_interval(secs => $2) where id = $1";
/// Finished tasks and dead workers that nobody looks at any more.
pub const PRUNE_TASKS: &str = "
    delete from apalis.jobs
     where status in ('Done', 'Killed') and done_at < now() - make_interval(secs => $1)";
/// Workers that have been silent, and hold no task.
pub const PRUNE_WORKERS: &str = "
    delete from apalis.workers w
     where w.last_seen < now() - make_interval(secs => $1)
       and not exists (select from apalis.jobs j where j.lock_by = w.id)";
