//! A pod's passwords: made once when it is ordered, sealed before they are used, so that every repeat uses the same ones.

use super::{queries, websites::environment_queries as variables};
use engine::{
    Result, Services,
    secrets::{MasterKey, new_token},
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
        let plain = serde_json::to_vec(self).map_err(anyhow::Error::from)?;
        Ok(key.seal(&place(pod), &plain).map_err(anyhow::Error::from)?)
    }

    pub(super) fn open(key: &MasterKey, pod: CloudPodId, sealed: &[u8]) -> Result<Self> {
        let plain = key.open(&place(pod), sealed).map_err(anyhow::Error::from)?;
        Ok(serde_json::from_slice(&plain).map_err(anyhow::Error::from)?)
    }
}

/// Seals all pods' secrets with the present key; says how many.
pub(crate) async fn reseal(services: &Services) -> Result<usize> {
    let mut tx = services.db.system("command line").await?;
    let (mut after, mut count) = (CloudPodId(uuid::Uuid::nil()), 0);
    loop {
        let pods = queries::sealed(tx.conn(), after).await?;
        let Some((last, _)) = pods.last() else { break };
        after = *last;
        for (pod, sealed) in &pods {
            let anew = PodSecrets::open(&services.key, *pod, sealed)?.seal(&services.key, *pod)?;
            queries::reseal(tx.conn(), *pod, &anew).await?;
        }
        count += pods.len();
    }
    tx.commit_progress().await?;
    Ok(count)
}

/// Seals the key of a site's certificate.
pub(crate) fn seal_site_key(key: &MasterKey, certificate: Uuid, pem: &str) -> Result<Vec<u8>> {
    Ok(key.seal(&place_of_certificate(certificate), pem.as_bytes()).map_err(anyhow::Error::from)?)
}

/// Opens what [`seal_site_key`] made.
pub(crate) fn open_site_key(key: &MasterKey, certificate: Uuid, sealed: &[u8]) -> Result<String> {
    let plain = key.open(&place_of_certificate(certificate), sealed).map_err(anyhow::Error::from)?;
    Ok(String::from_utf8(plain).map_err(anyhow::Error::from)?)
}

/// Seals the values of a set of environment variables.
pub(super) fn seal_environment(key: &MasterKey, set: Uuid, values: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let plain = serde_json::to_vec(values).map_err(anyhow::Error::from)?;
    Ok(key.seal(&place_of_environment(set), &plain).map_err(anyhow::Error::from)?)
}

/// Opens what [`seal_environment`] made.
pub(super) fn open_environment(key: &MasterKey, set: Uuid, sealed: &[u8]) -> Result<BTreeMap<String, String>> {
    let plain = key.open(&place_of_environment(set), sealed).map_err(anyhow::Error::from)?;
    Ok(serde_json::from_slice(&plain).map_err(|_| anyhow::anyhow!("sealed environment variables are not a map"))?)
}

/// Seals all environment variables with the present key; says how many sets.
pub(super) async fn reseal_environments(services: &Services) -> Result<usize> {
    let mut tx = services.db.system("command line").await?;
    let (mut after, mut count) = (Uuid::nil(), 0);
    loop {
        let sets = variables::sealed(tx.conn(), after).await?;
        let Some((last, _)) = sets.last() else { break };
        after = *last;
        for (set, sealed) in &sets {
            let anew = seal_environment(&services.key, *set, &open_environment(&services.key, *set, sealed)?)?;
            variables::reseal(tx.conn(), *set, &anew).await?;
        }
        count += sets.len();
    }
    tx.commit_progress().await?;
    Ok(count)
}

fn place_of_environment(set: Uuid) -> String {
    format!("site_environment:{set}")
}

fn place_of_certificate(certificate: Uuid) -> String {
    format!("ssl_certificate:{certificate}")
}

fn place(pod: CloudPodId) -> String {
    format!("cloud_pod:{pod}")
}
