//! A pod's passwords: made once when it is ordered, sealed before they are used, so that every repeat uses the same ones.

use super::{queries, websites::environment_queries as variables};
use engine::{
    Result, Services,
    secrets::{self, MasterKey, new_token},
};
use model::ids::CloudPodId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What only workers open.
#[derive(Serialize, Deserialize)]
pub(super) struct PodSecrets {
    pub(super) database_password: String,
    pub(super) admin_email: String,
    pub(super) admin_user: String,
    pub(super) admin_password: String,
}

impl PodSecrets {
    /// New ones for a new pod.
    pub(super) fn new(admin_email: &str) -> Self {
        Self { database_password: new_token(), admin_email: admin_email.to_owned(), admin_user: "admin".to_owned(), admin_password: new_token() }
    }

    pub(super) fn seal(&self, key: &MasterKey, pod: CloudPodId) -> Result<Vec<u8>> {
        Ok(key.seal_json(&place(pod), self)?)
    }

    pub(super) fn open(key: &MasterKey, pod: CloudPodId, sealed: &[u8]) -> Result<Self> {
        Ok(key.open_json(&place(pod), sealed)?)
    }
}

/// Seals all pods' secrets with the present key; says how many.
pub(crate) async fn reseal(services: &Services) -> Result<usize> {
    secrets::reseal::<queries::SealedPods>(services, |pod, _| place(*pod)).await
}

/// Seals the key of a site's certificate.
pub(crate) fn seal_site_key(key: &MasterKey, certificate: Uuid, pem: &str) -> Result<Vec<u8>> {
    Ok(key.seal_text(&place_of_certificate(certificate), pem)?)
}

/// Opens what [`seal_site_key`] made.
pub(crate) fn open_site_key(key: &MasterKey, certificate: Uuid, sealed: &[u8]) -> Result<String> {
    Ok(key.open_text(&place_of_certificate(certificate), sealed)?)
}

/// Seals the values of a set of environment variables.
pub(super) fn seal_environment(key: &MasterKey, set: Uuid, values: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    Ok(key.seal_json(&place_of_environment(set), values)?)
}

/// Opens what [`seal_environment`] made.
pub(super) fn open_environment(key: &MasterKey, set: Uuid, sealed: &[u8]) -> Result<BTreeMap<String, String>> {
    Ok(key.open_json(&place_of_environment(set), sealed)?)
}

/// Seals all environment variables with the present key; says how many sets.
pub(super) async fn reseal_environments(services: &Services) -> Result<usize> {
    secrets::reseal::<variables::SealedSets>(services, |set, _| place_of_environment(*set)).await
}

fn place_of_environment(set: Uuid) -> String {
    format!("site_environment:{set}")
}

/// What the keys of a certificate are sealed for.
pub(crate) fn place_of_certificate(certificate: Uuid) -> String {
    format!("ssl_certificate:{certificate}")
}

fn place(pod: CloudPodId) -> String {
    format!("cloud_pod:{pod}")
}
