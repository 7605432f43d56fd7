//! A site's certificate with its key: one file that only root reads, beside the virtual hosts.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};
use wire::SiteName;
use wire::certificate::SiteCertificate;
use wire::plan::Change;
use wire::spec::SiteSpec;

use crate::error::Result;
use crate::host::files;
use crate::host::names::PodNames;
use crate::render::tls;

use super::{Managed, PartStatus};

/// The certificate of one site, where it has one.
pub struct Certificate {
    wanted: Option<(Managed, PartStatus, String)>,
}

/// What tells a certificate with its key from every other. Says nothing about the key.
pub fn fingerprint(certificate: &SiteCertificate) -> String {
    hex::encode(&Sha256::digest(text(certificate).as_bytes())[..12])
}

fn text(certificate: &SiteCertificate) -> String {
    format!("{}{}", certificate.chain.as_str(), certificate.key.expose())
}

impl Certificate {
    /// Compares the file and who may read it.
    pub fn inspect(names: &PodNames, site: &SiteSpec) -> Self {
        let wanted = site.certificate.as_ref().map(|certificate| {
            let fingerprint = fingerprint(certificate);
            let file = Managed { mode: 0o600, ..Managed::new(names.certificate(&site.name, &fingerprint), text(certificate)) };
            let status = match file.status() {
                PartStatus::Matches if !is_private(&file.path) => PartStatus::Differs,
                status => status,
            };
            (file, status, fingerprint)
        });
        Self { wanted }
    }

    /// As a line of the plan: by the fingerprint, never the key.
    pub fn change(&self) -> Option<Change> {
        self.wanted.as_ref().map(|(_, status, fingerprint)| status.change("certificate", fingerprint.as_str()))
    }

    /// Puts it in place; durable after the next flush.
    pub fn write(&self) -> Result<()> {
        match &self.wanted {
            Some((file, status, _)) if status.has_change() => file.write(),
            _ => Ok(()),
        }
    }

    /// Removes those of the site that its virtual host does not name.
    pub fn remove_others(&self, names: &PodNames, vhost: &Path, site: &SiteName) -> Result<()> {
        let found = names.certificates_found(Some(site));
        if found.is_empty() {
            return Ok(());
        }
        // What cannot be read may name any of them.
        let Some(in_use) = files::read_text(vhost).and_then(|text| tls::certificates_of(&text)) else { return Ok(()) };
        found.into_iter().filter(|path| !in_use.contains(path)).map(|path| files::remove(&path).map(drop)).collect()
    }
}

fn is_private(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.uid() == 0 && found.mode() & 0o777 == 0o600)
}
