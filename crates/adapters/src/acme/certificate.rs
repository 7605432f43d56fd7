//! Keys, requests, and what comes back: read strictly, whoever sends it.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use model::Time;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use sha2::{Digest, Sha256};
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer};

/// Longest chain that is read.
const MAX_BYTES: usize = 64 << 10;
/// Longest common name (X.520).
const MAX_COMMON_NAME: usize = 64;
/// Most certificates in one.
const MAX_CERTIFICATES: usize = 10;

/// Why a certificate, or its key, cannot be used. Never says what was in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidCertificate(pub &'static str);

/// A certificate with those that lead to a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// All of them in PEM, in one form whoever wrote them.
    pub chain: String,
    /// Names that it is for, in lower case, sorted.
    pub names: Vec<String>,
    /// Who has issued it, for people.
    pub issuer: String,
    /// Its serial number in hex.
    pub serial: String,
    /// SHA-256 of the certificate itself in hex, as browsers show it.
    pub fingerprint: String,
    /// Valid from.
    pub not_before: Time,
    /// Valid until.
    pub not_after: Time,
    public_key: Vec<u8>,
}

impl IssuedCertificate {
    /// Whether this is its key.
    pub fn has_key(&self, request: &SigningRequest) -> bool {
        self.public_key == request.public_key
    }

    /// Whether it is for all of these names. One with a wildcard is for each name one level below.
    pub fn covers<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        let has = |name: &str| {
            let wildcard = name.split_once('.').map(|(_, above)| format!("*.{above}"));
            self.names.iter().any(|covered| covered == name || Some(covered) == wildcard.as_ref())
        };
        names.into_iter().all(has)
    }
}

/// Reads a chain; the first certificate is the site's.
///
/// # Errors
/// Says what is wrong with it.
pub fn read_chain(text: &str) -> Result<IssuedCertificate, InvalidCertificate> {
    let parts = blocks(text)?;
    let first = parts.first().ok_or(InvalidCertificate("there is no certificate in it"))?;
    let mut issuer_of_previous: Option<Vec<u8>> = None;
    for der in &parts {
        let certificate = parse(der)?;
        if issuer_of_previous.is_some_and(|issuer| issuer != certificate.subject().as_raw()) {
            return Err(InvalidCertificate("its certificates do not follow from each other"));
        }
        issuer_of_previous = Some(certificate.issuer().as_raw().to_vec());
    }
    let leaf = parse(first)?;
    let time = |at: x509_parser::time::ASN1Time| {
        DateTime::from_timestamp(at.timestamp(), 0).map(Time::from).ok_or(InvalidCertificate("its validity cannot be read"))
    };
    Ok(IssuedCertificate {
        chain: parts.iter().map(|der| pem("CERTIFICATE", der)).collect(),
        names: names(&leaf)?,
        issuer: issuer(&leaf),
        serial: hex::encode(leaf.raw_serial()),
        fingerprint: fingerprint(first),
        not_before: time(leaf.validity().not_before)?,
        not_after: time(leaf.validity().not_after)?,
        public_key: leaf.public_key().raw.to_vec(),
    })
}

/// The first certificate of a chain.
pub(crate) fn first_der(chain: &str) -> Option<Vec<u8>> {
    blocks(chain).ok()?.into_iter().next()
}

/// All certificates of a chain.
pub(crate) fn all_der(chain: &str) -> Vec<Vec<u8>> {
    blocks(chain).unwrap_or_default()
}

/// SHA-256 of a certificate in hex.
pub(crate) fn fingerprint(der: &[u8]) -> String {
    hex::encode(Sha256::digest(der))
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>, InvalidCertificate> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(InvalidCertificate("it is not a certificate")),
    }
}

fn names(leaf: &X509Certificate<'_>) -> Result<Vec<String>, InvalidCertificate> {
    let found = leaf.subject_alternative_name().map_err(|_| InvalidCertificate("its names cannot be read"))?;
    let general = found.iter().flat_map(|extension| &extension.value.general_names);
    let mut names: Vec<String> = general
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        // What is no host name is of no use to a site, and must not reach a page or a statement.
        .filter(|name| wire::DomainName::new(name.strip_prefix("*.").unwrap_or(name)).is_ok())
        .collect();
    names.sort();
    names.dedup();
    if names.is_empty() { Err(InvalidCertificate("it is for no host name")) } else { Ok(names) }
}

/// The organization and the common name, in one line that can be stored and shown.
fn issuer(leaf: &X509Certificate<'_>) -> String {
    let name = leaf.issuer();
    let words = name.iter_organization().chain(name.iter_common_name()).filter_map(|part| part.as_str().ok());
    let line: String = words.collect::<Vec<_>>().join(" ").chars().filter(|sign| !sign.is_control()).take(200).collect();
    if line.trim().is_empty() { "Unknown".to_owned() } else { line }
}

/// The certificates of a text in PEM. Text around them is a comment, as CAs write some.
fn blocks(text: &str) -> Result<Vec<Vec<u8>>, InvalidCertificate> {
    if text.len() > MAX_BYTES {
        return Err(InvalidCertificate("it is longer than 64 KiB"));
    }
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some((_, after)) = rest.split_once("-----BEGIN CERTIFICATE-----") {
        let (body, behind) = after.split_once("-----END CERTIFICATE-----").ok_or(InvalidCertificate("a certificate in it has no end"))?;
        let letters: String = body.chars().filter(|sign| !sign.is_ascii_whitespace()).collect();
        found.push(STANDARD.decode(letters).map_err(|_| InvalidCertificate("a certificate in it is not base64"))?);
        if found.len() > MAX_CERTIFICATES {
            return Err(InvalidCertificate("it has more than 10 certificates"));
        }
        rest = behind;
    }
    Ok(found)
}

fn pem(label: &str, der: &[u8]) -> String {
    let letters = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in letters.as_bytes().chunks(64) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

/// A new key, or one that was kept, and what is asked for with it.
pub struct SigningRequest {
    key: KeyPair,
    public_key: Vec<u8>,
}

impl SigningRequest {
    /// With a new key: ECDSA on P-256, which every client of the last ten years takes, at a tenth of the work of RSA.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new() -> Result<Self, InvalidCertificate> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| InvalidCertificate("no key could be made"))?;
        Ok(Self { public_key: key.subject_public_key_info(), key })
    }

    /// With a key in PEM.
    ///
    /// # Errors
    /// When it is none.
    pub fn with_key(text: &str) -> Result<Self, InvalidCertificate> {
        let key = KeyPair::from_pem(text).map_err(|_| InvalidCertificate("it is not a private key"))?;
        Ok(Self { public_key: key.subject_public_key_info(), key })
    }

    /// The key in PEM (PKCS #8). Call it only where it is sealed or written to its destination.
    pub fn key(&self) -> String {
        pem("PRIVATE KEY", self.key.serialized_der())
    }

    /// The request for these names in DER.
    ///
    /// # Errors
    /// When one of them is no host name.
    pub fn request(&self, names: &[String]) -> Result<Vec<u8>, InvalidCertificate> {
        self.signed(names, DistinguishedName::new())
    }

    /// The request for these names in PEM, as people hand it to a CA. The first name is its common name too, without which some CAs do not take it.
    ///
    /// # Errors
    /// When one of them is no host name.
    pub fn request_text(&self, names: &[String]) -> Result<String, InvalidCertificate> {
        let mut subject = DistinguishedName::new();
        if let Some(name) = names.first().filter(|name| name.len() <= MAX_COMMON_NAME) {
            subject.push(DnType::CommonName, name.as_str());
        }
        Ok(pem("CERTIFICATE REQUEST", &self.signed(names, subject)?))
    }

    fn signed(&self, names: &[String], subject: DistinguishedName) -> Result<Vec<u8>, InvalidCertificate> {
        let mut params = CertificateParams::new(names.to_vec()).map_err(|_| InvalidCertificate("one of the names is no host name"))?;
        params.distinguished_name = subject;
        let request = params.serialize_request(&self.key).map_err(|_| InvalidCertificate("the request could not be signed"))?;
        Ok(request.der().to_vec())
    }
}

/// A certificate for a name that nobody trusts, and its key, both in PEM: for a server that has no other one yet.
///
/// # Errors
/// When the name is no host name, or the system has no random numbers.
pub fn self_signed(name: &str) -> Result<(String, String), InvalidCertificate> {
    let request = SigningRequest::new()?;
    let params = CertificateParams::new(vec![name.to_owned()]).map_err(|_| InvalidCertificate("the name is no host name"))?;
    let made = params.self_signed(&request.key).map_err(|_| InvalidCertificate("it could not be signed"))?;
    Ok((pem("CERTIFICATE", made.der()), request.key()))
}

impl std::fmt::Debug for SigningRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningRequest(hidden)")
    }
}
