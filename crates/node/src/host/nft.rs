//! nftables: a table of ours, loaded as a whole.

use std::path::Path;

use crate::error::Result;
use crate::host::command::Cmd;
use crate::host::files;
use crate::task::Task;

const PROGRAM: &str = "/usr/sbin/nft";

/// Our table, as `nft` names it.
pub const TABLE: [&str; 3] = ["table", "inet", "mpanel"];

/// What the kernel has of our table, as `nft` prints it; `None` when it has none, and where nftables is not installed yet.
pub fn list(task: &Task) -> Result<Option<String>> {
    if !Path::new(PROGRAM).exists() {
        return Ok(None);
    }
    let said = Cmd::short("nft").args(["--stateless", "list"]).args(TABLE).output(task)?;
    Ok((said.code == 0).then_some(said.out))
}

/// Loads a file of rules.
pub fn load(task: &Task, rules: &Path) -> Result<()> {
    Cmd::short("nft").arg("-f").arg(rules).run(task).map(drop)
}

/// Addresses of the resolvers that the server itself asks.
pub fn resolvers() -> Vec<std::net::IpAddr> {
    let text = files::read_text("/etc/resolv.conf").unwrap_or_default();
    // A zone of a link-local address (`fe80::1%eth0`) is the interface's; the rules know only the address.
    let address = |line: &str| line.strip_prefix("nameserver")?.split_whitespace().next()?.split('%').next()?.parse().ok();
    let mut found: Vec<_> = text.lines().filter_map(address).collect();
    found.sort();
    found.dedup();
    found
}

/// nftables' version, when installed.
pub fn version(task: &Task) -> Option<String> {
    if !Path::new(PROGRAM).exists() {
        return None;
    }
    let text = Cmd::short("nft").arg("--version").run(task).ok()?;
    text.split_whitespace().nth(1).map(|version| version.trim_start_matches('v').to_owned())
}
