//! The provider knows who an account is: name, email and address of the billing profile, for its receipts and for who looks there.

mod queries;

use super::queries::any_method;
use crate::profiles;
use adapters::payments::{CustomerDetails, Payments};
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::ids::TenantId;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Tells the provider who an account is, when that has changed.
pub(in crate::payments) struct PaymentCustomers;

impl Reconciler for PaymentCustomers {
    const NAME: &'static str = profiles::PAYMENT_CUSTOMER;
    const TITLE: &'static str = "Customers at the payment provider";
    const INTERVAL: Duration = Duration::from_secs(24 * 3600);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::accounts(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let (tenant, provider) = (TenantId(key), services.part::<dyn Payments>());
        let mut tx = services.db.system_read("payments").await?;
        let method = any_method(tx.conn(), tenant, provider.name()).await?;
        let party = profiles::buyer(tx.conn(), tenant).await?.party;
        let told = queries::digest(tx.conn(), tenant, provider.name()).await?;
        let has_card = method.is_some() || queries::has_card(tx.conn(), tenant).await?;
        tx.finish().await?;
        let subject = party.name.clone();
        // The sandbox keeps no customers, and another provider's are not this one's. The account stays among those that are looked at: what is
        // removed although it is listed would be added and removed every few minutes.
        let Some(method) = method.filter(|_| provider.sandbox().is_none()) else {
            return Ok(if has_card { Outcome::ok(subject) } else { Outcome::Removed });
        };
        let details = CustomerDetails { tenant, name: party.name, email: party.email, address: party.address, country: party.country };
        let digest = Sha256::digest(format!("{details:?} {}", method.split('/').next().unwrap_or_default()));
        if told.as_deref() != Some(&digest[..]) {
            provider.update_customer(&method, &details).await.map_err(|error| ReconcileError(format!("{error}.")))?;
            let mut tx = services.db.system("payments").await?;
            queries::set_digest(tx.conn(), tenant, provider.name(), &digest).await?;
            tx.commit_progress().await?;
        }
        Ok(Outcome::ok(subject))
    }
}
