//! A CA, reached by instant-acme.

use super::{
    AccountKey, AcmeError, CertificateAuthority, DnsChallenge, HttpChallenge, PlacedOrder, RenewalWindow, certificate,
    http::{Http, HttpError},
};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::DateTime;
use instant_acme::{
    Account, AccountCredentials, AuthorizationHandle, AuthorizationStatus, CertificateIdentifier, ChallengeHandle, ChallengeType, Error,
    ExternalAccountKey, Identifier, NewAccount, NewOrder, Order, OrderStatus, Problem, RetryPolicy,
};
use model::Time;
use rustls::pki_types::CertificateDer;
use std::time::Duration;

/// Longest that one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a CA may look at the answers, and sign. It tells when to ask again.
const POLL: RetryPolicy = RetryPolicy::new().initial_delay(Duration::from_millis(250)).timeout(Duration::from_secs(90));
/// Longest reason that is shown.
const MAX_REASON_CHARS: usize = 400;

/// An account that a CA already has a customer for.
#[derive(Clone, Debug)]
pub struct ExternalAccount {
    /// Its id at the CA.
    pub id: String,
    /// Its key for HMAC, as the CA gives it: base64url.
    pub key: String,
}

/// Where a CA is, and who asks.
#[derive(Clone, Debug)]
pub struct AcmeConfig {
    /// Address of its directory.
    pub directory_url: String,
    /// Where it writes to about the account.
    pub contact: String,
    /// For CAs that only serve customers.
    pub external_account: Option<ExternalAccount>,
    /// What CAA records call it, for a CA whose directory does not say.
    pub caa_identities: Vec<String>,
}

/// What is read of a CA's directory here.
#[derive(serde::Deserialize)]
struct Directory {
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    #[serde(default)]
    caa_identities: Vec<String>,
}

/// A CA.
pub struct AcmeAuthority {
    config: AcmeConfig,
    name: String,
    http: Http,
}

impl AcmeAuthority {
    /// `root` is a further root (PEM) that the CA's own server may prove itself with: for a private CA.
    ///
    /// # Errors
    /// When the address or the root cannot be read.
    pub fn new(config: AcmeConfig, root: Option<&str>) -> anyhow::Result<Self> {
        let url = reqwest::Url::parse(&config.directory_url)?;
        anyhow::ensure!(url.scheme() == "https", "the directory of a certificate authority is reached over https://");
        let name = url.host_str().unwrap_or_default().to_owned();
        let mut http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(REQUEST_TIMEOUT).https_only(true);
        if let Some(root) = root {
            http = http.tls_certs_merge([reqwest::Certificate::from_pem(root.as_bytes())?]);
        }
        Ok(Self { config, name, http: Http(http.build()?) })
    }

    async fn account(&self, key: &AccountKey) -> Result<Account, AcmeError> {
        let credentials: AccountCredentials = serde_json::from_str(key.expose()).map_err(|_| self.refused("the stored account cannot be read"))?;
        let builder = Account::builder_with_http(Box::new(self.http.clone()));
        builder.from_credentials(credentials).await.map_err(|error| self.failed(error))
    }

    async fn open(&self, account: &AccountKey, order: &str) -> Result<Order, AcmeError> {
        self.account(account).await?.order(order.to_owned()).await.map_err(|error| self.failed(error))
    }

    fn refused(&self, reason: &str) -> AcmeError {
        AcmeError::Refused { ca: self.name.clone(), reason: reason.to_owned() }
    }

    fn unavailable(&self, reason: &str) -> AcmeError {
        AcmeError::Unavailable { ca: self.name.clone(), reason: reason.to_owned() }
    }

    fn failed(&self, error: Error) -> AcmeError {
        let ca = self.name.clone();
        match error {
            Error::Api(problem) => self.problem(&problem),
            Error::Other(inner) => match inner.downcast::<HttpError>().map(|error| *error) {
                Ok(HttpError::RateLimited { reason, retry_after }) => AcmeError::RateLimited { ca, reason, retry_after },
                Ok(HttpError::Unavailable(reason)) => AcmeError::Unavailable { ca, reason },
                Err(other) => AcmeError::Unavailable { ca, reason: line(&other.to_string()) },
            },
            Error::Timeout(_) => self.unavailable("it did not finish in time"),
            other => AcmeError::Unavailable { ca, reason: line(&other.to_string()) },
        }
    }

    /// Why it opened no account. Where it does so for its own customers alone, it is said what to do about that.
    fn not_opened(&self, error: Error) -> AcmeError {
        let kind = if let Error::Api(problem) = &error { kind(problem).to_owned() } else { String::new() };
        let hint = match (&self.config.external_account, &*kind) {
            // Customers read this too: by which account the platform is known there is not said.
            (Some(_), "externalAccountRequired" | "unauthorized" | "malformed") => "it does not accept the external account",
            (None, "externalAccountRequired") => "it issues for its own customers only",
            _ => return self.failed(error),
        };
        match self.failed(error) {
            AcmeError::Refused { ca, reason } => {
                let remedy = "set external_account.id and external_account.key as it shows them to its customer";
                AcmeError::Refused { ca, reason: format!("{hint}: {remedy} ({reason})") }
            }
            other => other,
        }
    }

    fn problem(&self, problem: &Problem) -> AcmeError {
        let ca = self.name.clone();
        let kind = kind(problem);
        let mut reason = problem.detail.clone().unwrap_or_else(|| kind.to_owned());
        for part in &problem.subproblems {
            reason.push_str(&format!("; {part}"));
        }
        let reason = line(&reason);
        match kind {
            "rateLimited" => AcmeError::RateLimited { ca, reason, retry_after: None },
            "serverInternal" | "badNonce" => AcmeError::Unavailable { ca, reason },
            _ => AcmeError::Refused { ca, reason },
        }
    }

    /// The way by which a name is proved.
    fn challenge<'a>(&self, found: &'a mut AuthorizationHandle<'a>, by_dns: &[String]) -> Result<ChallengeHandle<'a>, AcmeError> {
        let (kind, way) = match by_dns.contains(&found.identifier().to_string()) {
            true => (ChallengeType::Dns01, "by DNS"),
            false => (ChallengeType::Http01, "over HTTP"),
        };
        found.challenge(kind).ok_or_else(|| self.refused(&format!("it does not verify names {way}")))
    }

    /// Why an order is not valid: what the CA says about the first name that it could not verify.
    async fn why_invalid(&self, account: &AccountKey, order: &str) -> AcmeError {
        match self.first_error(account, order).await {
            Ok(Some((name, reason))) => AcmeError::NotVerified { ca: self.name.clone(), name, reason },
            Ok(None) => self.refused("the order is not valid any more"),
            Err(error) => error,
        }
    }

    async fn first_error(&self, account: &AccountKey, order: &str) -> Result<Option<(String, String)>, AcmeError> {
        let mut order = self.open(account, order).await?;
        let mut authorizations = order.authorizations();
        while let Some(found) = authorizations.next().await {
            let found = found.map_err(|error| self.failed(error))?;
            if let Some(problem) = found.challenges.iter().find_map(|challenge| challenge.error.as_ref()) {
                let reason = line(problem.detail.as_deref().unwrap_or("no reason was given"));
                return Ok(Some((found.identifier().to_string(), reason)));
            }
        }
        Ok(None)
    }
}

/// The kind of a problem, without what all kinds begin with.
fn kind(problem: &Problem) -> &str {
    problem.r#type.as_deref().and_then(|kind| kind.rsplit(':').next()).unwrap_or_default()
}

/// Words of another system in one line that can be stored and shown.
pub(super) fn line(text: &str) -> String {
    text.chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .take(MAX_REASON_CHARS)
        .collect::<String>()
        .trim()
        .trim_end_matches('.')
        .to_owned()
}

#[async_trait]
impl CertificateAuthority for AcmeAuthority {
    fn directory_url(&self) -> &str {
        &self.config.directory_url
    }

    async fn open_account(&self) -> Result<AccountKey, AcmeError> {
        let contact = format!("mailto:{}", self.config.contact);
        let new = NewAccount { contact: &[&contact], terms_of_service_agreed: true, only_return_existing: false };
        let external = match &self.config.external_account {
            Some(external) => {
                let key = URL_SAFE_NO_PAD
                    .decode(external.key.trim_end_matches('='))
                    .map_err(|_| self.refused("external_account.key is not base64url: set it as the certificate authority shows it"))?;
                Some(ExternalAccountKey::new(external.id.clone(), &key))
            }
            None => None,
        };
        let builder = Account::builder_with_http(Box::new(self.http.clone()));
        let made = builder.create(&new, self.config.directory_url.clone(), external.as_ref()).await;
        let (_, credentials) = made.map_err(|error| self.not_opened(error))?;
        serde_json::to_string(&credentials).map(AccountKey::new).map_err(|_| self.refused("the account cannot be stored"))
    }

    async fn identities(&self) -> Result<Vec<String>, AcmeError> {
        if !self.config.caa_identities.is_empty() {
            return Ok(self.config.caa_identities.clone());
        }
        let directory: Directory = self.http.get_json(&self.config.directory_url).await.map_err(|error| self.failed(error))?;
        Ok(directory.meta.caa_identities)
    }

    async fn order(&self, account: &AccountKey, names: &[String], by_dns: &[String], replaces: Option<&str>) -> Result<PlacedOrder, AcmeError> {
        let account = self.account(account).await?;
        let identifiers: Vec<Identifier> = names.iter().cloned().map(Identifier::Dns).collect();
        let replaced = replaces.and_then(leaf);
        let replaced = replaced.as_ref().and_then(|der| CertificateIdentifier::try_from(der).ok());
        let ordered = match replaced {
            // A CA that knows nothing of renewals, or of this certificate, is asked for one like any other.
            Some(replaced) => match account.new_order(&NewOrder::new(&identifiers).replaces(replaced)).await {
                Err(Error::Unsupported(_) | Error::Api(_)) => account.new_order(&NewOrder::new(&identifiers)).await,
                // Nor is one left out that takes the order and does not say what it replaces.
                Err(Error::Other(ref other)) if !other.is::<HttpError>() => account.new_order(&NewOrder::new(&identifiers)).await,
                ordered => ordered,
            },
            None => account.new_order(&NewOrder::new(&identifiers)).await,
        };
        let mut order = ordered.map_err(|error| self.failed(error))?;
        let (mut challenges, mut records) = (Vec::new(), Vec::new());
        let mut authorizations = order.authorizations();
        while let Some(found) = authorizations.next().await {
            let mut found = found.map_err(|error| self.failed(error))?;
            if found.status != AuthorizationStatus::Pending {
                continue;
            }
            let name = found.identifier().to_string();
            let challenge = self.challenge(&mut found, by_dns)?;
            let answer = challenge.key_authorization();
            if by_dns.contains(&name) {
                records.push(DnsChallenge::of(&name, answer.dns_value()));
            } else {
                challenges.push(HttpChallenge { name, token: challenge.token.clone(), answer: answer.as_str().to_owned() });
            }
        }
        Ok(PlacedOrder { url: order.url().to_owned(), challenges, records })
    }

    async fn validate(&self, account: &AccountKey, url: &str, by_dns: &[String]) -> Result<(), AcmeError> {
        let mut order = self.open(account, url).await?;
        match order.state().status {
            OrderStatus::Ready | OrderStatus::Processing | OrderStatus::Valid => return Ok(()),
            OrderStatus::Invalid => return Err(self.why_invalid(account, url).await),
            OrderStatus::Pending => {}
        }
        let mut authorizations = order.authorizations();
        while let Some(found) = authorizations.next().await {
            let mut found = found.map_err(|error| self.failed(error))?;
            if found.status != AuthorizationStatus::Pending {
                continue;
            }
            let mut challenge = self.challenge(&mut found, by_dns)?;
            challenge.set_ready().await.map_err(|error| self.failed(error))?;
        }
        match order.poll_ready(&POLL).await {
            Ok(OrderStatus::Ready) => Ok(()),
            Ok(_) => Err(self.why_invalid(account, url).await),
            Err(Error::Api(problem)) => match self.why_invalid(account, url).await {
                AcmeError::Refused { .. } => Err(self.problem(&problem)),
                better => Err(better),
            },
            Err(error) => Err(self.failed(error)),
        }
    }

    async fn finalize(&self, account: &AccountKey, url: &str, request: &[u8]) -> Result<String, AcmeError> {
        let mut order = self.open(account, url).await?;
        match order.state().status {
            OrderStatus::Ready => order.finalize_csr(request).await.map_err(|error| self.failed(error))?,
            OrderStatus::Processing | OrderStatus::Valid => {}
            OrderStatus::Pending | OrderStatus::Invalid => return Err(self.why_invalid(account, url).await),
        }
        order.poll_certificate(&POLL).await.map_err(|error| self.failed(error))
    }

    async fn renewal_window(&self, account: &AccountKey, chain: &str) -> Result<Option<RenewalWindow>, AcmeError> {
        let Some(der) = leaf(chain) else { return Ok(None) };
        let Ok(id) = CertificateIdentifier::try_from(&der) else { return Ok(None) };
        match self.account(account).await?.renewal_info(&id).await {
            Ok((info, _)) => {
                let time = |at: time::OffsetDateTime| DateTime::from_timestamp(at.unix_timestamp(), 0).map(Time::from);
                let window = time(info.suggested_window.start).zip(time(info.suggested_window.end));
                Ok(window.map(|(start, end)| RenewalWindow { start, end }))
            }
            // It has no such thing, or does not know this certificate.
            Err(Error::Unsupported(_) | Error::Str(_) | Error::Api(_)) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }
}

fn leaf(chain: &str) -> Option<CertificateDer<'static>> {
    certificate::first_der(chain).map(CertificateDer::from)
}

#[cfg(test)]
mod tests {
    use super::Directory;

    #[test]
    fn a_directory_says_what_caa_records_call_its_ca_or_does_not() {
        let said = r#"{"newOrder": "https://ca.test/order", "meta": {"caaIdentities": ["ca.test"], "website": "https://ca.test"}}"#;
        for (text, identities) in [(said, vec!["ca.test"]), (r#"{"meta": {}}"#, vec![]), (r#"{"newOrder": ""}"#, vec![])] {
            assert_eq!(serde_json::from_str::<Directory>(text).unwrap().meta.caa_identities, identities, "{text}");
        }
    }
}
