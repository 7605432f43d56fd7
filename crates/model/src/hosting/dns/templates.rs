//! Sets of records for a service, and what DNS answers for a name.

use super::RecordChange;
use crate::Time;
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// A set of records that a service needs.
    DnsTemplate {
        /// Addresses of the names that lead to CloudPods.
        CloudPods = "CLOUDPODS",
        /// Email at Google.
        GoogleWorkspace = "GOOGLE_WORKSPACE",
        /// Email at Microsoft.
        Microsoft365 = "MICROSOFT_365",
        /// Email at Fastmail.
        Fastmail = "FASTMAIL",
        /// No email.
        NoMail = "NO_MAIL",
    }
}

impl DnsTemplate {
    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::CloudPods => "CloudPods",
            Self::GoogleWorkspace => "Google Workspace",
            Self::Microsoft365 => "Microsoft 365",
            Self::Fastmail => "Fastmail",
            Self::NoMail => "No email",
        }
    }

    /// What its records do, for people.
    pub const fn description(self) -> &'static str {
        match self {
            Self::CloudPods => "A and AAAA records for your sites on CloudPods.",
            Self::GoogleWorkspace => "Mail server and SPF. Add the DKIM record from your Google Admin console separately.",
            Self::Microsoft365 => "Mail server, SPF and autodiscover. Add the DKIM records from the Microsoft 365 admin center separately.",
            Self::Fastmail => "Mail servers, SPF and DKIM.",
            Self::NoMail => "Declares that this domain sends and receives no email (null MX, SPF, DMARC).",
        }
    }

    /// The name of what it needs to know, for people.
    pub const fn word_label(self) -> Option<&'static str> {
        match self {
            Self::Microsoft365 => Some("Mail server name"),
            _ => None,
        }
    }
}

/// A template against a zone's records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TemplateView {
    /// Which it is.
    pub template: DnsTemplate,
    /// What it needs to know, as it was given, is found in the zone, or is usual.
    pub word: Option<String>,
    /// How many of its records the zone has.
    pub present: u64,
    /// How many it has not.
    pub missing: u64,
    /// Records that it would replace, for people.
    pub replaces: Vec<String>,
    /// Changes that put the zone in step with it.
    pub changes: Vec<RecordChange>,
    /// What the changes leave to do by hand, for people.
    pub faults: Vec<String>,
}

/// What DNS answers for a name now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Propagation {
    /// The whole name and the type that were asked for.
    pub question: String,
    /// When.
    pub at: Time,
    /// The zone's name servers, then the resolvers.
    pub answers: Vec<PropagationAnswer>,
}

/// What a name server or a resolver answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PropagationAnswer {
    /// Who answers.
    pub name: String,
    /// Whether it is one of the zone's name servers; otherwise it is a resolver.
    pub is_authority: bool,
    /// The values, as zone files have them.
    pub values: Vec<String>,
    /// The zone's serial there.
    pub serial: Option<u32>,
    /// How old a resolver's answer is, in seconds, by what is left of its TTL.
    pub age: Option<u32>,
    /// Whether it is what the name server with the latest serial answers.
    pub is_same: bool,
    /// Why there is no answer.
    pub error: Option<String>,
}

/// A template as staff type it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomTemplateInput {
    /// Its ID: lowercase letters, digits and hyphens. It does not change.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// What its records do, for people.
    #[serde(default)]
    pub description: String,
    /// Its variables, a line each: `key | Label | default`.
    #[serde(default)]
    pub variables: String,
    /// Its records, a line each: name, type and value, with `{key}` for a variable and `{domain}` for the domain.
    pub records: String,
}

/// A template that staff have defined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomTemplateRow {
    /// Its ID.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// What its records do, for people.
    pub description: String,
    /// Its variables, as they were typed.
    pub variables: String,
    /// Its records, as they were typed.
    pub records: String,
    /// When it was last changed.
    pub changed_at: Time,
    /// By whom.
    pub changed_by: String,
}

/// A variable of a template against a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TemplateVariable {
    /// Its key.
    pub key: String,
    /// Its name for people.
    pub label: String,
    /// Its value, as it was given, is found in the zone, or is usual.
    pub value: String,
}

/// A template that staff have defined against a zone's records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomTemplateView {
    /// Its ID.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// What its records do, for people.
    pub description: String,
    /// What it needs to know.
    pub variables: Vec<TemplateVariable>,
    /// How many of its records the zone has.
    pub present: u64,
    /// How many it has not.
    pub missing: u64,
    /// Records that it would replace, for people.
    pub replaces: Vec<String>,
    /// Changes that put the zone in step with it.
    pub changes: Vec<RecordChange>,
    /// What the changes leave to do by hand, for people.
    pub faults: Vec<String>,
}
