//! What a CloudPod may use, by its plan. Parts of module `cloudpods`.

use super::websites::MAX_SITES_WITHOUT_PREVIEWS;
use serde::{Deserialize, Serialize};

/// Resource limits of a CloudPod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Limits {
    /// CPU in millicores.
    #[serde(default)]
    pub cpu_millis: i32,
    /// Memory in MiB.
    #[serde(default)]
    pub memory_mb: i32,
    /// Disk in MiB.
    #[serde(default)]
    pub disk_mb: i32,
    /// Maximum processes and threads.
    #[serde(default)]
    pub tasks: i32,
    /// When its sites sleep; nothing where they are always on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep: Option<SleepRule>,
    /// Maximum sites, previews not counted. What was stored before plans had a number had room for the most.
    #[serde(default = "most_sites")]
    pub sites: i32,
    /// What its programs reach.
    #[serde(default)]
    pub network: NetworkAccess,
}

const fn most_sites() -> i32 {
    MAX_SITES_WITHOUT_PREVIEWS
}

crate::text_enum! {
    /// What the programs of a CloudPod reach. Never the services of their server, other CloudPods or private networks.
    #[derive(Default)]
    NetworkAccess {
        /// The public internet.
        #[default]
        Internet = "INTERNET",
        /// The sites of their server only.
        Closed = "CLOSED",
    }
}

impl NetworkAccess {
    /// Whether there is internet access, for people.
    pub const fn label(self) -> &'static str {
        match self {
            NetworkAccess::Internet => "Yes",
            NetworkAccess::Closed => "No",
        }
    }
}

/// When the sites of a CloudPod sleep: their programs are stopped, and the next visitor starts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SleepRule {
    /// After how many minutes without a visitor.
    pub after_minutes: i32,
    /// Whether its owner may keep a site always on.
    #[serde(default)]
    pub is_optional: bool,
}

/// After how many minutes without a visitor sites can sleep: five minutes to thirty days.
pub const SLEEP_MINUTES: std::ops::RangeInclusive<i32> = 5..=43_200;

impl SleepRule {
    /// The time for people: `45 minutes`, `2 hours`, `1 day`.
    pub fn time_label(self) -> String {
        let (count, unit) = match self.after_minutes {
            minutes if minutes % 1440 == 0 => (minutes / 1440, "day"),
            minutes if minutes % 60 == 0 => (minutes / 60, "hour"),
            minutes => (minutes, "minute"),
        };
        format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
    }
}

impl Limits {
    /// When sites sleep, for people.
    pub fn sleep_label(self) -> String {
        match self.sleep {
            None => "Never".to_owned(),
            Some(rule) => format!("After {} without visitors", rule.time_label()),
        }
    }

    /// The larger of both, field by field, of what takes room on a server; everything else stays as it was.
    pub fn max(self, other: Self) -> Self {
        Self {
            cpu_millis: self.cpu_millis.max(other.cpu_millis),
            memory_mb: self.memory_mb.max(other.memory_mb),
            disk_mb: self.disk_mb.max(other.disk_mb),
            tasks: self.tasks.max(other.tasks),
            ..self
        }
    }

    /// The sum, field by field: a plan's, and what an add-on adds. Sites sleep as they did, and programs reach what they did; no CloudPod has
    /// more sites than a plan can give.
    pub fn plus(self, more: Self) -> Self {
        Self {
            cpu_millis: self.cpu_millis.saturating_add(more.cpu_millis),
            memory_mb: self.memory_mb.saturating_add(more.memory_mb),
            disk_mb: self.disk_mb.saturating_add(more.disk_mb),
            tasks: self.tasks.saturating_add(more.tasks),
            sites: self.sites.saturating_add(more.sites).min(MAX_SITES_WITHOUT_PREVIEWS),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_before_plans_had_a_number_of_sites_are_twenty_sites_and_the_internet() {
        let stored = r#"{ "cpu_millis": 500, "memory_mb": 256, "disk_mb": 1024, "tasks": 100 }"#;
        let limits: Limits = serde_json::from_str(stored).unwrap();
        assert_eq!((limits.sites, limits.network, limits.sleep), (20, NetworkAccess::Internet, None));
        let closed = Limits { sites: 3, network: NetworkAccess::Closed, ..limits };
        let again: Limits = serde_json::from_str(&serde_json::to_string(&closed).unwrap()).unwrap();
        assert_eq!(again, closed);
    }

    #[test]
    fn an_add_on_adds_sites_up_to_the_most_and_opens_no_network() {
        let plan = Limits { sites: 5, network: NetworkAccess::Closed, ..Limits::default() };
        let more = |sites| plan.plus(Limits { sites, ..Limits::default() });
        assert_eq!((more(0).sites, more(4).sites, more(19).sites), (5, 9, 20));
        assert_eq!(more(4).network, NetworkAccess::Closed);
        assert_eq!(plan.max(more(4)), plan, "sites take no room on a server");
    }
}
