-- A domain that the registry does not have as ours is looked at again before its registration ends.

alter table domain_registrations add column missing_since timestamptz; -- since when the registry says that it is not ours
grant update (missing_since) on domain_registrations to mpanel_platform;
