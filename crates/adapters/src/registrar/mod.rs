//! Domain registries.

mod epp;
mod error;
mod fake;
#[cfg(test)]
mod tests;
mod types;

pub use epp::{EppConfig, EppRegistrar};
pub use error::RegistrarError;
pub use fake::{FakeRegistrar, Fault, Now};
pub use types::{AuthCode, Availability, ContactData, DomainChange, DomainInfo, NewDomain, RegistryMessage, RestoreReport, Transfer, TransferStatus};

use async_trait::async_trait;
use chrono::NaiveDate;
use model::Time;

/// A registry, as its registrar sees it. What changes something may be asked again when its answer was lost.
#[async_trait]
pub trait Registrar: Send + Sync + 'static {
    /// Which of these names can be registered.
    ///
    /// # Errors
    /// [`RegistrarError`], as for all of these.
    async fn check(&self, names: &[String]) -> Result<Vec<Availability>, RegistrarError>;

    /// What the registry has of a name; nothing where nobody has registered it. `code` lets it tell more of a domain that another registrar has.
    async fn info(&self, name: &str, code: Option<&AuthCode>) -> Result<Option<DomainInfo>, RegistrarError>;

    /// Registers a name once. See [`Registrar::register`], which may be called again.
    async fn create(&self, domain: &NewDomain) -> Result<(), RegistrarError>;

    /// Deletes a domain of ours. In the first days after its registration the registry takes it back and asks no price for it.
    async fn delete(&self, name: &str) -> Result<(), RegistrarError>;

    /// Adds years to a domain that expires on this day; the registry refuses when it is another one.
    async fn renew(&self, name: &str, expires_on: NaiveDate, years: u8) -> Result<(), RegistrarError>;

    /// Asks for a domain that another registrar has.
    async fn request_transfer(&self, name: &str, code: &AuthCode, years: u8) -> Result<Transfer, RegistrarError>;

    /// How the last transfer of a domain stands; nothing where there was none.
    async fn transfer(&self, name: &str, code: &AuthCode) -> Result<Option<Transfer>, RegistrarError>;

    /// Takes a transfer that was asked for back.
    async fn cancel_transfer(&self, name: &str) -> Result<(), RegistrarError>;

    /// Asks for a domain of ours that was deleted and is in its redemption period (RFC 3915).
    async fn restore(&self, name: &str) -> Result<(), RegistrarError>;

    /// Reports on a restored domain to a registry that waits for that.
    async fn report_restore(&self, name: &str, report: &RestoreReport) -> Result<(), RegistrarError>;

    /// Changes what the registry has of a domain of ours.
    async fn update(&self, name: &str, change: &DomainChange) -> Result<(), RegistrarError>;

    /// Creates a contact, or gives the one of this id that is ours this data.
    async fn save_contact(&self, id: &str, contact: &ContactData) -> Result<(), RegistrarError>;

    /// The oldest message that was not acknowledged yet.
    async fn poll(&self) -> Result<Option<RegistryMessage>, RegistrarError>;

    /// Takes a message off the queue.
    async fn acknowledge(&self, message: &str) -> Result<(), RegistrarError>;

    /// Registers a name, and finds what was registered by a request whose answer was lost: who asks again does not register twice.
    ///
    /// # Errors
    /// [`RegistrarError::NotAvailable`] when somebody else has the name.
    async fn register(&self, domain: &NewDomain) -> Result<DomainInfo, RegistrarError> {
        if let Some(found) = self.info(&domain.name, None).await? {
            return own(found, domain);
        }
        match self.create(domain).await {
            Ok(()) => {}
            // It may have come to pass: what the registry has says so.
            Err(error @ RegistrarError::SessionLost { .. }) => {
                return match self.info(&domain.name, None).await? {
                    Some(found) => own(found, domain),
                    None => Err(error),
                };
            }
            Err(error) => return Err(error),
        }
        let created = self.info(&domain.name, None).await?;
        created.map_or_else(|| Err(RegistrarError::NotFound { name: domain.name.clone() }), |found| own(found, domain))
    }

    /// Adds years to a domain of ours unless somebody has already: `from` is when it expired before. Returns when it expires now.
    ///
    /// # Errors
    /// [`RegistrarError::NotFound`] when it is not ours.
    async fn extend(&self, name: &str, from: Time, years: u8) -> Result<Time, RegistrarError> {
        let expires_at = expiry(self, name).await?;
        if expires_at.date_naive() > from.date_naive() {
            return Ok(expires_at);
        }
        match self.renew(name, expires_at.date_naive(), years).await {
            Ok(()) => expiry(self, name).await,
            Err(error @ RegistrarError::SessionLost { .. }) => {
                let now = expiry(self, name).await?;
                if now > expires_at { Ok(now) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }
}

fn own(found: DomainInfo, domain: &NewDomain) -> Result<DomainInfo, RegistrarError> {
    // A contact is made for each registration, so a domain of ours with another one is another account's.
    if found.is_ours && found.registrant.as_deref() == Some(domain.contact.as_str()) {
        return Ok(found);
    }
    Err(RegistrarError::NotAvailable { reason: "the domain is registered".to_owned() })
}

async fn expiry<R: Registrar + ?Sized>(registrar: &R, name: &str) -> Result<Time, RegistrarError> {
    let found = registrar.info(name, None).await?.filter(|found| found.is_ours);
    found.and_then(|found| found.expires_at).ok_or_else(|| RegistrarError::NotFound { name: name.to_owned() })
}
