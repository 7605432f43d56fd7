//! Whether names lead to a site's server: the server serves a mark under the path where a CA will look, and the panel asks for it by the name.

use super::rules::Trouble;
use crate::cloudpods::{ServedSite, ask_server};
use adapters::visitor::Visitor;
use engine::{Services, reconcile::ReconcileError, secrets::new_token};
use uuid::Uuid;
use wire::{
    certificate::{ChallengeAnswer, ChallengeToken},
    verb::{ChallengePut, ChallengeRemove},
};

/// The names of a site that lead to its server, and what is wrong with the first one that does not.
pub(super) async fn names_leading_here(services: &Services, site: &ServedSite) -> Result<(Vec<String>, Option<Trouble>), ReconcileError> {
    let invalid = |invalid: wire::InvalidText| ReconcileError(format!("Invalid mark: {invalid}."));
    let token = ChallengeToken::new(format!("mpanel-{}", Uuid::now_v7())).map_err(invalid)?;
    let answer = ChallengeAnswer::new(format!("{}.{}", token.as_str(), new_token())).map_err(invalid)?;
    ask_server(services, site, ChallengePut { token: token.clone(), answer: answer.clone() }).await?;
    let (mut here, mut trouble) = (Vec::new(), None);
    for name in &site.names {
        match why_not(services, name, &token, &answer).await {
            None => here.push(name.clone()),
            Some(why) => {
                trouble.get_or_insert_with(|| {
                    Trouble::new(why, format!("Point {name} to {} in DNS. The next try is made automatically.", site.address))
                });
            }
        }
    }
    ask_server(services, site, ChallengeRemove { token }).await?;
    Ok((here, trouble))
}

async fn why_not(services: &Services, name: &str, token: &ChallengeToken, answer: &ChallengeAnswer) -> Option<String> {
    let path = format!("/.well-known/acme-challenge/{}", token.as_str());
    match services.part::<dyn Visitor>().http(name, &path).await {
        Ok(found) if found.status == 200 && found.body == answer.as_str() => None,
        Ok(_) => Some(format!("{name} leads to another server.")),
        Err(error) => Some(format!("{name} does not lead here: {error}.")),
    }
}
