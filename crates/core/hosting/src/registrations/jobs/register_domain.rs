//! `REGISTER_DOMAIN`: a domain that was paid for is registered. What the registry refuses is rolled back, and billing pays it back.

use super::{
    OfRegistration, code, failed, find, later, registrar,
    steps::{SaveContact, take_over},
};
use adapters::registrar::NewDomain;
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use model::{Time, administration::provisioning::EventLevel, ids::DomainRegistrationId};
use serde::{Deserialize, Serialize};

/// Years that a domain is registered for; it is renewed year by year, as it is paid.
const YEARS: u8 = 1;

/// Registers a domain.
#[derive(Serialize, Deserialize)]
pub(in crate::registrations) struct RegisterDomain {
    pub(in crate::registrations) registration: DomainRegistrationId,
}

impl OfRegistration for RegisterDomain {
    fn registration(&self) -> DomainRegistrationId {
        self.registration
    }
}

impl Saga for RegisterDomain {
    const KIND: &'static str = "REGISTER_DOMAIN";
    const TITLE: &'static str = "Register domain";

    fn key(&self) -> String {
        format!("register_domain:{}", self.registration)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<SaveContact<Self>>().then::<RegisterName>().then::<TakeOver>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::hours(6)
    }
}

/// Registers the name. Its outcome is until when.
pub(in crate::registrations) struct RegisterName;

impl Step for RegisterName {
    type Saga = RegisterDomain;
    type Output = Time;
    const NAME: &'static str = "register_name";
    const TITLE: &'static str = "Register the name";

    async fn run(cx: &StepContext, saga: &RegisterDomain) -> Result<Time, StepError> {
        let found = find(cx, saga.registration).await?;
        let order = NewDomain {
            name: found.name.clone(),
            years: YEARS,
            contact: found.contact_id.clone(),
            name_servers: found.name_servers.clone(),
            code: code(cx, &found)?,
        };
        match registrar(cx)?.register(&order).await {
            Ok(registered) => {
                cx.log(EventLevel::Info, format!("Registered {}.", found.name));
                registered.expires_at.ok_or_else(|| StepError::retry("The registry does not say when the registration ends."))
            }
            Err(error) => Err(failed(cx, &found, &error).await),
        }
    }

    async fn undo(cx: &StepContext, saga: &RegisterDomain, _: Option<&Time>) -> Result<(), StepError> {
        let found = find(cx, saga.registration).await?;
        let registrar = registrar(cx)?;
        let registered = registrar.info(&found.name, None).await.map_err(|error| later(cx, &error))?;
        // A domain with another contact is another account's.
        if registered.is_some_and(|one| one.is_ours && one.registrant.as_deref() == Some(&*found.contact_id)) {
            registrar.delete(&found.name).await.map_err(|error| later(cx, &error))?;
            cx.log(EventLevel::Info, format!("Deleted {} at the registry.", found.name));
        }
        Ok(())
    }
}

/// The domain is the account's from now on.
pub(in crate::registrations) struct TakeOver;

impl Step for TakeOver {
    type Saga = RegisterDomain;
    type Output = ();
    const NAME: &'static str = "take_over";
    const TITLE: &'static str = "Add the domain to the account";
    // From here on the customer uses it.
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &RegisterDomain) -> Result<(), StepError> {
        let expires_at = cx.output::<RegisterName>()?;
        take_over(cx, saga.registration, expires_at).await
    }

    async fn undo(_: &StepContext, _: &RegisterDomain, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("A registered domain can't be taken back."))
    }
}
