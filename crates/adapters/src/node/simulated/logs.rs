//! Logs of a simulation: nobody's visits are kept, so each begins with a line that says so. Tests add lines.

use super::SimulatedNodeClient;
use model::ids::ServerId;
use tokio::sync::mpsc;
use wire::{
    PodName, SiteName,
    log::{LogCursor, LogFrom, LogLines},
    message::{Failure, FailureKind},
    verb::{Reply, Sent, SiteLog, SiteLogFile, WebLog},
};

/// Whose log it is, and which.
pub type LogKey = (PodName, SiteName, &'static str);

fn lines(client: &SimulatedNodeClient, server: ServerId, (pod, site, log): (&PodName, &SiteName, WebLog)) -> Result<Vec<String>, Failure> {
    let mut state = client.lock();
    let world = state.worlds.of(server);
    let missing = |what: String| Failure::new(FailureKind::Missing, what);
    let found = world.pods.get(pod).ok_or_else(|| missing(format!("the pod {pod} is not on this server")))?;
    if !found.sites.iter().any(|one| one.name() == site) {
        return Err(missing(format!("the pod {pod} has no site {site}")));
    }
    let first = format!("This {} log comes from a simulated server. No machine stands behind it.", log.word());
    let added = world.logs.get(&(pod.clone(), site.clone(), log.word())).cloned().unwrap_or_default();
    Ok(std::iter::once(first).chain(added).collect())
}

pub fn read(client: &SimulatedNodeClient, server: ServerId, ask: &SiteLog) -> Result<LogLines, Failure> {
    let all = lines(client, server, (&ask.pod, &ask.site, ask.log))?;
    let place = |at: usize| LogCursor { file: 0, after: 0, offset: at as u64 };
    let at = |cursor: LogCursor| usize::try_from(cursor.offset).unwrap_or(usize::MAX).min(all.len());
    let (from, to) = match ask.from {
        LogFrom::End => (0, all.len()),
        LogFrom::Before(cursor) => (0, at(cursor)),
        LogFrom::After(cursor) => (at(cursor), all.len()),
    };
    let wanted = ask.search.as_ref().map(|text| text.as_str().to_lowercase());
    let is_wanted = |line: &str| wanted.as_ref().is_none_or(|wanted| line.to_lowercase().contains(wanted));
    let matching: Vec<usize> = (from..to).filter(|at| all.get(*at).is_some_and(|line| is_wanted(line))).collect();
    let most = usize::try_from(ask.limit).unwrap_or(usize::MAX);
    let skipped = matching.len().saturating_sub(most);
    let first = matching.get(skipped).copied().unwrap_or(from);
    let older = if skipped > 0 { Some(place(first)) } else { None };
    let shown = matching.get(skipped..).unwrap_or_default().iter().filter_map(|at| all.get(*at).cloned()).collect();
    let is_followed = matches!(ask.from, LogFrom::After(_));
    Ok(LogLines { lines: shown, older: older.filter(|_| !is_followed), newer: place(to), skipped: is_followed && skipped > 0 })
}

pub async fn send(client: &SimulatedNodeClient, server: ServerId, ask: &SiteLogFile, to: mpsc::Sender<Vec<u8>>) -> Result<Reply, Failure> {
    let mut bytes = 0;
    for line in lines(client, server, (&ask.pod, &ask.site, ask.log))? {
        let line = format!("{line}\n").into_bytes();
        bytes += line.len() as u64;
        // Nobody may be listening any more.
        let _ = to.send(line).await;
    }
    Ok(Reply::SiteLogFile(Sent { bytes }))
}
