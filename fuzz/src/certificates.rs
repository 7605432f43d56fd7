//! Certificates and keys, as `crates/adapters` reads them.

#[allow(dead_code, reason = "not all of it reads")]
#[path = "../../crates/adapters/src/acme/certificate.rs"]
mod certificate;
/// What must hold of them.
#[path = "../../crates/adapters/src/acme/hostile.rs"]
pub mod hostile;
