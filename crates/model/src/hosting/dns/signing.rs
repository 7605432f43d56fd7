//! DNSSEC of a zone.

use crate::Time;
use serde::{Deserialize, Serialize};

/// Algorithm of the zones' keys: ECDSA P-256 with SHA-256.
pub const ALGORITHM: u8 = 13;
/// Kind of the digest in the DS records that are shown: SHA-256.
pub const DIGEST_TYPE: u8 = 2;

crate::text_enum! {
    /// How far DNSSEC of a zone is, as last seen.
    DnssecStatus {
        /// A name server does not return the zone's key yet.
        Signing = "SIGNING",
        /// All name servers sign; the parent has no DS record.
        WaitingForDs = "WAITING_FOR_DS",
        /// The parent's DS record is of this key.
        Secured = "SECURED",
        /// The parent has DS records, none of them of this key: resolvers that validate refuse the domain.
        Mismatch = "MISMATCH",
        /// It is turned off once no resolver can have the DS record any more.
        TurningOff = "TURNING_OFF",
    }
}

/// DNSSEC of a zone that is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DnssecView {
    /// How far it is.
    pub status: DnssecStatus,
    /// Tag of the key.
    pub key_tag: u16,
    /// SHA-256 digest of the key in hexadecimal digits, as in the DS record.
    pub digest: String,
    /// The public key in base64, for registrars that ask for it.
    pub public_key: String,
    /// From when on the DS record can be entered: resolvers have no unsigned answers any more. Nothing until all name servers sign.
    pub ds_from: Option<Time>,
    /// DS records that the parent has, as zone files have them.
    pub at_parent: Vec<String>,
    /// When the parent was last looked up.
    pub checked_at: Option<Time>,
    /// Why that failed the last time.
    pub error: Option<String>,
    /// When it is turned off, unless the parent has a DS record then; nothing while it has one, or none was asked for.
    pub off_at: Option<Time>,
    /// The key that is to take its place, while that is under way.
    pub rollover: Option<RolloverView>,
}

crate::text_enum! {
    /// How far the replacement of a zone's key is, as last seen.
    RolloverStatus {
        /// A name server does not sign with the new key yet.
        Signing = "SIGNING",
        /// All name servers sign with both keys; the parent has no DS record of the new one.
        WaitingForDs = "WAITING_FOR_DS",
        /// The parent has the DS records of both keys.
        RemoveOldDs = "REMOVE_OLD_DS",
        /// The parent has that of the new key only; resolvers may have the old one yet.
        Retiring = "RETIRING",
    }
}

/// The key that is to take the place of a zone's present one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RolloverView {
    /// How far it is.
    pub status: RolloverStatus,
    /// Tag of the new key.
    pub key_tag: u16,
    /// SHA-256 digest of the new key in hexadecimal digits, as in the DS record.
    pub digest: String,
    /// The new public key in base64.
    pub public_key: String,
    /// From when on its DS record can take the place of the old one's: resolvers have no answers any more that only the old key has signed. Nothing
    /// until all name servers sign with both.
    pub ds_from: Option<Time>,
    /// When the old key goes, unless the parent has its DS record again; nothing while it has it.
    pub ends_at: Option<Time>,
}

impl RolloverView {
    /// The new DS record for the parent, as zone files have it.
    pub fn ds(&self) -> String {
        format!("{} {ALGORITHM} {DIGEST_TYPE} {}", self.key_tag, self.digest)
    }
}

impl DnssecView {
    /// The DS record for the parent, as zone files have it.
    pub fn ds(&self) -> String {
        format!("{} {ALGORITHM} {DIGEST_TYPE} {}", self.key_tag, self.digest)
    }
}
