//! A registry inside this process, for tests.

use super::{
    AuthCode, Availability, ContactData, DomainChange, DomainInfo, NewDomain, Registrar, RegistrarError, RegistryMessage, RestoreReport, Transfer,
    TransferStatus, types::LOCK,
};
use async_trait::async_trait;
use chrono::{Months, NaiveDate, TimeDelta};
use model::Time;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

/// What time it is for a registry.
pub type Now = Arc<dyn Fn() -> Time + Send + Sync>;

/// How it fails the next request that changes something, or all requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not respond until the fault is removed.
    Down,
    /// It refuses the next change with this reason.
    Refuses(String),
    /// It carries out the next change, and its answer is lost.
    AnswerLost,
    /// Our account there has no credit until the fault is removed.
    NoCredit,
}

/// The registry.
pub struct FakeRegistrar {
    now: Now,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    fault: Option<Fault>,
    domains: BTreeMap<String, FakeDomain>,
    contacts: BTreeMap<String, ContactData>,
    premium: Vec<String>,
    /// What the other registrar says of a transfer when it is next asked about.
    answer: Option<bool>,
    messages: VecDeque<RegistryMessage>,
    /// Whether a restored domain waits for its report.
    wants_reports: bool,
    sent: u32,
    changes: Vec<String>,
}

struct FakeDomain {
    is_ours: bool,
    is_locked: bool,
    registrant: String,
    name_servers: Vec<String>,
    code: AuthCode,
    expires_at: Time,
    is_in_redemption: bool,
    is_auto_renewed: bool,
    is_restore_pending: bool,
    transfer: Option<Transfer>,
}

impl FakeRegistrar {
    /// Without domains.
    pub fn new(now: Now) -> Self {
        Self { now, state: Mutex::default() }
    }

    /// How it fails from now on.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.state(|state| state.fault = fault);
    }

    /// This name is another registrar's, and leaves it with this code.
    pub fn add_foreign(&self, name: &str, code: &str, expires_at: Time) {
        let domain = FakeDomain {
            is_ours: false,
            is_locked: false,
            registrant: "OTHER-1".to_owned(),
            name_servers: vec!["ns1.elsewhere.test".to_owned()],
            code: AuthCode::new(code),
            expires_at,
            is_in_redemption: false,
            is_auto_renewed: false,
            is_restore_pending: false,
            transfer: None,
        };
        self.state(|state| state.domains.insert(name.to_owned(), domain));
    }

    /// This name has a price of its own.
    pub fn add_premium(&self, name: &str) {
        self.state(|state| state.premium.push(name.to_owned()));
    }

    /// The other registrar decides a transfer. An approved one of a domain that is ours takes it away.
    pub fn decide_transfer(&self, name: &str, is_approved: bool) {
        self.state(|state| {
            if let Some(domain) = state.domains.get_mut(name) {
                domain.decide(is_approved);
            }
            state.tell(name, if is_approved { "Transfer approved." } else { "Transfer rejected." });
        });
    }

    /// The other registrar approves each transfer when it is next asked about.
    pub fn approve_when_asked(&self) {
        self.state(|state| state.answer = Some(true));
    }

    /// The other registrar refuses each transfer when it is next asked about.
    pub fn reject_when_asked(&self) {
        self.state(|state| state.answer = Some(false));
    }

    /// The other registrar has said nothing yet when it is asked about a transfer.
    pub fn decide_later(&self) {
        self.state(|state| state.answer = None);
    }

    /// Whoever has the domain now gives it this code.
    pub fn set_code(&self, name: &str, code: &str) {
        self.state(|state| {
            if let Some(domain) = state.domains.get_mut(name) {
                domain.code = AuthCode::new(code);
            }
        });
    }

    /// The registry says for a while that a domain is ours, or another registrar's.
    pub fn set_ours(&self, name: &str, is_ours: bool) {
        self.state(|state| {
            if let Some(domain) = state.domains.get_mut(name) {
                domain.is_ours = is_ours;
            }
        });
    }

    /// The registry renews a domain that has ended by itself.
    pub fn auto_renew(&self, name: &str) {
        self.state(|state| {
            if let Some(domain) = state.domains.get_mut(name) {
                domain.is_auto_renewed = true;
                domain.expires_at = later(domain.expires_at, 1);
            }
        });
    }

    /// Another registrar asks for a domain.
    pub fn begin_departure(&self, name: &str) {
        let transfer = pending(&*self.now, false);
        self.state(|state| {
            if let Some(domain) = state.domains.get_mut(name) {
                domain.transfer = Some(transfer);
            }
            state.tell(name, "Transfer requested.");
        });
    }

    /// The registry deletes a domain that was not renewed; it can be brought back for a time.
    pub fn expire(&self, name: &str) {
        self.state(|state| {
            if let Some(domain) = state.domains.get_mut(name) {
                domain.is_in_redemption = true;
            }
        });
    }

    /// A domain is restored only once it was reported on.
    pub fn want_reports(&self) {
        self.state(|state| state.wants_reports = true);
    }

    /// What was changed so far, one line a change: `create NAME`, `renew NAME` ...
    pub fn changes(&self) -> Vec<String> {
        self.state(|state| state.changes.clone())
    }

    /// The code of a domain.
    pub fn code(&self, name: &str) -> Option<AuthCode> {
        self.state(|state| state.domains.get(name).map(|domain| domain.code.clone()))
    }

    /// The data of a contact.
    pub fn contact(&self, id: &str) -> Option<ContactData> {
        self.state(|state| state.contacts.get(id).cloned())
    }

    fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> Result<T, RegistrarError>) -> Result<T, RegistrarError> {
        self.state(|state| {
            state.check_down()?;
            look(state)
        })
    }

    /// Carries a change out unless a fault is in the way; `line` is what is remembered of it.
    fn change<T>(&self, line: String, change: impl FnOnce(&mut State) -> Result<T, RegistrarError>) -> Result<T, RegistrarError> {
        self.state(|state| {
            state.check_down()?;
            if state.fault == Some(Fault::NoCredit) {
                return Err(RegistrarError::of_result(2104, "Billing failure".to_owned(), ""));
            }
            if let Some(Fault::Refuses(reason)) = state.fault.take_if(|fault| matches!(fault, Fault::Refuses(_))) {
                return Err(RegistrarError::Refused { code: 2306, reason });
            }
            let done = change(state)?;
            state.changes.push(line);
            match state.fault.take_if(|fault| *fault == Fault::AnswerLost) {
                Some(_) => Err(RegistrarError::SessionLost { reason: "the connection was closed".to_owned() }),
                None => Ok(done),
            }
        })
    }
}

impl State {
    fn check_down(&self) -> Result<(), RegistrarError> {
        if self.fault == Some(Fault::Down) {
            return Err(RegistrarError::Temporary { reason: "connection refused".to_owned() });
        }
        Ok(())
    }

    fn tell(&mut self, name: &str, text: &str) {
        self.sent += 1;
        self.messages.push_back(RegistryMessage { id: self.sent.to_string(), text: text.to_owned(), domain: Some(name.to_owned()) });
    }

    fn own(&mut self, name: &str) -> Result<&mut FakeDomain, RegistrarError> {
        let domain = self.domains.get_mut(name).ok_or_else(|| RegistrarError::NotFound { name: name.to_owned() })?;
        if domain.is_ours { Ok(domain) } else { Err(refused(2201, "Authorization error")) }
    }
}

impl FakeDomain {
    fn decide(&mut self, is_approved: bool) {
        let Some(transfer) = &mut self.transfer else { return };
        transfer.status = if is_approved { TransferStatus::Approved } else { TransferStatus::Rejected };
        if is_approved {
            self.is_ours = transfer.is_ours;
            self.expires_at = later(self.expires_at, 1);
        }
    }

    fn is_pending(&self) -> bool {
        self.transfer.as_ref().is_some_and(|transfer| transfer.status == TransferStatus::Pending)
    }
}

fn later(time: Time, years: u8) -> Time {
    time.checked_add_months(Months::new(12 * u32::from(years))).unwrap_or(time)
}

fn pending(now: &(dyn Fn() -> Time + Send + Sync), is_ours: bool) -> Transfer {
    let now = now();
    Transfer { status: TransferStatus::Pending, is_ours, requested_at: now, decides_at: now + TimeDelta::days(5) }
}

fn refused(code: u16, reason: &str) -> RegistrarError {
    RegistrarError::Refused { code, reason: reason.to_owned() }
}

#[async_trait]
impl Registrar for FakeRegistrar {
    async fn check(&self, names: &[String]) -> Result<Vec<Availability>, RegistrarError> {
        self.read(|state| {
            let one = |name: &String| {
                let is_available = !state.domains.contains_key(name);
                let reason = (!is_available).then(|| "In use".to_owned());
                Availability { name: name.clone(), is_available, reason, is_premium: state.premium.contains(name) }
            };
            Ok(names.iter().map(one).collect())
        })
    }

    async fn info(&self, name: &str, _: Option<&AuthCode>) -> Result<Option<DomainInfo>, RegistrarError> {
        self.read(|state| {
            Ok(state.domains.get(name).map(|domain| DomainInfo {
                name: name.to_owned(),
                is_ours: domain.is_ours,
                statuses: [(domain.is_locked, LOCK), (domain.is_pending(), "pendingTransfer")]
                    .into_iter()
                    .filter_map(|(is_set, status)| is_set.then(|| status.to_owned()))
                    .collect(),
                grace_statuses: [
                    (domain.is_in_redemption, "redemptionPeriod"),
                    (domain.is_restore_pending, "pendingRestore"),
                    (domain.is_auto_renewed, "autoRenewPeriod"),
                ]
                .into_iter()
                .filter_map(|(is_set, status)| is_set.then(|| status.to_owned()))
                .collect(),
                registrant: Some(domain.registrant.clone()),
                contacts: Vec::new(),
                name_servers: domain.name_servers.clone(),
                expires_at: Some(domain.expires_at),
            }))
        })
    }

    async fn create(&self, domain: &NewDomain) -> Result<(), RegistrarError> {
        let expires_at = later((self.now)(), domain.years);
        self.change(format!("create {}", domain.name), |state| {
            if state.domains.contains_key(&domain.name) {
                return Err(RegistrarError::NotAvailable { reason: "Object exists".to_owned() });
            }
            let new = FakeDomain {
                is_ours: true,
                is_locked: false,
                registrant: domain.contact.clone(),
                name_servers: domain.name_servers.clone(),
                code: domain.code.clone(),
                expires_at,
                is_in_redemption: false,
                is_auto_renewed: false,
                is_restore_pending: false,
                transfer: None,
            };
            state.domains.insert(domain.name.clone(), new);
            Ok(())
        })
    }

    async fn delete(&self, name: &str) -> Result<(), RegistrarError> {
        self.change(format!("delete {name}"), |state| {
            let domain = state.own(name)?;
            if domain.is_auto_renewed {
                // The year that was added is taken back, and its holder can still have it restored.
                domain.is_auto_renewed = false;
                domain.is_in_redemption = true;
                domain.expires_at = domain.expires_at.checked_sub_months(Months::new(12)).unwrap_or(domain.expires_at);
            } else {
                state.domains.remove(name);
            }
            Ok(())
        })
    }

    async fn renew(&self, name: &str, expires_on: NaiveDate, years: u8) -> Result<(), RegistrarError> {
        self.change(format!("renew {name}"), |state| {
            let domain = state.own(name)?;
            if domain.is_in_redemption || domain.is_restore_pending {
                return Err(refused(2304, "Object status prohibits operation"));
            }
            if domain.expires_at.date_naive() != expires_on {
                return Err(refused(2306, "curExpDate is not the domain's"));
            }
            domain.expires_at = later(domain.expires_at, years);
            Ok(())
        })
    }

    async fn request_transfer(&self, name: &str, code: &AuthCode, _: u8) -> Result<Transfer, RegistrarError> {
        let transfer = pending(&*self.now, true);
        self.change(format!("transfer {name}"), |state| {
            let domain = state.domains.get_mut(name).ok_or_else(|| RegistrarError::NotFound { name: name.to_owned() })?;
            if domain.code != *code {
                return Err(refused(2202, "Invalid authorization information"));
            }
            if domain.is_pending() {
                return Err(refused(2300, "Object pending transfer"));
            }
            if domain.is_locked || domain.is_ours {
                return Err(refused(2304, "Object status prohibits operation"));
            }
            domain.transfer = Some(transfer.clone());
            Ok(transfer)
        })
    }

    async fn transfer(&self, name: &str, code: &AuthCode) -> Result<Option<Transfer>, RegistrarError> {
        self.state(|state| {
            state.check_down()?;
            let answer = state.answer;
            let Some(domain) = state.domains.get_mut(name) else { return Ok(None) };
            if domain.code != *code {
                return Err(refused(2202, "Invalid authorization information"));
            }
            if let Some(is_approved) = answer.filter(|_| domain.is_pending()) {
                domain.decide(is_approved);
            }
            Ok(domain.transfer.clone())
        })
    }

    async fn cancel_transfer(&self, name: &str) -> Result<(), RegistrarError> {
        self.change(format!("cancel {name}"), |state| match state.domains.get_mut(name) {
            Some(domain) if domain.is_pending() => {
                if domain.transfer.as_ref().is_some_and(|transfer| !transfer.is_ours) {
                    return Err(refused(2201, "Authorization error"));
                }
                if let Some(transfer) = &mut domain.transfer {
                    transfer.status = TransferStatus::Cancelled;
                }
                Ok(())
            }
            _ => Err(refused(2301, "Object not pending transfer")),
        })
    }

    async fn restore(&self, name: &str) -> Result<(), RegistrarError> {
        self.change(format!("restore {name}"), |state| {
            let is_restore_pending = state.wants_reports;
            let domain = state.own(name)?;
            if !domain.is_in_redemption {
                return Err(refused(2304, "Object status prohibits operation"));
            }
            domain.is_in_redemption = false;
            domain.is_restore_pending = is_restore_pending;
            Ok(())
        })
    }

    async fn report_restore(&self, name: &str, _: &RestoreReport) -> Result<(), RegistrarError> {
        self.change(format!("report {name}"), |state| {
            let domain = state.own(name)?;
            if !domain.is_restore_pending {
                return Err(refused(2304, "Object status prohibits operation"));
            }
            domain.is_restore_pending = false;
            Ok(())
        })
    }

    async fn update(&self, name: &str, change: &DomainChange) -> Result<(), RegistrarError> {
        self.change(format!("update {name}"), |state| {
            let domain = state.own(name)?;
            domain.is_locked = change.is_locked.unwrap_or(domain.is_locked);
            domain.name_servers = change.name_servers.clone().unwrap_or_else(|| domain.name_servers.clone());
            domain.registrant = change.contact.clone().unwrap_or_else(|| domain.registrant.clone());
            domain.code = change.code.clone().unwrap_or_else(|| domain.code.clone());
            Ok(())
        })
    }

    async fn save_contact(&self, id: &str, contact: &ContactData) -> Result<(), RegistrarError> {
        self.change(format!("contact {id}"), |state| {
            state.contacts.insert(id.to_owned(), contact.clone());
            Ok(())
        })
    }

    async fn poll(&self) -> Result<Option<RegistryMessage>, RegistrarError> {
        self.read(|state| Ok(state.messages.front().cloned()))
    }

    async fn acknowledge(&self, message: &str) -> Result<(), RegistrarError> {
        self.read(|_| Ok(()))?;
        self.state(|state| state.messages.retain(|one| one.id != message));
        Ok(())
    }
}
