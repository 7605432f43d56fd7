//! What the operator decides. Read once at start by the server; each field is documented in docs/configuration.md.

use chrono::Duration;
use model::{
    billing::{invoices::Party, payments::LostDispute},
    hosting::cloudpods::DriftPolicy,
};

/// Settings of the platform.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the panel itself is reached, without a slash at the end: `https://panel.example`.
    pub public_url: String,
    /// Who sells; copied onto every invoice.
    pub seller: Party,
    /// Tax for buyers in the seller's country, in hundredths of a percent, where that country is not in the table of rates.
    pub tax_rate_bp: Option<i32>,
    /// Consumers in other EU countries are charged the seller's rate, not their country's.
    pub eu_consumers_at_own_rate: bool,
    /// Sites without a domain of their own get a name below this one.
    pub base_domain: String,
    /// Scheme and port where sites answer for visitors: `http`, and a port when it is not the usual one.
    pub site_port: Option<u16>,
    /// How long a deleted pod's data is kept.
    pub grace: Duration,
    /// What is done about CloudPods that differ from their plan, where staff chose nothing else.
    pub drift_policy: DriftPolicy,
    /// What becomes of what a payment had paid that was lost to a dispute.
    pub lost_dispute: LostDispute,
    /// How long a checkout can be paid.
    pub checkout_lifetime: Duration,
    /// How many checkouts one peer may start in an hour.
    pub checkouts_per_hour: u32,
    /// How long a session lives without use.
    pub session_idle: Duration,
    /// How long a session lives at most.
    pub session_absolute: Duration,
    /// How long a password that was typed again counts, for what cannot be undone.
    pub step_up: Duration,
    /// Where the heads of the audit log are sent to as well, so that they outlive this machine.
    pub audit_anchor_url: Option<String>,
    /// Address that mail is sent from.
    pub mail_from: String,
    /// Servers are simulated: nothing that is sold here runs. Said on every page.
    pub simulated: bool,
}

impl Settings {
    /// Address of a site by its domain.
    pub fn site_url(&self, domain: &str) -> String {
        match self.site_port {
            Some(port) => format!("http://{domain}:{port}"),
            None => format!("http://{domain}"),
        }
    }
}
