//! The pod's system user and group, with the number that the panel gave.

use wire::plan::Change;

use crate::error::{Result, internal};
use crate::host::accounts::{self, Account, Wanted};
use crate::host::coalescer::Reservation;
use crate::host::{Host, accounts as host_accounts};
use crate::task::Task;

use super::{Inspector, PartStatus};
use crate::host::names::PodNames;
use wire::PodUid;

/// The user, and whether the web server's user is in its group.
pub struct User<'a> {
    names: &'a PodNames,
    uid: PodUid,
    found: Option<Account>,
    /// As it is.
    pub status: PartStatus,
}

impl<'a> User<'a> {
    /// Looks at the account files.
    pub fn inspect(cx: &Inspector<'a>) -> Self {
        let uid = cx.spec.uid;
        let right = |account: &Account| accounts::is_right(account, cx.names, uid) && accounts::web_reads(&cx.names.user());
        let status = PartStatus::of(cx.account.is_some(), cx.account.as_ref().is_some_and(right));
        Self { names: cx.names, uid, found: cx.account.clone(), status }
    }

    /// As a line of the plan.
    pub fn change(&self) -> Change {
        self.status.change("user", format!("{} ({})", self.names.user(), self.uid.get()))
    }

    /// Makes what is missing; many pods share one writing of the account files.
    pub fn make(&self, host: &Host, task: &Task, reservation: Reservation<'_, Wanted>) -> Result<Account> {
        if !self.status.has_change() {
            return self.found.clone().ok_or_else(|| internal("the user vanished"));
        }
        let account = host_accounts::make(host, task, reservation, Wanted { names: self.names.clone(), uid: self.uid })?;
        task.info(format!("Created system user {} (uid {})", self.names.user(), account.uid));
        Ok(account)
    }
}
