//! The certificate authorities.

use adapters::{
    acme::{AcmeAuthority, AcmeConfig, Authorities, CERTIFICATES_PER_WEEK, CertificateAuthority, ExternalAccount},
    visitor::{Visitor, WebVisitor},
};
use anyhow::{Context, Result, bail};
use engine::Services;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::{path::PathBuf, sync::Arc};

/// Where certificates come from. Without a directory sites are served over HTTP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acme {
    /// Address of the CA's directory.
    pub directory_url: Option<String>,
    /// Address that the CA writes to.
    pub contact: Option<String>,
    /// Account that the CA knows already.
    pub external_account: Option<External>,
    /// What CAA records call the CA, where its directory does not say.
    #[serde(default)]
    pub caa_identities: Vec<String>,
    /// A further root in PEM that is trusted, for a private CA.
    pub root: Option<PathBuf>,
    /// How many certificates can be ordered in a week for names below `sites.base_domain`; [`CERTIFICATES_PER_WEEK`] where it is left out.
    pub certificates_per_week: Option<u32>,
    /// The CA that is asked when the first one does not work.
    pub fallback: Option<Fallback>,
}

/// An account that a CA knows already.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// Its id.
    pub id: String,
    /// Its key for HMAC, base64url.
    pub key: SecretString,
}

/// Another CA.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// Address of its directory.
    pub directory_url: String,
    /// Account that it knows already.
    pub external_account: Option<External>,
    /// What CAA records call it, where its directory does not say.
    #[serde(default)]
    pub caa_identities: Vec<String>,
}

impl Acme {
    /// Whether certificates are issued.
    pub fn is_configured(&self) -> bool {
        self.directory_url.is_some()
    }

    /// The rules between the fields.
    pub(super) fn check(&self, simulated: bool) -> Result<()> {
        let Some(first) = &self.directory_url else {
            let is_alone = self.contact.is_none() && self.external_account.is_none() && self.root.is_none() && self.fallback.is_none();
            if !is_alone || !self.caa_identities.is_empty() || self.certificates_per_week.is_some() {
                bail!("acme.directory_url is missing: without it no other key of acme has a meaning");
            }
            return Ok(());
        };
        if simulated {
            bail!("acme.directory_url cannot be used with simulated servers: they serve nothing over HTTPS");
        }
        let fallback = self.fallback.as_ref().map(|other| &other.directory_url);
        for url in std::iter::once(first).chain(fallback) {
            if !url.starts_with("https://") || url.len() > 500 || url.contains(['@', ' ']) {
                bail!("acme.directory_url must start with https://, for example https://acme-v02.api.letsencrypt.org/directory; it is {url:?}");
            }
        }
        if fallback == Some(first) {
            bail!("acme.fallback.directory_url must be another certificate authority's");
        }
        let of_fallback = self.fallback.as_ref().map(|other| other.caa_identities.as_slice()).unwrap_or_default();
        if let Some(wrong) = self.caa_identities.iter().chain(of_fallback).find(|identity| wire::DomainName::new(identity.as_str()).is_err()) {
            bail!("acme.caa_identities are domain names in lower case, for example letsencrypt.org; this is none: {wrong:?}");
        }
        if self.certificates_per_week == Some(0) {
            bail!("acme.certificates_per_week must be at least 1");
        }
        match &self.contact {
            Some(contact) if wire::Email::new(&**contact).is_ok() => Ok(()),
            _ => bail!("acme.contact must be the email address that the certificate authority writes to"),
        }
    }

    /// With what issues certificates, where it is configured.
    pub fn add_to(&self, services: Services) -> Result<Services> {
        let (Some(first), Some(contact)) = (&self.directory_url, &self.contact) else { return Ok(services) };
        let root = match &self.root {
            Some(path) => Some(std::fs::read_to_string(path).with_context(|| format!("cannot read acme.root {}", path.display()))?),
            None => None,
        };
        let authority = |url: &str, external: Option<&External>, identities: &[String]| -> Result<Arc<dyn CertificateAuthority>> {
            let external_account = external.map(|one| ExternalAccount { id: one.id.clone(), key: one.key.expose_secret().to_owned() });
            let (directory_url, caa_identities) = (url.to_owned(), identities.to_vec());
            let config = AcmeConfig { directory_url, contact: contact.clone(), external_account, caa_identities };
            Ok(Arc::new(AcmeAuthority::new(config, root.as_deref())?))
        };
        let other = match &self.fallback {
            Some(other) => Some(authority(&other.directory_url, other.external_account.as_ref(), &other.caa_identities)?),
            None => None,
        };
        let authorities = Authorities::new(authority(first, self.external_account.as_ref(), &self.caa_identities)?, other)
            .with_certificates_per_week(self.certificates_per_week.unwrap_or(CERTIFICATES_PER_WEEK));
        let visitor: Arc<dyn Visitor> = Arc::new(WebVisitor::new(root.as_deref(), &[])?);
        Ok(services.with(Arc::new(authorities)).with::<dyn Visitor>(visitor))
    }
}
