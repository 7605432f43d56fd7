//! A site's certificate with its key: one file that only root reads, beside the virtual hosts.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};
use wire::SiteName;
use wire::certificate::{CertificateChain, PrivateKey};
use wire::plan::Change;
use wire::spec::SiteSpec;

use crate::error::Result;
use crate::host::files;
use crate::host::names::PodNames;
use crate::render::tls;

use super::{Managed, PartStatus};

/// The certificates of one site: none, one, or one more for some of its names.
pub struct Certificate {
    wanted: Vec<(Managed, PartStatus, String)>,
}

/// What tells a certificate with its key from every other. Says nothing about the key.
pub fn fingerprint(chain: &CertificateChain, key: &PrivateKey) -> String {
    hex::encode(&Sha256::digest(text(chain, key).as_bytes())[..12])
}

fn text(chain: &CertificateChain, key: &PrivateKey) -> String {
    format!("{}{}", chain.as_str(), key.expose())
}

impl Certificate {
    /// Compares the files and who may read them.
    pub fn inspect(names: &PodNames, site: &SiteSpec) -> Self {
        let one = |chain: &CertificateChain, key: &PrivateKey| {
            let fingerprint = fingerprint(chain, key);
            let file = Managed { mode: 0o600, ..Managed::new(names.certificate(&site.name, &fingerprint), text(chain, key)) };
            let status = match file.status() {
                PartStatus::Matches if !is_private(&file.path) => PartStatus::Differs,
                status => status,
            };
            (file, status, fingerprint)
        };
        let certificate = site.certificate.as_ref();
        let also = certificate.and_then(|certificate| certificate.also.as_ref());
        let wanted = certificate.map(|main| one(&main.chain, &main.key)).into_iter().chain(also.map(|also| one(&also.chain, &also.key)));
        Self { wanted: wanted.collect() }
    }

    /// As lines of the plan: by the fingerprint, never the key.
    pub fn changes(&self) -> impl Iterator<Item = Change> {
        self.wanted.iter().map(|(_, status, fingerprint)| status.change("certificate", fingerprint.as_str()))
    }

    /// Puts them in place; durable after the next flush.
    pub fn write(&self) -> Result<()> {
        self.wanted.iter().filter(|(_, status, _)| status.has_change()).try_for_each(|(file, ..)| file.write())
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
