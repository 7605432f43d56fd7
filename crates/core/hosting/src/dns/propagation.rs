//! What DNS answers for a name now: each name server of the zone, and each configured resolver.

use super::{challenges::name_servers, read, rules::names};
use adapters::dns::{AuthoritativeDns, Dns};
use chrono::TimeDelta;
use db::TenantTx;
use engine::{Error, Result, Services, limits::Limit};
use model::{
    hosting::dns::{Propagation, PropagationAnswer, RecordType},
    ids::DomainId,
    permission::DnsRead,
};

/// Lookups of one account: each asks every name server and resolver.
const LOOKUPS: Limit = Limit { kind: "dns_lookups", max: 20, window: TimeDelta::minutes(10) };

/// Asks for the records of one type at a name of a zone.
///
/// # Errors
/// Not found when the domain has no zone; on the fields `host` and `record_type`; `too_many` when the account has asked too often.
pub async fn check_propagation(services: &Services, tx: TenantTx<DnsRead>, id: DomainId, host: &str, kind: RecordType) -> Result<Propagation> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    if kind == RecordType::Alias {
        return Err(Error::field("record_type", "Name servers answer an ALIAS record with A and AAAA records. Look these up."));
    }
    let mut tx = services.db.system(caller).await?;
    let zone = read::own(tx.conn(), tenant, id).await?;
    let below = names::owner(&zone.name, host).map_err(|message| Error::field("host", message))?;
    let at = services.now();
    if !LOOKUPS.admits(tx.conn(), tenant, tenant.0, at).await? {
        return Err(Error::too_many(format!("You can check DNS {} times in 10 minutes. Try again later.", LOOKUPS.max)));
    }
    let mut servers = name_servers(tx.conn(), zone.id).await.map_err(anyhow::Error::from)?;
    servers.sort_by(|one, other| one.name.cmp(&other.name));
    tx.commit_progress().await?;

    let name = names::whole(&zone.name, &below);
    let asked = servers.iter().map(async |one| {
        let dns = services.part::<dyn AuthoritativeDns>();
        let answers = (dns.lookup(&one.server, &zone.name, &name, kind.as_str()), dns.serial(&one.server, &zone.name));
        let (found, serial) = futures::join!(answers.0, answers.1);
        (one.name.clone(), found.map(|found| (found, serial.ok().flatten())))
    });
    let (authorities, resolvers) =
        futures::join!(futures::future::join_all(asked), services.part::<dyn Dns>().lookup(&zone.name, &name, kind.as_str()));
    // The name server that is furthest.
    let right = authorities.iter().filter_map(|(_, found)| found.as_ref().ok()).max_by_key(|(_, serial)| *serial).map(|(found, _)| found.clone());
    let of = |is_authority| authorities.iter().map(move |_| is_authority);
    let kinds = of(true).chain(std::iter::repeat(false));
    let answers = authorities.iter().chain(&resolvers).zip(kinds).map(|((name, found), is_authority)| {
        let (values, serial, ttl, error) = match found {
            Ok((found, serial)) => (found.values.clone(), *serial, found.ttl, None),
            // Its words have addresses of ours.
            Err(error) => {
                tracing::info!(%error, server = name, "failed to ask for what DNS answers");
                (Vec::new(), None, None, Some("No answer".to_owned()))
            }
        };
        let whole = right.as_ref().and_then(|right| right.ttl).filter(|_| !is_authority);
        PropagationAnswer {
            name: name.clone(),
            is_authority,
            is_same: error.is_none() && right.as_ref().is_some_and(|right| right.values == values),
            values,
            serial,
            age: whole.zip(ttl).map(|(whole, left)| whole.saturating_sub(left)),
            error,
        }
    });
    Ok(Propagation { question: format!("{name} {kind}"), at, answers: answers.collect() })
}
