//! Offers that nobody answers, and those whose domain is gone.

use super::{super::letters::OfferExpired, ended, names, proof, queries};
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::ids::DomainOfferId;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Ends offers of domains that nobody has accepted in time, or whose domain is no longer the account's.
pub(in crate::domains) struct DomainOffers;

impl Reconciler for DomainOffers {
    const NAME: &'static str = "domain_offer";
    const TITLE: &'static str = "Offers of domains end in time";
    const INTERVAL: Duration = Duration::from_secs(600);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::open(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let id = DomainOfferId(key);
        let mut tx = services.db.system("reconciler").await?;
        let Some(offer) = queries::lock(tx.conn(), id).await?.filter(queries::Offer::is_open) else { return Ok(Outcome::Removed) };
        let name = names::display(&offer.name);
        if offer.is_owned && services.now() < offer.expires_at {
            return Ok(Outcome::ok(name));
        }
        let (status, reason) = if offer.is_owned { ("EXPIRED", "nobody has accepted it in time") } else { ("WITHDRAWN", "the domain is gone") };
        queries::end(tx.conn(), id, status, services.now()).await?;
        if offer.is_owned {
            let letter = OfferExpired { name, account: offer.account.clone() };
            proof::tell(services, &mut tx, offer.tenant_id, &letter).await.map_err(|error| ReconcileError(error.to_string()))?;
        }
        tx.commit(ended(&offer, reason)).await?;
        Ok(Outcome::Removed)
    }
}
