//! DNS zones: records, their history, and the name servers that serve them.

use crate::{
    Time,
    ids::{DomainId, ServerId, TenantId},
};
use serde::{Deserialize, Serialize};

mod signing;
mod templates;

pub use signing::{ALGORITHM, DIGEST_TYPE, DnssecStatus, DnssecView, RolloverStatus, RolloverView};
pub use templates::{
    CustomTemplateInput, CustomTemplateRow, CustomTemplateView, DnsTemplate, Propagation, PropagationAnswer, TemplateVariable, TemplateView,
};

crate::module! {
    ids {
        /// A DNS zone.
        DnsZoneId,
    }
    permissions {
        /// View DNS zones and their history.
        DnsRead "dns:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER];
        /// Create and change DNS zones.
        DnsWrite "dns:write" write covers DnsRead [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER];
        /// Delete DNS zones.
        DnsDelete "dns:delete" step_up covers DnsRead [SUPER_ADMIN, PLATFORM_ADMIN, TENANT_OWNER, TENANT_ADMIN];
        /// Add and remove name servers.
        DnsManage "dns:manage" write covers DnsRead [SUPER_ADMIN, PLATFORM_ADMIN];
    }
    audit {
        /// A DNS zone was created, changed or deleted.
        DnsChanged = "DNS_CHANGED",
        /// A server was made a name server.
        NameServerAdded = "NAME_SERVER_ADDED",
        /// A server is no longer a name server.
        NameServerRemoved = "NAME_SERVER_REMOVED",
        /// A DNS template was created, changed or deleted.
        DnsTemplateChanged = "DNS_TEMPLATE_CHANGED",
    }
}

/// Fewest name servers of a zone: one of them can be down.
pub const MIN_NAME_SERVERS: usize = 2;

/// TTL of a record that is given none, in seconds; equals `wire::zone::DEFAULT_TTL`.
pub const DEFAULT_TTL: u32 = 3600;

crate::text_enum! {
    /// Type of a record.
    RecordType {
        /// An IPv4 address.
        A = "A",
        /// An IPv6 address.
        Aaaa = "AAAA",
        /// Alias (canonical name).
        Cname = "CNAME",
        /// Mail server of a domain.
        Mx = "MX",
        /// Text.
        Txt = "TXT",
        /// Host and port of a service.
        Srv = "SRV",
        /// Certificate authorities that may issue for a name.
        Caa = "CAA",
        /// Delegation to a name server.
        Ns = "NS",
        /// Pointer to another name, as in reverse DNS.
        Ptr = "PTR",
        /// SSH host key fingerprint.
        Sshfp = "SSHFP",
        /// Certificate association of a TLS service (DANE).
        Tlsa = "TLSA",
        /// Delegation signer: digest of a delegated zone's DNSSEC key.
        Ds = "DS",
        /// How a website is reached: protocols, addresses, or an alias also for the domain itself (RFC 9460).
        Https = "HTTPS",
        /// The same for other services.
        Svcb = "SVCB",
        /// The addresses of another name, also for the domain itself. Name servers answer with A and AAAA records.
        Alias = "ALIAS",
    }
}

impl RecordType {
    /// What a value of this type looks like, for people.
    pub const fn value_help(self) -> &'static str {
        match self {
            Self::A => "Enter one IPv4 address, such as 192.0.2.10.",
            Self::Aaaa => "Enter one IPv6 address, such as 2001:db8::10.",
            Self::Cname | Self::Ns | Self::Ptr => "Enter one name, such as shop.example.com.",
            Self::Alias => {
                "Enter one name, such as shop.example.com. Its addresses are looked up every minute; resolvers keep them for 5 minutes at most."
            }
            Self::Mx => "Enter a preference and a name, such as 10 mail.example.com.",
            Self::Txt => "Enter the text, with or without quotes.",
            Self::Srv => "Enter priority, weight, port and name, such as 10 5 5060 sip.example.com.",
            Self::Caa => "Enter flags, tag and value, such as 0 issue \"letsencrypt.org\".",
            Self::Sshfp => "Enter algorithm, type and fingerprint, such as 4 2 and 64 hexadecimal digits.",
            Self::Tlsa => "Enter usage, selector, matching type and data, such as 3 1 1 and 64 hexadecimal digits.",
            Self::Ds => "Enter key tag, algorithm, digest type and digest.",
            Self::Https | Self::Svcb => {
                "Enter priority, target and parameters, such as 1 . alpn=h3,h2. Priority 0 is an alias, such as 0 shop.example.net."
            }
        }
    }
}

/// A record of a zone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DnsRecord {
    /// Its name relative to the zone; `@` is the zone itself.
    pub name: String,
    /// Its type.
    pub kind: RecordType,
    /// TTL in seconds, 60 to 604,800.
    pub ttl: u32,
    /// Its value in zone-file form.
    pub value: String,
}

crate::text_enum! {
    /// What a change does to a record.
    ChangeOp {
        /// Adds it.
        Add = "ADD",
        /// Removes it.
        Remove = "REMOVE",
    }
}

/// A change of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordChange {
    /// What it does.
    pub op: ChangeOp,
    /// The record.
    pub record: DnsRecord,
}

/// What a change would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ZonePlan {
    /// Records that would be removed, added or changed.
    pub lines: Vec<PlanLine>,
    /// How many records are unchanged.
    pub kept: u64,
    /// Why the result would be invalid, for people. Only a plan without any can be applied.
    pub faults: Vec<String>,
    /// What of the result would lead nowhere, for people. It can be applied all the same.
    pub warnings: Vec<String>,
    /// Version of the zone that it is based on.
    pub version: i32,
}

/// What an import would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImportPlan {
    /// The difference.
    pub plan: ZonePlan,
    /// The zone file that was parsed.
    pub text: String,
}

/// A record that would be different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlanLine {
    /// The record's name relative to the zone.
    pub name: String,
    /// Its type.
    pub kind: RecordType,
    /// Its current value and TTL; nothing for an added record.
    pub before: Option<String>,
    /// Its new value and TTL; nothing for a removed record.
    pub after: Option<String>,
}

/// A zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ZoneView {
    /// The domain.
    pub domain: DomainId,
    /// Its name as DNS has it.
    pub name: String,
    /// Its name as people write it.
    pub display_name: String,
    /// The zone, once created.
    pub zone: Option<ZoneContent>,
    /// Why it cannot be created, for people.
    pub obstacle: Option<String>,
    /// Names of all name servers, for the registrar; sorted.
    pub name_servers: Vec<String>,
}

/// A zone's records, and what its name servers serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ZoneContent {
    /// The desired serial.
    pub serial: u32,
    /// Version of the records; changes that are based on an older one are refused.
    pub version: i32,
    /// The records without the generated ones: SOA, and the zone's own NS records.
    pub records: Vec<DnsRecord>,
    /// What each name server serves.
    pub servers: Vec<ZoneServer>,
    /// DNSSEC, where it is on.
    pub dnssec: Option<DnssecView>,
    /// What its ALIAS records lead to.
    pub aliases: Vec<AliasView>,
}

/// What the target of ALIAS records leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AliasView {
    /// The target, as in the records' values.
    pub target: String,
    /// The addresses that name servers answer.
    pub addresses: Vec<String>,
    /// When it was last looked up.
    pub checked_at: Time,
    /// Why that gave no address; those of before stay.
    pub error: Option<String>,
}

impl ZoneContent {
    /// Whether there are enough name servers and all of them serve the desired serial.
    pub fn is_in_sync(&self) -> bool {
        self.servers.len() >= MIN_NAME_SERVERS && self.servers.iter().all(|server| server.is_in_sync(self.serial))
    }
}

/// What a name server serves of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ZoneServer {
    /// The name server.
    pub name: String,
    /// The serial that it returned last, if it had the zone.
    pub seen_serial: Option<u32>,
    /// When it last responded.
    pub seen_at: Option<Time>,
    /// Since when it has not served the desired serial.
    pub behind_since: Option<Time>,
    /// Why not.
    pub error: Option<String>,
}

impl ZoneServer {
    /// Whether it returned this serial when last asked.
    pub fn is_in_sync(&self, serial: u32) -> bool {
        self.seen_serial == Some(serial) && self.error.is_none() && self.behind_since.is_none()
    }
}

/// A version of a zone's records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ZoneVersionRow {
    /// Id of the version.
    pub id: uuid::Uuid,
    /// Its number.
    pub version: i32,
    /// The serial that it was first published with.
    pub serial: u32,
    /// What was done.
    pub summary: String,
    /// By whom.
    pub made_by: String,
    /// When.
    pub at: Time,
    /// How many records it has.
    pub records: i64,
    /// Whether it is the current one.
    pub is_current: bool,
}

crate::text_enum! {
    /// Whether the name servers serve a zone as desired.
    ZoneStatus {
        /// At least two name servers exist and all serve the desired serial.
        InSync = "IN_SYNC",
        /// A name server does not serve the desired serial.
        Behind = "BEHIND",
        /// All name servers serve it, and there are fewer than two.
        TooFew = "TOO_FEW",
        /// It is being deleted from the name servers.
        Removing = "REMOVING",
    }
}

/// A zone in the list of staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ZoneRow {
    /// The zone.
    pub id: crate::ids::DnsZoneId,
    /// The domain.
    pub domain: DomainId,
    /// Its name as people write it.
    pub display_name: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// Name of that account.
    pub tenant_name: String,
    /// Whether it is in sync.
    pub status: ZoneStatus,
    /// The desired serial.
    pub serial: u32,
    /// How many name servers serve it.
    pub in_sync: i64,
    /// How many name servers should serve it.
    pub servers: i64,
    /// When it was created.
    pub created_at: Time,
}

/// A name server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NameServerRow {
    /// The server.
    pub server: ServerId,
    /// That server's name in the panel.
    pub server_name: String,
    /// Its name in the zones' NS records.
    pub name: String,
    /// Its public address.
    pub address: String,
    /// How many zones are in sync on it.
    pub in_sync: i64,
    /// How many zones are behind on it.
    pub behind: i64,
    /// What it has to answer; nothing until it was asked twice, or while it does not say.
    pub load: Option<NameServerLoad>,
}

/// What a name server has to answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NameServerLoad {
    /// Queries in a minute.
    pub queries_per_minute: i64,
    /// How many of them it could not answer (SERVFAIL).
    pub failures_per_minute: i64,
    /// How long an answer takes, in microseconds.
    pub latency_us: i64,
    /// When that was last counted.
    pub at: Time,
}

/// The name servers, and the servers that can become one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NameServersView {
    /// The name servers, by name.
    pub servers: Vec<NameServerRow>,
    /// Servers in service with the DNS capability that are not name servers: id and name.
    pub candidates: Vec<(ServerId, String)>,
}
