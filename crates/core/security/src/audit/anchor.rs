//! Heads of the chains, kept in a file outside the database: who sets the database back cannot set back the file with it.

use anyhow::Context;
use db::audit::Head;
use engine::{Result, Services};
use model::Time;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fs::OpenOptions,
    io::{ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::Duration,
};
use uuid::Uuid;

/// Name of the file in the data folder.
const FILE: &str = "audit-heads.jsonl";
/// How often changed heads are appended.
const EVERY: Duration = Duration::from_secs(60);

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    at: Time,
    #[serde(flatten)]
    head: Head,
}

/// What the file holds.
#[derive(Default)]
pub(super) struct Anchors {
    /// All heads that were ever appended, oldest first.
    pub heads: Vec<Head>,
    /// Numbers of the lines that are none of ours.
    pub unreadable: Vec<usize>,
    /// Whether the last line was cut off, as by a power loss.
    pub torn: bool,
}

/// Appends the heads that have changed since the last time; returns how many.
///
/// # Errors
/// When PostgreSQL does not answer or the file cannot be written.
pub async fn anchor(services: &Services, dir: &Path) -> Result<usize> {
    let heads = services.db.audit_heads().await?;
    append_heads(services, dir, &changed_heads(&heads, &newest(dir).await?)).await
}

/// Appends the heads that have changed, every minute and once more at shutdown; posts them to the configured URL, too.
pub async fn run_anchoring(services: Services, dir: PathBuf, shutdown: impl Future<Output = ()> + Send) {
    let mut shutdown = std::pin::pin!(shutdown);
    let mut sent = HeadsByChain::new();
    loop {
        if let Err(error) = round(&services, &dir, &mut sent).await {
            tracing::error!(%error, "failed to anchor the audit log");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = &mut shutdown => break,
        }
    }
    if let Err(error) = round(&services, &dir, &mut sent).await {
        tracing::error!(%error, "failed to anchor the audit log");
    }
}

/// The newest known head of each chain.
pub(super) type HeadsByChain = HashMap<Uuid, Head>;

/// The file first; what the address did not take is sent again the next time.
pub(super) async fn round(services: &Services, dir: &Path, sent: &mut HeadsByChain) -> Result<()> {
    anchor(services, dir).await?;
    let Some(address) = &services.settings.audit_anchor_url else { return Ok(()) };
    let news = changed_heads(&services.db.audit_heads().await?, sent);
    if news.is_empty() {
        return Ok(());
    }
    let posted = services.http.post(address).header("content-type", "application/jsonl").body(lines(services, &news)?).send().await;
    posted.and_then(reqwest::Response::error_for_status).context("the anchor URL rejected the anchors")?;
    sent.extend(news.into_iter().map(|head| (head.chain, head)));
    Ok(())
}

/// The last head that was appended, by chain.
async fn newest(dir: &Path) -> Result<HeadsByChain> {
    let mut newest = HeadsByChain::new();
    for head in read(dir).await?.heads {
        if newest.get(&head.chain).is_none_or(|known| known.seq <= head.seq) {
            newest.insert(head.chain, head);
        }
    }
    Ok(newest)
}

/// Heads that differ from the known ones.
fn changed_heads(heads: &[Head], known: &HeadsByChain) -> Vec<Head> {
    let mut changed = Vec::new();
    for head in heads.iter().filter(|head| head.seq > 0) {
        match known.get(&head.chain) {
            // Never over an anchor that says more: it is the proof. `verify` names what happened.
            Some(known) if known.seq > head.seq => tracing::error!(chain = %head.chain, "an audit chain is shorter than its anchor"),
            Some(known) if known == head => {}
            _ => changed.push(head.clone()),
        }
    }
    changed
}

fn lines(services: &Services, heads: &[Head]) -> Result<String> {
    let mut text = String::new();
    for head in heads {
        let line = Line { at: services.now(), head: head.clone() };
        text += &serde_json::to_string(&line).context("an anchor as JSON")?;
        text.push('\n');
    }
    Ok(text)
}

async fn append_heads(services: &Services, dir: &Path, heads: &[Head]) -> Result<usize> {
    if heads.is_empty() {
        return Ok(0);
    }
    let (path, text) = (dir.join(FILE), lines(services, heads)?);
    let written = tokio::task::spawn_blocking(move || append(&path, &text)).await.context("a thread for the anchors")?;
    written.with_context(|| format!("writing {FILE}"))?;
    Ok(heads.len())
}

/// In one write, so that two processes do not mix their lines; a line that was cut off is ended first.
fn append(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let text = if last == *b"\n" { text.to_owned() } else { format!("\n{text}") };
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

/// Reads the file; a missing one is empty.
pub(super) async fn read(dir: &Path) -> Result<Anchors> {
    let path = dir.join(FILE);
    let bytes = match tokio::fs::read(&path).await {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Anchors::default()),
        Err(error) => return Err(anyhow::Error::new(error).context(format!("reading {FILE}")).into()),
    };
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().count();
    let cut = !text.is_empty() && !text.ends_with('\n');
    let mut anchors = Anchors::default();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty()) {
        match serde_json::from_str::<Line>(line) {
            Ok(line) => anchors.heads.push(line.head),
            Err(_) if cut && number == lines => anchors.torn = true,
            Err(_) => anchors.unreadable.push(number),
        }
    }
    Ok(anchors)
}
