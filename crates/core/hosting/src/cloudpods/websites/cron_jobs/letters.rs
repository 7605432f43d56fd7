//! The letter about a scheduled job that fails.

use engine::mail::Letter;
use serde::Serialize;

/// To the people of the account, at the first failure after a success, at most once a day.
#[derive(Serialize)]
pub(super) struct JobFailed {
    /// Name of the job.
    pub(super) job: String,
    /// Main name of its site.
    pub(super) domain: String,
    /// What it came to, in words.
    pub(super) result: String,
    /// When it began, in words.
    pub(super) started: String,
    /// The end of what it wrote.
    pub(super) output: String,
    /// The page of its site.
    pub(super) link: String,
}

impl Letter for JobFailed {
    const TEMPLATE: &'static str = "scheduled_job_failed";
    const TEXT: &'static str = include_str!("templates/scheduled_job_failed.txt");
    const HTML: &'static str = include_str!("templates/scheduled_job_failed.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: a scheduled job of {} failed", self.domain)
    }
}
