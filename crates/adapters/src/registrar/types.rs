//! What is said to registries, and what they say.

use model::Time;

/// The status by which a registrar keeps a domain from being transferred away (RFC 5731).
pub(super) const LOCK: &str = "clientTransferProhibited";
/// The characters of a new code; every registry asks for letters, digits and a sign.
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/// The code by which the holder of a domain can transfer it to another registrar. No readable `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthCode(String);

impl AuthCode {
    /// From what a customer has typed, or [`AuthCode::expose`] gave.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A new one: 16 characters, with a digit and a sign.
    pub fn random() -> Self {
        let letters: String = (0..13).filter_map(|_| LETTERS.get(rand::random_range(0..LETTERS.len()))).map(|letter| char::from(*letter)).collect();
        Self(format!("{letters}-{}k", rand::random_range(2..10)))
    }

    /// The text itself. Call it only where it is sealed, sent to the registry or shown to the domain's holder.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for AuthCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthCode(hidden)")
    }
}

/// Whether a name can be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Availability {
    /// The name.
    pub name: String,
    /// Whether it can.
    pub is_available: bool,
    /// Why it cannot, where the registry says so.
    pub reason: Option<String>,
    /// Whether the registry asks another price for it than for others (RFC 8748).
    pub is_premium: bool,
}

/// Who holds a domain (RFC 5733).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactData {
    /// Of the person.
    pub name: String,
    /// Of the company.
    pub organization: Option<String>,
    /// Street and number.
    pub street: String,
    /// City.
    pub city: String,
    /// State or province.
    pub province: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Two letters of ISO 3166.
    pub country: String,
    /// As registries write it: `+49.301234567`.
    pub phone: String,
    /// Email address.
    pub email: String,
}

/// A domain that is to be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDomain {
    /// The name.
    pub name: String,
    /// For how long.
    pub years: u8,
    /// The id of its contact, which no other registration has.
    pub contact: String,
    /// Its name servers; none are set where there are none.
    pub name_servers: Vec<String>,
    /// By which it can be transferred away.
    pub code: AuthCode,
}

/// What a registry has of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainInfo {
    /// The name.
    pub name: String,
    /// Whether the domain is in our account at the registry.
    pub is_ours: bool,
    /// Statuses of RFC 5731.
    pub statuses: Vec<String>,
    /// Statuses of RFC 3915.
    pub grace_statuses: Vec<String>,
    /// The id of the holder's contact.
    pub registrant: Option<String>,
    /// Further contacts: what each is for, and its id.
    pub contacts: Vec<(String, String)>,
    /// In lower case, as the registry orders them.
    pub name_servers: Vec<String>,
    /// When the registration ends.
    pub expires_at: Option<Time>,
}

impl DomainInfo {
    /// Whether it cannot be transferred away.
    pub fn is_locked(&self) -> bool {
        self.has(LOCK)
    }

    /// Whether a transfer is under way.
    pub fn is_being_transferred(&self) -> bool {
        self.has("pendingTransfer")
    }

    /// Whether it was deleted and can still be brought back.
    pub fn is_in_redemption(&self) -> bool {
        self.grace_statuses.iter().any(|status| status == "redemptionPeriod")
    }

    /// Whether it was deleted: it is in none of the zones of its registry, whether it can be restored or not, or waits for that.
    pub fn is_deleted(&self) -> bool {
        ["redemptionPeriod", "pendingRestore", "pendingDelete"].iter().any(|deleted| self.grace_statuses.iter().any(|status| status == deleted))
    }

    /// Whether the registry restores it, and waits for the report of it.
    pub fn is_restore_pending(&self) -> bool {
        self.grace_statuses.iter().any(|status| status == "pendingRestore")
    }

    /// Whether the registry has renewed it by itself, and takes that back when it is deleted now.
    pub fn is_auto_renewed(&self) -> bool {
        self.grace_statuses.iter().any(|status| status == "autoRenewPeriod")
    }

    fn has(&self, status: &str) -> bool {
        self.statuses.iter().any(|one| one == status)
    }
}

/// What is changed of a domain; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DomainChange {
    /// Keep it from being transferred away, or let it go.
    pub is_locked: Option<bool>,
    /// All of its name servers from now on.
    pub name_servers: Option<Vec<String>>,
    /// The id of its contact from now on.
    pub contact: Option<String>,
    /// Its code from now on.
    pub code: Option<AuthCode>,
}

/// How a transfer stands (RFC 5730 §2.9.3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferStatus {
    /// The other registrar can still refuse.
    Pending,
    /// The other registrar, or the time that it had, has agreed.
    Approved,
    /// The other registrar has refused.
    Rejected,
    /// It was taken back, by us or by the registry.
    Cancelled,
}

/// A transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// How it stands.
    pub status: TransferStatus,
    /// Whether it was us who asked for the domain.
    pub is_ours: bool,
    /// When.
    pub requested_at: Time,
    /// When it was decided, or will be by itself.
    pub decides_at: Time,
}

/// What a registrar reports of a domain that it has restored (RFC 3915 §4.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoreReport {
    /// When it was deleted.
    pub deleted_at: Time,
    /// When the registry was asked to restore it.
    pub restored_at: Time,
}

/// A message of the registry's queue (RFC 5730 §2.9.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryMessage {
    /// By which it is acknowledged.
    pub id: String,
    /// In the registry's words.
    pub text: String,
    /// The domain that it is about, where it says so.
    pub domain: Option<String>,
}
