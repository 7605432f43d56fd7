//! The letter to staff about pods that differ from their plan.

use engine::mail::Letter;
use serde::Serialize;

/// A pod of the letter.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) name: String,
    /// The first differences, in one line.
    pub(super) what: String,
    pub(super) link: String,
}

/// To staff who manage servers.
#[derive(Serialize)]
pub(super) struct Drifted {
    pub(super) count: usize,
    pub(super) pods: Vec<Line>,
    /// How many are not listed.
    pub(super) more: usize,
}

impl Letter for Drifted {
    const TEMPLATE: &'static str = "pod_drift";
    const TEXT: &'static str = include_str!("templates/pod_drift.txt");
    const HTML: &'static str = include_str!("templates/pod_drift.html");

    fn subject(&self, company: &str) -> String {
        match self.count {
            1 => format!("{company}: a CloudPod differs from its plan"),
            count => format!("{company}: {count} CloudPods differ from their plan"),
        }
    }
}
