//! A CA inside this process, for tests: it looks at the answers as a visitor would, and signs.

use super::{AccountKey, AcmeError, CertificateAuthority, DnsChallenge, HttpChallenge, PlacedOrder, RenewalWindow, SigningRequest, read_chain};
use crate::visitor::Visitor;
use async_trait::async_trait;
use chrono::TimeDelta;
use model::Time;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, SanType,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What time it is for a CA.
pub type Now = Arc<dyn Fn() -> Time + Send + Sync>;

/// The texts of a name in DNS, as everybody is answered.
pub type Texts = Arc<dyn Fn(&str) -> Vec<String> + Send + Sync>;

/// How a CA is today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// It does what it is asked.
    #[default]
    Well,
    /// It does not respond.
    Down,
    /// It does not finish so many certificates in time; asked again it has them.
    Slow(u32),
    /// It takes no orders.
    RateLimited(Option<Duration>),
    /// It does not issue for this name.
    Refuses(String),
    /// It reaches this name over HTTP no better than through a closed firewall.
    Blocked(String),
}

/// The CA.
pub struct FakeAuthority {
    directory_url: String,
    visitor: Arc<dyn Visitor>,
    now: Now,
    issuer: CertifiedIssuer<'static, KeyPair>,
    state: Mutex<State>,
}

struct State {
    mood: Mood,
    lifetime: TimeDelta,
    window: Option<RenewalWindow>,
    identities: Vec<String>,
    texts: Option<Texts>,
    accounts: u32,
    orders: HashMap<String, FakeOrder>,
    placed: u32,
    issued: u32,
}

#[derive(Clone)]
struct FakeOrder {
    names: Vec<String>,
    replaces: Option<String>,
    is_valid: bool,
    chain: Option<String>,
}

impl FakeAuthority {
    /// With a root of its own.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new(directory_url: &str, visitor: Arc<dyn Visitor>, now: Now) -> anyhow::Result<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, format!("Root of {directory_url}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let host = directory_url.split('/').nth(2).unwrap_or_default();
        let state = State {
            mood: Mood::Well,
            lifetime: TimeDelta::days(90),
            window: None,
            identities: vec![host.to_owned()],
            texts: None,
            accounts: 0,
            orders: HashMap::new(),
            placed: 0,
            issued: 0,
        };
        Ok(Self { directory_url: directory_url.to_owned(), visitor, now, issuer, state: Mutex::new(state) })
    }

    /// Its root in PEM.
    pub fn root(&self) -> String {
        self.issuer.pem()
    }

    /// How it is from now on.
    pub fn set_mood(&self, mood: Mood) {
        self.state(|state| state.mood = mood);
    }

    /// How long its certificates are valid from now on.
    pub fn set_lifetime(&self, lifetime: TimeDelta) {
        self.state(|state| state.lifetime = lifetime);
    }

    /// When it wants its certificates to be renewed.
    pub fn set_window(&self, window: Option<RenewalWindow>) {
        self.state(|state| state.window = window);
    }

    /// What CAA records call it from now on: the host of its directory at first.
    pub fn set_identities(&self, identities: &[&str]) {
        self.state(|state| state.identities = identities.iter().map(|one| (*one).to_owned()).collect());
    }

    /// Where it looks for what is proved by DNS.
    pub fn set_texts(&self, texts: Texts) {
        self.state(|state| state.texts = Some(texts));
    }

    /// Orders that were placed so far, those included that it did not take.
    pub fn placed(&self) -> u32 {
        self.state(|state| state.placed)
    }

    /// A certificate for whoever brings a request by himself.
    ///
    /// # Errors
    /// When one of the names is no host name.
    pub fn sell(&self, request: &SigningRequest, names: &[String]) -> Result<String, AcmeError> {
        let order = FakeOrder { names: names.to_vec(), replaces: None, is_valid: true, chain: None };
        self.sign(&order, &request.request(names).map_err(|invalid| self.refused(invalid.0))?)
    }

    /// The same for a request in PEM, for all of its names.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn sell_for(&self, request: &str) -> Result<String, AcmeError> {
        let asked = CertificateSigningRequestParams::from_pem(request).map_err(|_| self.refused("the request cannot be read"))?;
        let names = asked.params.subject_alt_names.iter().filter_map(|name| Some(dns(name)?.to_owned())).collect();
        self.issue(&FakeOrder { names, replaces: None, is_valid: true, chain: None }, asked)
    }

    /// Certificates that were ordered and signed.
    pub fn issued(&self) -> u32 {
        self.state(|state| state.issued)
    }

    /// Accounts that were opened.
    pub fn accounts(&self) -> u32 {
        self.state(|state| state.accounts)
    }

    /// Whether one of its orders takes the place of another certificate.
    pub fn was_told_of_a_replacement(&self) -> bool {
        self.state(|state| state.orders.values().any(|order| order.replaces.is_some()))
    }

    fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn ca(&self) -> String {
        "fake CA".to_owned()
    }

    fn unavailable(&self, reason: &str) -> AcmeError {
        AcmeError::Unavailable { ca: self.ca(), reason: reason.to_owned() }
    }

    fn refused(&self, reason: &str) -> AcmeError {
        AcmeError::Refused { ca: self.ca(), reason: reason.to_owned() }
    }

    fn is_up(&self) -> Result<(), AcmeError> {
        if self.state(|state| state.mood == Mood::Down) { Err(self.unavailable("no connection")) } else { Ok(()) }
    }

    fn find(&self, order: &str) -> Result<FakeOrder, AcmeError> {
        self.state(|state| state.orders.get(order).cloned()).ok_or_else(|| self.refused("there is no such order"))
    }

    fn sign(&self, order: &FakeOrder, request: &[u8]) -> Result<String, AcmeError> {
        let invalid = |_| self.refused("the request cannot be read");
        self.issue(order, CertificateSigningRequestParams::from_der(&request.into()).map_err(invalid)?)
    }

    fn issue(&self, order: &FakeOrder, mut asked: CertificateSigningRequestParams) -> Result<String, AcmeError> {
        let names: Vec<String> = asked.params.subject_alt_names.iter().filter_map(|name| Some(dns(name)?.to_owned())).collect();
        if names != order.names {
            return Err(self.refused("the request is for other names than the order"));
        }
        let (now, lifetime) = ((self.now)(), self.state(|state| state.lifetime));
        let time = |at: Time| time::OffsetDateTime::from_unix_timestamp(at.timestamp()).map_err(|_| self.refused("the time cannot be written"));
        asked.params.not_before = time(now - TimeDelta::hours(1))?;
        asked.params.not_after = time(now + lifetime)?;
        asked.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        asked.params.use_authority_key_identifier_extension = true;
        let signed = asked.signed_by(&self.issuer).map_err(|_| self.refused("it cannot be signed"))?;
        Ok(signed.pem())
    }
}

fn dns(name: &SanType) -> Option<&str> {
    match name {
        SanType::DnsName(name) => Some(name.as_str()),
        _ => None,
    }
}

/// A token that tells the order and which of its names; the answer has it in it, as with a real CA.
fn challenges(order: u32, names: &[String]) -> Vec<HttpChallenge> {
    let one = |(at, name): (usize, &String)| {
        let token = format!("token-{order}-{at}");
        HttpChallenge { name: name.clone(), answer: format!("{token}.thumbprint"), token }
    };
    names.iter().enumerate().map(one).collect()
}

/// What a real CA would have as a hash.
fn dns_value(challenge: &HttpChallenge) -> String {
    format!("hash-of-{}", challenge.answer)
}

#[async_trait]
impl CertificateAuthority for FakeAuthority {
    fn directory_url(&self) -> &str {
        &self.directory_url
    }

    async fn open_account(&self) -> Result<AccountKey, AcmeError> {
        self.is_up()?;
        Ok(AccountKey::new(self.state(|state| {
            state.accounts += 1;
            format!("account {}", state.accounts)
        })))
    }

    async fn identities(&self) -> Result<Vec<String>, AcmeError> {
        Ok(self.state(|state| state.identities.clone()))
    }

    async fn order(&self, _: &AccountKey, names: &[String], by_dns: &[String], replaces: Option<&str>) -> Result<PlacedOrder, AcmeError> {
        let (mood, number) = self.state(|state| {
            state.placed += 1;
            (state.mood.clone(), state.placed)
        });
        match mood {
            Mood::RateLimited(retry_after) => {
                return Err(AcmeError::RateLimited { ca: self.ca(), reason: "too many certificates".to_owned(), retry_after });
            }
            Mood::Refuses(name) if names.contains(&name) => return Err(self.refused(&format!("policy forbids issuing for {name}"))),
            _ => self.is_up()?,
        }
        let url = format!("{}/order/{number}", self.directory_url);
        let order = FakeOrder { names: names.to_vec(), replaces: replaces.map(str::to_owned), is_valid: false, chain: None };
        self.state(|state| state.orders.insert(url.clone(), order));
        let (records, challenges): (Vec<_>, Vec<_>) = challenges(number, names).into_iter().partition(|one| by_dns.contains(&one.name));
        let records = records.into_iter().map(|one| DnsChallenge::of(&one.name, dns_value(&one))).collect();
        Ok(PlacedOrder { url, challenges, records })
    }

    async fn validate(&self, _: &AccountKey, order: &str, by_dns: &[String]) -> Result<(), AcmeError> {
        self.is_up()?;
        let found = self.find(order)?;
        let number = order.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or_default();
        for challenge in challenges(number, &found.names) {
            let path = format!("/.well-known/acme-challenge/{}", challenge.token);
            if by_dns.contains(&challenge.name) {
                let record = DnsChallenge::of(&challenge.name, dns_value(&challenge));
                let texts = self.state(|state| state.texts.clone()).map(|texts| texts(&record.record)).unwrap_or_default();
                if texts.contains(&record.value) {
                    continue;
                }
                let reason = format!("no such TXT record at {}", record.record);
                return Err(AcmeError::NotVerified { ca: self.ca(), name: challenge.name, reason });
            }
            if self.state(|state| state.mood == Mood::Blocked(challenge.name.clone())) {
                return Err(AcmeError::NotVerified { ca: self.ca(), name: challenge.name, reason: "timeout during connect".to_owned() });
            }
            let reason = match self.visitor.http(&challenge.name, &path).await {
                Ok(answer) if answer.status == 200 && answer.body == challenge.answer => continue,
                Ok(answer) => format!("HTTP {} and not the expected answer", answer.status),
                Err(error) => error.to_string(),
            };
            return Err(AcmeError::NotVerified { ca: self.ca(), name: challenge.name, reason });
        }
        self.state(|state| state.orders.get_mut(order).map(|order| order.is_valid = true));
        Ok(())
    }

    async fn finalize(&self, _: &AccountKey, order: &str, request: &[u8]) -> Result<String, AcmeError> {
        self.is_up()?;
        let found = self.find(order)?;
        if let Some(chain) = found.chain {
            return Ok(chain);
        }
        if !found.is_valid {
            return Err(self.refused("its names are not verified"));
        }
        let chain = self.sign(&found, request)?;
        let is_late = self.state(|state| {
            state.issued += 1;
            state.orders.get_mut(order).map(|order| order.chain = Some(chain.clone()));
            match &mut state.mood {
                Mood::Slow(times) if *times > 0 => {
                    *times -= 1;
                    true
                }
                _ => false,
            }
        });
        if is_late { Err(self.unavailable("it did not finish in time")) } else { Ok(chain) }
    }

    async fn renewal_window(&self, _: &AccountKey, chain: &str) -> Result<Option<RenewalWindow>, AcmeError> {
        self.is_up()?;
        read_chain(chain).map_err(|invalid| self.refused(invalid.0))?;
        Ok(self.state(|state| state.window))
    }
}
