//! Certificates of sites.

use crate::{
    Time,
    ids::{CertificateId, CloudPodId, TenantId},
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// The certificate of a site.
        CertificateId,
    }
    permissions {
        /// View certificates.
        SslRead "ssl:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN, TENANT_DEVELOPER, TENANT_USER];
        /// Issue and renew certificates by hand, install one of one's own, and say for how long browsers insist on HTTPS.
        SslManage "ssl:manage" write covers SslRead [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, TENANT_OWNER, TENANT_ADMIN];
    }
    audit {
        /// A certificate was asked for or brought, by a person or because a site needs one.
        SslIssueRequested = "SSL_ISSUE_REQUESTED",
        /// A site has a certificate that it did not have before; visitors were seen to get it.
        SslIssued = "SSL_ISSUED",
        /// A site's certificate was renewed; visitors were seen to get the new one.
        SslRenewed = "SSL_RENEWED",
        /// A certificate could not be issued or renewed. The one that a site had is kept.
        SslFailed = "SSL_FAILED",
        /// A customer's own certificate is in use; visitors were seen to get it.
        SslInstalled = "SSL_INSTALLED",
        /// A key and a signing request (CSR) were made, for a certificate that the customer buys elsewhere.
        SslCsrCreated = "SSL_CSR_CREATED",
        /// A site's certificate is to be for a wildcard, or no longer.
        SslWildcardChanged = "SSL_WILDCARD_CHANGED",
        /// Browsers are told otherwise for how long to insist on HTTPS.
        HstsChanged = "HSTS_CHANGED",
    }
}

crate::text_enum! {
    /// How a site's certificate is.
    CertificateStatus {
        /// The site has none yet.
        Pending = "PENDING",
        /// It is valid, and will be renewed by itself; a customer's own is replaced in its last three days.
        Active = "ACTIVE",
        /// It is valid, and the last try to get one for all names of the site has failed.
        Failing = "FAILING",
        /// The site has none, and the last try has failed.
        Failed = "FAILED",
        /// It is not valid any more.
        Expired = "EXPIRED",
    }
}

impl CertificateStatus {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            CertificateStatus::Pending => "Pending",
            CertificateStatus::Active => "Active",
            CertificateStatus::Failing => "Last attempt failed",
            CertificateStatus::Failed => "Failed",
            CertificateStatus::Expired => "Expired",
        }
    }
}

crate::text_enum! {
    /// How it was shown to a certificate authority that the names are ours.
    Verification {
        /// Over HTTP, at every name.
        Http = "HTTP",
        /// By records in DNS, at one name or more.
        Dns = "DNS",
    }
}

impl Verification {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Verification::Http => "HTTP",
            Verification::Dns => "DNS record",
        }
    }
}

crate::text_enum! {
    /// For how long browsers are told to insist on HTTPS.
    Hsts {
        /// Not at all; those that were told before forget it.
        Off = "OFF",
        /// A day, to begin with.
        Day = "DAY",
        /// Thirty days.
        Month = "MONTH",
        /// A year.
        Year = "YEAR",
        /// Two years.
        TwoYears = "TWO_YEARS",
    }
}

impl Hsts {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Hsts::Off => "Off",
            Hsts::Day => "1 day",
            Hsts::Month => "30 days",
            Hsts::Year => "1 year",
            Hsts::TwoYears => "2 years",
        }
    }

    /// How long, in seconds.
    pub const fn seconds(self) -> i32 {
        let days = match self {
            Hsts::Off => 0,
            Hsts::Day => 1,
            Hsts::Month => 30,
            Hsts::Year => 365,
            Hsts::TwoYears => 730,
        };
        days * 86_400
    }

    /// The choice with so many seconds; off for a number that is none of them.
    pub fn of_seconds(seconds: i32) -> Self {
        Self::ALL.iter().copied().find(|choice| choice.seconds() == seconds).unwrap_or(Hsts::Off)
    }
}

crate::text_enum! {
    /// What a certificate of the platform is for.
    PlatformCertificateKind {
        /// Names that sites get below the platform's domain.
        Sites = "SITES",
        /// The panel itself.
        Panel = "PANEL",
    }
}

impl PlatformCertificateKind {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            PlatformCertificateKind::Sites => "Platform site names",
            PlatformCertificateKind::Panel => "Panel",
        }
    }
}

/// A record that is to be set in DNS, where that is not kept here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DnsSetup {
    /// Its whole name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Its values.
    pub values: Vec<String>,
    /// Whether DNS has it.
    pub is_seen: bool,
}

/// What a site's certificate and one of the platform have alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CertificateState {
    /// Names that it is to be for, the main one first.
    pub names: Vec<String>,
    /// Names that it is for.
    pub covers: Vec<String>,
    /// How it is.
    pub status: CertificateStatus,
    /// Who has issued it.
    pub issuer: Option<String>,
    /// SHA-256 of it, as browsers show it.
    pub fingerprint: Option<String>,
    /// Valid until.
    pub not_after: Option<Time>,
    /// When it was last issued.
    pub issued_at: Option<Time>,
    /// When it was last seen from outside; of the platform's, the panel's alone.
    pub verified_at: Option<Time>,
    /// When one was last asked for.
    pub last_try_at: Option<Time>,
    /// When the next one will be asked for.
    pub next_try_at: Option<Time>,
    /// Tries that have failed in a row.
    pub failures: i32,
    /// What failed.
    pub failure: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// A certificate of the platform itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlatformCertificateRow {
    /// What it is for.
    pub kind: PlatformCertificateKind,
    /// How it is.
    #[serde(flatten)]
    pub state: CertificateState,
    /// Records that it needs in the DNS of the platform's domain.
    pub setup: Vec<DnsSetup>,
}

/// The certificate of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CertificateRow {
    /// Its id.
    pub id: CertificateId,
    /// Whose site it is.
    pub tenant: TenantId,
    /// Name of that account.
    pub tenant_name: String,
    /// The CloudPod with the site.
    pub cloud_pod: CloudPodId,
    /// Name of that CloudPod.
    pub pod_name: String,
    /// How it is.
    #[serde(flatten)]
    pub state: CertificateState,
    /// How its names were shown to be ours; none for one that the customer has brought, and where there is none.
    pub verification: Option<Verification>,
    /// Whether visitors over HTTP are sent to HTTPS.
    pub is_redirecting: bool,
    /// For how long browsers are told to insist on HTTPS; none where they were never told.
    pub hsts: Option<Hsts>,
    /// Whether the customer has brought it.
    pub is_own: bool,
    /// Whether it is the one that all names below the platform's domain share.
    pub is_platform: bool,
    /// Wildcards that the customer wants it to be for.
    pub wildcards: Vec<String>,
    /// Wildcards that the customer can want; only where it is read alone.
    pub wildcard_choices: Vec<String>,
    /// The signing request (CSR) in PEM that was made last, whose key is kept here; not in lists.
    pub csr: Option<String>,
    /// When that was made.
    pub csr_at: Option<Time>,
    /// Whether the owner of the site can do that, and not staff alone.
    pub owner_can_fix: bool,
    /// When the site was first looked at.
    pub created_at: Time,
}
