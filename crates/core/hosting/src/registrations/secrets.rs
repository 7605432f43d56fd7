//! Authorization codes, sealed.

use super::queries;
use adapters::registrar::AuthCode;
use engine::{
    Result, Services,
    secrets::{self, MasterKey},
};
use model::ids::DomainRegistrationId;

fn place(id: DomainRegistrationId) -> String {
    format!("domain_code:{id}")
}

pub(super) fn seal(key: &MasterKey, id: DomainRegistrationId, code: &AuthCode) -> Result<Vec<u8>> {
    Ok(key.seal_text(&place(id), code.expose())?)
}

pub(super) fn open(key: &MasterKey, id: DomainRegistrationId, sealed: &[u8]) -> Result<AuthCode> {
    Ok(AuthCode::new(key.open_text(&place(id), sealed)?))
}

/// Seals all codes with the present key; says how many.
pub(super) async fn reseal(services: &Services) -> Result<usize> {
    secrets::reseal::<queries::SealedCodes>(services, |id, _| place(*id)).await
}
