//! What a caller may follow: looked up anew each time that something is sent.

use app_auth::Request;
use core_administration::{
    provisioning::{self, Live},
    servers,
};
use core_hosting::{cloudpods, dns, websites};
use db::AccessError;
use engine::Error;
use model::{
    error::ErrorCode,
    ids::{CloudPodId, DomainId, JobId, WebsiteId},
    live::LiveObject,
    permission::{CloudpodsRead, DnsRead, JobsRead, ServersRead, WebsitesRead},
};

/// What is new of a job, behind the last line that the browser has, read through the access check that this caller passes: the
/// platform's, a tenant's, or that of a buyer's token (`follow`).
pub async fn job_news(request: &Request, job: JobId, after: i64, follow: Option<&str>) -> Result<Option<Live>, Error> {
    let db = &request.services.db;
    if let Some(token) = follow {
        return provisioning::live_for_buyer(&mut db.public(&request.caller).await?, job, token, after).await;
    }
    let Some(viewer) = &request.viewer else { return Ok(None) };
    if viewer.platform_role.is_some()
        && let Some(mut tx) = allowed(db.platform::<JobsRead>(&request.caller).await)?
    {
        return provisioning::live(&mut tx, job, after).await;
    }
    for membership in &viewer.memberships {
        if let Some(mut tx) = allowed(db.tenant::<JobsRead>(&request.caller, membership.tenant).await)?
            && let Some(live) = provisioning::live_own(&mut tx, job, after).await?
        {
            return Ok(Some(live));
        }
    }
    Ok(None)
}

/// Whether this caller may see the object: by the platform's permission, or by that of the account whose it is.
pub async fn may_watch(request: &Request, object: LiveObject) -> Result<bool, Error> {
    match object {
        LiveObject::Server(id) => match allowed(request.services.db.platform::<ServersRead>(&request.caller).await)? {
            Some(mut tx) => found(servers::get(&mut tx, id, Vec::new()).await),
            None => Ok(false),
        },
        LiveObject::CloudPod(id) => may_watch_pod(request, id).await,
        LiveObject::DnsZone(id) => may_watch_zone(request, id).await,
    }
}

/// Whether this caller may see the logs of a site, in the same way.
pub async fn may_follow(request: &Request, site: WebsiteId) -> Result<bool, Error> {
    let (services, Some(viewer)) = (&request.services, &request.viewer) else { return Ok(false) };
    if viewer.platform_role.is_some()
        && let Some(mut tx) = allowed(services.db.platform::<WebsitesRead>(&request.caller).await)?
    {
        return found(websites::get(services, &mut tx, site).await);
    }
    for membership in &viewer.memberships {
        if let Some(mut tx) = allowed(services.db.tenant::<WebsitesRead>(&request.caller, membership.tenant).await)?
            && found(websites::get_own(services, &mut tx, site).await)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn may_watch_pod(request: &Request, pod: CloudPodId) -> Result<bool, Error> {
    let (db, Some(viewer)) = (&request.services.db, &request.viewer) else { return Ok(false) };
    if viewer.platform_role.is_some()
        && let Some(mut tx) = allowed(db.platform::<CloudpodsRead>(&request.caller).await)?
    {
        return found(cloudpods::get(&request.services, &mut tx, pod).await);
    }
    for membership in &viewer.memberships {
        if let Some(mut tx) = allowed(db.tenant::<CloudpodsRead>(&request.caller, membership.tenant).await)?
            && found(cloudpods::get_own(&mut tx, pod).await)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn may_watch_zone(request: &Request, domain: DomainId) -> Result<bool, Error> {
    let (db, Some(viewer)) = (&request.services.db, &request.viewer) else { return Ok(false) };
    if viewer.platform_role.is_some()
        && let Some(mut tx) = allowed(db.platform::<DnsRead>(&request.caller).await)?
    {
        return found(dns::find(&mut tx, domain).await);
    }
    for membership in &viewer.memberships {
        if let Some(mut tx) = allowed(db.tenant::<DnsRead>(&request.caller, membership.tenant).await)?
            && found(dns::find_own(&mut tx, domain).await)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Only who may not see it has nothing here: a database that does not answer is a trouble that passes.
pub fn allowed<T>(opened: Result<T, AccessError>) -> Result<Option<T>, Error> {
    match opened {
        Ok(tx) => Ok(Some(tx)),
        Err(error @ AccessError::Database(_)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// Whether there is such an object for this caller.
fn found<T>(answer: Result<T, Error>) -> Result<bool, Error> {
    match answer {
        Ok(_) => Ok(true),
        Err(Error::Api(error)) if error.code == ErrorCode::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
