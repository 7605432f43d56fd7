//! What must hold of any text that is taken for a certificate with its chain, or for a key.

use super::certificate::{SigningRequest, read_chain};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Any text: refused, or read so that an agent takes what it is written as, and a page can show what is said of it.
pub fn text(text: &str) {
    if let Ok(read) = read_chain(text) {
        assert!(wire::certificate::CertificateChain::new(&*read.chain).is_ok());
        assert_eq!(read_chain(&read.chain).map(|again| again.chain), Ok(read.chain.clone()));
        assert!(!read.issuer.chars().any(char::is_control) && read.issuer.chars().count() <= 200);
        assert!(read.names.iter().all(|name| wire::DomainName::new(name.strip_prefix("*.").unwrap_or(name)).is_ok()));
        let _ = read.covers(["a.example.test"]);
    }
    if let Ok(key) = SigningRequest::with_key(text) {
        assert!(SigningRequest::with_key(&key.key()).is_ok());
        let _ = key.request(&["a.example.test".to_owned()]);
    }
}

/// The same for any bytes in the two forms that such texts have.
pub fn bytes(bytes: &[u8]) {
    let letters = STANDARD.encode(bytes);
    for label in ["CERTIFICATE", "PRIVATE KEY"] {
        text(&format!("-----BEGIN {label}-----\n{letters}\n-----END {label}-----\n"));
    }
}
