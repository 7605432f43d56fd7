//! `mpanel-node confine PROGRAM ARGS..`: a pod's program without the calls that make btrfs subvolumes, which would escape the pod's limit.
//! systemd's filters tell calls apart by their number only; these are all one call, `ioctl`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use seccompiler::{BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch};

use crate::error::{Result, ResultExt, internal};

/// Where a pod's sandbox shows this program.
pub const PLACE: &str = "/run/confine";

/// `BTRFS_IOC_SNAP_CREATE`, `SUBVOL_CREATE`, `SNAP_CREATE_V2`, `SUBVOL_CREATE_V2` of `linux/btrfs.h`.
const SUBVOLUMES: [u64; 4] = [0x5000_9401, 0x5000_940e, 0x5000_9417, 0x5000_9418];
/// Number of `ioctl(2)`.
const IOCTL: i64 = if cfg!(target_arch = "x86_64") { 16 } else { 29 };
const EPERM: u32 = 1;

/// Puts the filter in place, for this program and all that come of it, and becomes the pod's program.
pub fn main(mut args: impl Iterator<Item = OsString>) -> Result<()> {
    let program = args.next().ok_or_else(|| internal("confine needs a program"))?;
    apply()?;
    let error = Command::new(&program).args(args).exec();
    Err(error).context(format_args!("starting {}", program.to_string_lossy()))
}

/// Puts the filter in place.
pub fn apply() -> Result<()> {
    seccompiler::apply_filter(&filter()?).context("putting the filter in place")
}

fn filter() -> Result<BpfProgram> {
    let rule = |command: u64| {
        let condition = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, command)?;
        SeccompRule::new(vec![condition])
    };
    let rules: Vec<SeccompRule> = SUBVOLUMES.into_iter().map(rule).collect::<std::result::Result<_, _>>().context("making the filter")?;
    let arch = TargetArch::try_from(std::env::consts::ARCH).context("making the filter")?;
    let filter = SeccompFilter::new(BTreeMap::from([(IOCTL, rules)]), SeccompAction::Allow, SeccompAction::Errno(EPERM), arch);
    filter.and_then(TryInto::try_into).context("making the filter")
}
