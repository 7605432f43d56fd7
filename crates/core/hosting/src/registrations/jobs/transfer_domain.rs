//! `TRANSFER_DOMAIN`: a domain comes here from another registrar, who can refuse for some days. The job sleeps meanwhile.

use super::{
    OfRegistration, Registration, code, failed, find, later, queries, registrar, rules, secrets,
    steps::{SaveContact, refuse, take_over},
};
use adapters::registrar::{AuthCode, DomainChange, Registrar, RegistrarError, Transfer, TransferStatus};
use chrono::TimeDelta;
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use model::{Time, administration::provisioning::EventLevel, ids::DomainRegistrationId};
use serde::{Deserialize, Serialize};

/// Between two looks at a transfer; messages of the registry do not wake a job.
const LOOK: TimeDelta = TimeDelta::minutes(30);
/// So long after its decision a transfer is seen in what the registry has of the domain.
const SETTLED: TimeDelta = TimeDelta::days(1);
/// What is said of a transfer that its customer has cancelled.
const CANCELLED: &str = "The transfer was cancelled.";
/// Years that a transfer adds, with most registries.
const YEARS: u8 = 1;

/// Brings a domain here.
#[derive(Serialize, Deserialize)]
pub(in crate::registrations) struct TransferDomain {
    pub(in crate::registrations) registration: DomainRegistrationId,
}

impl OfRegistration for TransferDomain {
    fn registration(&self) -> DomainRegistrationId {
        self.registration
    }
}

impl Saga for TransferDomain {
    const KIND: &'static str = "TRANSFER_DOMAIN";
    const TITLE: &'static str = "Transfer domain";

    fn key(&self) -> String {
        format!("transfer_domain:{}", self.registration)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<SaveContact<Self>>().then::<RequestTransfer>().then::<AwaitDecision>().then::<TakeOver>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::days(30)
    }
}

/// Asks for the domain.
pub(in crate::registrations) struct RequestTransfer;

impl Step for RequestTransfer {
    type Saga = TransferDomain;
    type Output = ();
    const NAME: &'static str = "request_transfer";
    const TITLE: &'static str = "Request the transfer";

    async fn run(cx: &StepContext, saga: &TransferDomain) -> Result<(), StepError> {
        let found = find(cx, saga.registration).await?;
        let (registrar, code) = (registrar(cx)?, code(cx, &found)?);
        if found.transfer_cancelled_at.is_some() {
            return match asked_before(cx, &*registrar, &found.name, &code).await? {
                Some(transfer) => pending(cx, found.id, transfer.as_ref()).await,
                None => {
                    super::note(cx, found.id, CANCELLED).await?;
                    Err(StepError::fail(CANCELLED))
                }
            };
        }
        let asked = match registrar.request_transfer(&found.name, &code, YEARS).await {
            Ok(transfer) => Ok(Some(transfer)),
            // An earlier try of this step may have asked for it, and its answer may have been lost.
            Err(error) => match asked_before(cx, &*registrar, &found.name, &code).await? {
                Some(transfer) => Ok(transfer),
                None => Err(error),
            },
        };
        match asked {
            Ok(transfer) => {
                cx.log(EventLevel::Info, format!("Requested {}.", found.name));
                pending(cx, found.id, transfer.as_ref()).await
            }
            Err(error) => Err(failed(cx, &found, &error).await),
        }
    }

    async fn undo(cx: &StepContext, saga: &TransferDomain, _: Option<&()>) -> Result<(), StepError> {
        let found = find(cx, saga.registration).await?;
        let registrar = registrar(cx)?;
        let later = |error: RegistrarError| later(cx, &error);
        match registrar.cancel_transfer(&found.name).await {
            // There is none, or it was decided.
            Ok(()) | Err(RegistrarError::NotFound { .. } | RegistrarError::Refused { .. }) => {}
            Err(error) => return Err(later(error)),
        }
        if registrar.info(&found.name, None).await.map_err(later)?.is_some_and(|domain| domain.is_ours) {
            return Err(StepError::fail("The domain is here already. It can't be given back."));
        }
        let mut tx = cx.begin().await?;
        queries::set_transfer(tx.conn(), found.id, None).await?;
        Ok(tx.commit_progress().await?)
    }
}

/// The transfer that we have asked for before; nothing of it any more where the domain is here. Not somebody else's, who has asked before us.
async fn asked_before(cx: &StepContext, registrar: &dyn Registrar, name: &str, code: &AuthCode) -> Result<Option<Option<Transfer>>, StepError> {
    if expiry_here(cx, registrar, name).await?.is_some() {
        return Ok(Some(None));
    }
    let transfer = match registrar.transfer(name, code).await {
        Ok(transfer) => transfer.filter(|transfer| transfer.is_ours),
        Err(error) if error.is_temporary() => return Err(later(cx, &error)),
        Err(_) => None,
    };
    match transfer {
        Some(transfer) if transfer.status == TransferStatus::Pending => Ok(Some(Some(transfer))),
        // It was decided between the two questions, or long ago.
        Some(transfer) if transfer.status == TransferStatus::Approved => Ok(expiry_here(cx, registrar, name).await?.map(|_| None)),
        _ => Ok(None),
    }
}

/// Until when the domain is registered, where it is ours.
async fn expiry_here(cx: &StepContext, registrar: &dyn Registrar, name: &str) -> Result<Option<Time>, StepError> {
    let found = registrar.info(name, None).await.map_err(|error| later(cx, &error))?;
    Ok(found.filter(|found| found.is_ours).and_then(|found| found.expires_at))
}

async fn pending(cx: &StepContext, id: DomainRegistrationId, transfer: Option<&Transfer>) -> Result<(), StepError> {
    let mut tx = cx.begin().await?;
    queries::set_transfer(tx.conn(), id, transfer.map(|transfer| transfer.decides_at)).await?;
    Ok(tx.commit_progress().await?)
}

/// What became of a transfer.
#[derive(Serialize, Deserialize)]
pub(in crate::registrations) enum Decision {
    /// The domain is here, registered until then.
    Approved(Time),
    /// It is not, for this reason.
    Refused(String),
}

/// Waits until the current registrar, or the time that it has, has decided.
pub(in crate::registrations) struct AwaitDecision;

impl Step for AwaitDecision {
    type Saga = TransferDomain;
    type Output = Decision;
    const NAME: &'static str = "await_decision";
    const TITLE: &'static str = "Wait for the current registrar";
    // The domain may be here at any moment. A transfer that is to end is cancelled at the registry, and that is seen here.
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &TransferDomain) -> Result<Decision, StepError> {
        let found = find(cx, saga.registration).await?;
        let (registrar, code) = (registrar(cx)?, code(cx, &found)?);
        // First, for once it is here its code may be another one, by which the registry would tell of the transfer no more.
        if let Some(expires_at) = expiry_here(cx, &*registrar, &found.name).await? {
            return Ok(Decision::Approved(expires_at));
        }
        if found.transfer_cancelled_at.is_some() {
            match registrar.cancel_transfer(&found.name).await {
                // There is none any more, or it was decided: what the registry says next tells which.
                Ok(()) | Err(RegistrarError::NotFound { .. } | RegistrarError::Refused { .. } | RegistrarError::NotAvailable { .. }) => {}
                Err(error) => return Err(later(cx, &error)),
            }
        }
        let now = cx.services().now();
        let wait = StepError::Wait { until: now + LOOK };
        let transfer = match registrar.transfer(&found.name, &code).await {
            Ok(Some(transfer)) => transfer,
            Err(error) if error.is_temporary() => return Err(later(cx, &error)),
            // Some registries tell of a transfer no more once it is cancelled.
            Ok(None) | Err(_) if found.transfer_cancelled_at.is_some() => return untold(cx, &*registrar, &found.name, wait).await,
            Ok(None) | Err(_) => return Err(wait),
        };
        let is_over = transfer.decides_at + SETTLED <= now;
        match transfer.status {
            TransferStatus::Rejected if transfer.is_ours => Ok(Decision::Refused("The current registrar refused the transfer.".to_owned())),
            TransferStatus::Cancelled if transfer.is_ours => Ok(Decision::Refused(CANCELLED.to_owned())),
            TransferStatus::Approved if transfer.is_ours && !is_over => match expiry_here(cx, &*registrar, &found.name).await? {
                Some(expires_at) => Ok(Decision::Approved(expires_at)),
                None => Err(wait),
            },
            TransferStatus::Approved | TransferStatus::Rejected | TransferStatus::Cancelled if is_over => {
                Ok(Decision::Refused("The domain went to another registrar.".to_owned()))
            }
            _ => Err(wait),
        }
    }

    async fn undo(_: &StepContext, _: &TransferDomain, _: Option<&Decision>) -> Result<(), StepError> {
        Err(StepError::fail("A decided transfer can't be taken back."))
    }
}

/// What became of a cancelled transfer that the registry tells of no more: the domain may have come here at the last moment.
async fn untold(cx: &StepContext, registrar: &dyn Registrar, name: &str, wait: StepError) -> Result<Decision, StepError> {
    match registrar.info(name, None).await.map_err(|error| later(cx, &error))? {
        Some(domain) if domain.is_ours => domain.expires_at.map(Decision::Approved).ok_or(wait),
        Some(domain) if domain.is_being_transferred() => Err(wait),
        _ => Ok(Decision::Refused(CANCELLED.to_owned())),
    }
}

/// The domain is the account's from now on, with its holder's contact and a new code, for the former registrar knows the old one; or its order is
/// over, and billing pays it back.
pub(in crate::registrations) struct TakeOver;

impl Step for TakeOver {
    type Saga = TransferDomain;
    type Output = ();
    const NAME: &'static str = "take_over";
    const TITLE: &'static str = "Add the domain to the account, or end the order";
    // The domain is here: there is no way back.
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &TransferDomain) -> Result<(), StepError> {
        let found = find(cx, saga.registration).await?;
        let expires_at = match cx.output::<AwaitDecision>()? {
            Decision::Approved(expires_at) => expires_at,
            Decision::Refused(reason) => {
                cx.log(EventLevel::Warn, &reason);
                super::note(cx, found.id, &reason).await?;
                return refuse(cx, &Registration { failure: Some(reason), ..found }).await;
            }
        };
        let registrar = registrar(cx)?;
        let failure = |error: RegistrarError| if error.is_temporary() { later(cx, &error) } else { StepError::fail(rules::sentence(&error)) };
        let code = AuthCode::random();
        let sealed = secrets::seal(&cx.services().key, found.id, &code)?;
        let change = DomainChange { contact: Some(found.contact_id.clone()), code: Some(code), ..DomainChange::default() };
        registrar.update(&found.name, &change).await.map_err(failure)?;
        // Its name servers stay what they are: whoever moves a domain does not want its site to go offline.
        let here = registrar.info(&found.name, None).await.map_err(failure)?;
        let name_servers = here.map(|domain| domain.name_servers).unwrap_or_default();
        let mut tx = cx.begin().await?;
        queries::set_code(tx.conn(), found.id, &sealed).await?;
        queries::set_name_servers(tx.conn(), found.id, &name_servers).await?;
        tx.commit_progress().await?;
        take_over(cx, saga.registration, expires_at).await
    }

    async fn undo(_: &StepContext, _: &TransferDomain, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("A transferred domain can't be given back."))
    }
}
