//! Whether names lead to a site's server: the server serves a mark under the path where a CA will look, and the panel asks for it by the name.

use super::{queries::Held, rules::Trouble};
use crate::{
    cloudpods::{ServedSite, ask_server},
    dns::challenges,
};
use adapters::visitor::Visitor;
use engine::{Services, reconcile::ReconcileError, secrets::new_token};
use uuid::Uuid;
use wire::{
    certificate::{ChallengeAnswer, ChallengeToken},
    verb::{ChallengePut, ChallengeRemove},
};

/// Those of these names of a site that lead to its server, and what is wrong with each of the others.
async fn names_leading_here(
    services: &Services,
    site: &ServedSite,
    names: &[String],
) -> Result<(Vec<String>, Vec<(String, Trouble)>), ReconcileError> {
    let invalid = |invalid: wire::InvalidText| ReconcileError(format!("Invalid mark: {invalid}."));
    let token = ChallengeToken::new(format!("mpanel-{}", Uuid::now_v7())).map_err(invalid)?;
    let answer = ChallengeAnswer::new(format!("{}.{}", token.as_str(), new_token())).map_err(invalid)?;
    ask_server(services, site, ChallengePut { token: token.clone(), answer: answer.clone() }).await?;
    let (mut here, mut elsewhere) = (Vec::new(), Vec::new());
    for name in names.iter().filter(|name| !name.starts_with("*.")) {
        match why_not(services, name, &token, &answer).await {
            None => here.push(name.clone()),
            Some(why) => {
                let remedy = format!("Point {name} to {} in DNS. The next try is made automatically.", site.address);
                elsewhere.push((name.clone(), Trouble::new(why, remedy)));
            }
        }
    }
    ask_server(services, site, ChallengeRemove { token }).await?;
    Ok((here, elsewhere))
}

/// Those of these names that an order can be for, in their order: that lead here, and others that are proved by DNS. And what is wrong with the first
/// one that is neither.
pub(super) async fn provable_names(services: &Services, site: &ServedSite, all: &[String]) -> Result<(Vec<String>, Option<Trouble>), ReconcileError> {
    let (here, elsewhere) = names_leading_here(services, site, all).await?;
    let names: Vec<String> = elsewhere.iter().map(|(name, _)| name.clone()).collect();
    let by_dns = challenges::provable(services, site.tenant, &names).await?;
    let trouble = elsewhere.into_iter().find(|(name, _)| !by_dns.contains(name)).map(|(_, trouble)| trouble);
    Ok((all.iter().filter(|name| here.contains(name) || by_dns.contains(name)).cloned().collect(), trouble))
}

/// Those of these names that are proved by DNS: that do not lead here, or all that can be where the CA did not get through over HTTP.
pub(super) async fn names_by_dns(services: &Services, site: &ServedSite, held: &Held, names: &[String]) -> Result<Vec<String>, ReconcileError> {
    let mut by_dns = challenges::provable(services, site.tenant, names).await?;
    if !by_dns.is_empty() && held.http_failed_job.is_none() {
        let (here, _) = names_leading_here(services, site, names).await?;
        by_dns.retain(|name| !here.contains(name));
    }
    Ok(by_dns)
}

async fn why_not(services: &Services, name: &str, token: &ChallengeToken, answer: &ChallengeAnswer) -> Option<String> {
    let path = format!("/.well-known/acme-challenge/{}", token.as_str());
    match services.part::<dyn Visitor>().http(name, &path).await {
        Ok(found) if found.status == 200 && found.body == answer.as_str() => None,
        Ok(_) => Some(format!("{name} leads to another server.")),
        Err(error) => Some(format!("{name} does not lead here: {error}.")),
    }
}
