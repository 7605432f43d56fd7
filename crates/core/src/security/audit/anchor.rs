//! Heads of the chains, kept in a file outside the database: who sets the database back cannot set back the file with it.

use crate::{Result, Services};
use anyhow::Context;
use db::audit::Head;
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
/// How often changed heads are written down.
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
    /// All heads that were ever written down, oldest first.
    pub heads: Vec<Head>,
    /// Numbers of the lines that are none of ours.
    pub unreadable: Vec<usize>,
    /// Whether the last line was cut off, as by a power loss.
    pub torn: bool,
}

/// Writes down the heads that have moved since; says how many.
///
/// # Errors
/// When PostgreSQL does not answer or the file cannot be written.
pub async fn anchor(services: &Services, dir: &Path) -> Result<usize> {
    let mut newest = newest(dir).await?;
    append_moved(services, dir, &mut newest).await
}

/// Writes down the heads that have moved, every minute and once more at the end.
pub async fn keep_anchored(services: Services, dir: PathBuf, shutdown: impl Future<Output = ()> + Send) {
    let mut shutdown = std::pin::pin!(shutdown);
    let mut known = None;
    loop {
        let done = async {
            if known.is_none() {
                known = Some(newest(&dir).await?);
            }
            append_moved(&services, &dir, known.get_or_insert_default()).await
        };
        if let Err(error) = done.await {
            tracing::error!(%error, "the heads of the audit log were not anchored");
            known = None;
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = &mut shutdown => break,
        }
    }
    if let Err(error) = anchor(&services, &dir).await {
        tracing::error!(%error, "the heads of the audit log were not anchored");
    }
}

/// The last head that was written down, by chain.
async fn newest(dir: &Path) -> Result<HashMap<Uuid, Head>> {
    let mut newest: HashMap<Uuid, Head> = HashMap::new();
    for head in read(dir).await?.heads {
        if newest.get(&head.chain).is_none_or(|known| known.seq <= head.seq) {
            newest.insert(head.chain, head);
        }
    }
    Ok(newest)
}

async fn append_moved(services: &Services, dir: &Path, newest: &mut HashMap<Uuid, Head>) -> Result<usize> {
    let mut moved = Vec::new();
    for head in services.db.audit_heads().await? {
        match newest.get(&head.chain) {
            _ if head.seq == 0 => {}
            // Never over an anchor that says more: it is the proof. `verify` names what happened.
            Some(known) if known.seq > head.seq => tracing::error!(chain = %head.chain, "a chain of the audit log is shorter than it was"),
            Some(known) if *known == head => {}
            _ => moved.push(head),
        }
    }
    if moved.is_empty() {
        return Ok(0);
    }
    let mut text = String::new();
    for head in &moved {
        let line = Line { at: services.now(), head: head.clone() };
        text += &serde_json::to_string(&line).context("an anchor as JSON")?;
        text.push('\n');
    }
    let path = dir.join(FILE);
    let written = tokio::task::spawn_blocking(move || append(&path, &text)).await.context("a thread for the anchors")?;
    written.with_context(|| format!("writing {FILE}"))?;
    let count = moved.len();
    newest.extend(moved.into_iter().map(|head| (head.chain, head)));
    Ok(count)
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
