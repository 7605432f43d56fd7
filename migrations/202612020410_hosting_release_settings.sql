-- What a release was live with beside its code: settings, the version of its language, and which set of environment variables. On a rollback's own
-- row it is what the rollback brings back.
alter table deploys add column settings jsonb check (jsonb_typeof(settings) = 'object');
grant update (settings) on deploys to mpanel_platform;
