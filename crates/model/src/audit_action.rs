//! Actions of the audit log. Each is declared by its module.

use crate::UnknownValue;

/// What happened, in the past tense, as in §7 of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuditAction(&'static str);

/// Declares the audit actions of a module.
macro_rules! actions {
    ($($(#[$meta:meta])* $name:ident = $word:literal),* $(,)?) => {
        #[allow(non_upper_case_globals, reason = "they are the values of a set")]
        impl $crate::audit_action::AuditAction {
            $($(#[$meta])* pub const $name: Self = Self::declared($word);)*
        }

        pub(super) const AUDIT_ACTIONS: &[$crate::audit_action::AuditAction] = &[$($crate::audit_action::AuditAction::$name),*];
    };
}
pub(crate) use actions;

impl AuditAction {
    pub(crate) const fn declared(word: &'static str) -> Self {
        Self(word)
    }

    /// All actions, by area and module.
    pub fn all() -> impl Iterator<Item = Self> {
        use crate::{administration, billing, hosting, overview, security};
        let areas = [administration::AUDIT_ACTIONS, billing::AUDIT_ACTIONS, hosting::AUDIT_ACTIONS, overview::AUDIT_ACTIONS, security::AUDIT_ACTIONS];
        areas.into_iter().flatten().copied().flatten().copied()
    }

    /// The stored value.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl std::fmt::Display for AuditAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::str::FromStr for AuditAction {
    type Err = UnknownValue;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::all().find(|action| action.0 == word).ok_or_else(|| UnknownValue { set: "AuditAction", word: word.to_owned() })
    }
}

impl serde::Serialize for AuditAction {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> serde::Deserialize<'de> for AuditAction {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        word.parse().map_err(serde::de::Error::custom)
    }
}
