//! Visitors that another server sends on: a site sees their own addresses, not that server's.
//!
//! The other server's virtual host overwrites what a visitor says about addresses with the one that it sees. That is believed from that
//! server's address only, where no pod's program can speak from ([`crate::render::firewall`]), and only as long as it sends visitors on.

use std::collections::BTreeSet;
use std::net::IpAddr;

use wire::PodName;

use crate::error::Result;
use crate::host::names::PodNames;
use crate::host::{files, lock, web};
use crate::render::{nginx, vhost};
use crate::task::Task;

/// Believes a server about the visitors that it sends on to this pod, or no longer. False when that is so already.
pub fn visitors(task: &Task, pod: &PodName, from: IpAddr, believe: bool) -> Result<bool> {
    let names = PodNames::of(pod);
    let _lock = lock::take(task, &names.lock())?;
    let path = names.senders();
    let mut senders = believed(&files::read_text(&path).unwrap_or_default());
    let is_news = if believe { senders.insert(from) } else { senders.remove(&from) };
    if !is_news {
        return Ok(false);
    }
    let text = if senders.is_empty() { None } else { Some(vhost::senders(&senders)?) };
    web::change(task, &path, text.as_deref())?;
    task.info(format!("Addresses of visitors that {from} sends on are {} believed", if believe { "now" } else { "no longer" }));
    Ok(true)
}

/// The servers in such a file; one that cannot be read has none.
fn believed(text: &str) -> BTreeSet<IpAddr> {
    let lines = nginx::parse(text).unwrap_or_default();
    lines.iter().filter(|line| line.words()[0] == vhost::BELIEVE).filter_map(|line| line.words().get(1)?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_of_a_file_are_those_that_were_written() {
        let senders: BTreeSet<IpAddr> = ["100.64.0.7", "fd7a:115c:a1e0::7"].map(|ip| ip.parse().unwrap()).into();
        assert_eq!(believed(&vhost::senders(&senders).unwrap()), senders);
        assert!(believed("").is_empty() && believed("garbage {").is_empty());
    }
}
