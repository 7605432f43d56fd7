//! What a probe says about room and abilities, and which inputs name a server.

use adapters::node::TailnetAddr;
use model::{
    administration::servers::{Capability, ServerInput, ServerStatus},
    error::FieldError,
};
use wire::probe::{Capability as Wire, CapabilityState, ProbeReport};

/// CPU limits of pods are ceilings and seldom reached at once: each core is promised this many times.
const CPU_PROMISES: u64 = 4;
/// Memory that stays with the system, in MiB.
const SYSTEM_MEMORY_MB: u64 = 512;
/// Most pods of a server.
const MAX_PODS: i32 = 200;

/// Whether a server in this state is worked with.
pub(super) fn in_service(status: ServerStatus) -> bool {
    matches!(status, ServerStatus::Active | ServerStatus::Draining)
}

/// What a server can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Capacity {
    /// Thousandths of a core that may be promised.
    pub cpu_millis: i32,
    /// MiB of memory for pods.
    pub memory_mb: i32,
    /// MiB of disk for pods.
    pub disk_mb: i32,
    /// Most pods.
    pub max_pods: i32,
}

impl Capacity {
    /// From what the server says about itself.
    pub fn of(report: &ProbeReport) -> Self {
        let total = report.storage.total_mb;
        Self {
            cpu_millis: whole(u64::from(report.cpus) * 1000 * CPU_PROMISES),
            memory_mb: whole(report.memory_mb.saturating_sub(SYSTEM_MEMORY_MB)),
            disk_mb: whole(total - total.div_ceil(20)),
            max_pods: MAX_PODS,
        }
    }
}

fn whole(figure: u64) -> i32 {
    i32::try_from(figure).unwrap_or(i32::MAX)
}

/// Each capability: whether it can be used, and otherwise what is missing and what to do.
pub(super) fn capabilities(report: &ProbeReport) -> Vec<(Capability, bool, String)> {
    let storage = (!report.storage.enforces_limits).then(|| {
        let storage = &report.storage;
        format!(
            "{} ({}) does not enforce storage limits per CloudPod. Fix: mount a btrfs file system there and run btrfs quota enable {}",
            storage.path, storage.filesystem, storage.path
        )
    });
    let judge = |state: &CapabilityState| {
        // Zones are no pods.
        let storage = storage.as_ref().filter(|_| state.capability != Wire::Dns);
        let mut missing: Vec<String> = state.missing.iter().map(|lack| format!("{}. Fix: {}", lack.what, lack.remedy)).collect();
        // Sites cannot be held to their limits there, so no pod goes there, whatever else is ready.
        if let Some(storage) = storage
            && !state.missing.iter().any(|lack| lack.what.contains("storage") || lack.what.contains("btrfs"))
        {
            missing.push(storage.clone());
        }
        (word(state.capability), state.ready && storage.is_none(), missing.join("\n"))
    };
    report.capabilities.iter().map(judge).collect()
}

/// The capability as the panel calls it.
pub(super) const fn word(capability: Wire) -> Capability {
    match capability {
        Wire::Web => Capability::Web,
        Wire::Static => Capability::Static,
        Wire::Php => Capability::Php,
        Wire::Node => Capability::Node,
        Wire::Wordpress => Capability::Wordpress,
        Wire::Dns => Capability::Dns,
    }
}

/// The capability as the server calls it.
pub(super) const fn wire(capability: Capability) -> Wire {
    match capability {
        Capability::Web => Wire::Web,
        Capability::Static => Wire::Static,
        Capability::Php => Wire::Php,
        Capability::Node => Wire::Node,
        Capability::Wordpress => Wire::Wordpress,
        Capability::Dns => Wire::Dns,
    }
}

/// A server's name card, every field right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checked {
    pub name: String,
    pub address: String,
    pub region: String,
    pub site_address: String,
    pub tags: Vec<String>,
}

impl Checked {
    /// All errors at once.
    pub fn new(input: &ServerInput) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, message: &str| errors.push(FieldError { field: field.to_owned(), message: message.to_owned() });
        let (name, region) = (input.name.trim().to_owned(), input.region.trim().to_owned());
        if !is_label(&name) {
            wrong("name", "Use 1 to 63 lowercase letters, numbers, and hyphens, with a letter or number at both ends.");
        }
        let address = match input.address.parse::<TailnetAddr>() {
            Ok(address) => address.to_string(),
            Err(refused) => {
                wrong("address", &refused.to_string());
                String::new()
            }
        };
        if region.is_empty() || region.chars().count() > 60 || region.chars().any(char::is_control) {
            wrong("region", "Enter a location of at most 60 characters.");
        }
        let site_address = input.site_address.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if site_address.is_some_and(|text| !is_host(text)) {
            wrong("site_address", "Enter an IP address or a host name.");
        }
        let mut tags: Vec<String> = input.tags.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
        tags.sort();
        tags.dedup();
        if tags.len() > 20 || !tags.iter().all(|tag| is_tag(tag)) {
            wrong("tags", "Use at most 20 tags of lowercase letters, numbers, and _ . : - starting with a letter or number.");
        }
        let site_address = site_address.map_or_else(|| address.clone(), str::to_owned);
        if errors.is_empty() { Ok(Self { name, address, region, site_address, tags }) } else { Err(errors) }
    }
}

fn lower_or_digit(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn is_label(text: &str) -> bool {
    let inside = |c| lower_or_digit(c) || c == '-';
    (1..=63).contains(&text.len()) && text.chars().all(inside) && text.starts_with(lower_or_digit) && text.ends_with(lower_or_digit)
}

fn is_host(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok() || wire::DomainName::new(text).is_ok()
}

fn is_tag(text: &str) -> bool {
    let inside = |c| lower_or_digit(c) || matches!(c, '_' | '.' | ':' | '-');
    (1..=63).contains(&text.len()) && text.starts_with(lower_or_digit) && text.chars().all(inside)
}
