//! Numbers of pods' system users.

use serde::{Deserialize, Serialize};

use crate::InvalidText;

/// Number of a pod's user and of its group, unique among all servers and never given twice. The range is one that neither Debian nor
/// systemd gives to anybody, and one rule of the firewall names it as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct PodUid(u32);

impl PodUid {
    /// The first number.
    pub const FIRST: u32 = 1_900_000_000;
    /// The last one.
    pub const LAST: u32 = 2_099_999_999;

    /// Takes a number of the range.
    pub fn new(number: u32) -> Result<Self, InvalidText> {
        match (Self::FIRST..=Self::LAST).contains(&number) {
            true => Ok(Self(number)),
            false => Err(InvalidText { what: "user number", why: "1900000000 to 2099999999" }),
        }
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for PodUid {
    type Error = InvalidText;
    fn try_from(number: u32) -> Result<Self, InvalidText> {
        Self::new(number)
    }
}

impl From<PodUid> for u32 {
    fn from(uid: PodUid) -> u32 {
        uid.0
    }
}
