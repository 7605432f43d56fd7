//! Reading the record back: is every row as it was written, in its place, and none gone?

use super::{AuditKey, canonical::Row, queries};
use crate::{Db, queries::BEGIN_SNAPSHOT};
use std::collections::HashMap;
use uuid::Uuid;

/// The last event of a chain. Kept outside the database it proves that the chain once was that long.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow, serde::Serialize, serde::Deserialize)]
pub struct Head {
    /// Tenant, or the nil uuid for the platform.
    pub chain: Uuid,
    /// Number of its last event.
    pub seq: i64,
    /// Hash of its last event.
    #[serde(with = "hex_bytes")]
    pub hash: Vec<u8>,
}

/// What is wrong at a place of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The row is not as it was written.
    Changed,
    /// The row is gone.
    Removed,
    /// The row was written at another place of the chain.
    Reordered {
        /// That place.
        written_at: i64,
    },
    /// The row is genuine, but follows another history than the rows before it.
    Forked,
    /// The chain once was longer.
    Truncated {
        /// Number of the last event it had.
        last: i64,
    },
    /// The stored head does not belong to the last row.
    HeadChanged,
    /// The row is not the one that an anchor outside the database has seen there.
    NotAsAnchored,
    /// The row was written with a key when that key had been replaced already.
    ReplacedKey,
}

/// The first thing that is wrong in a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Tenant, or the nil uuid for the platform.
    pub chain: Uuid,
    /// Place in the chain.
    pub seq: i64,
    /// `audit_events.id`, where there is a row.
    pub id: Option<i64>,
    /// What is wrong there.
    pub fault: Fault,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let chain = if self.chain.is_nil() { "the platform".to_owned() } else { format!("tenant {}", self.chain) };
        write!(f, "chain of {chain}, event {}", self.seq)?;
        if let Some(id) = self.id {
            write!(f, " (row {id})")?;
        }
        match &self.fault {
            Fault::Changed => f.write_str(": changed after it was written"),
            Fault::Removed => f.write_str(": removed"),
            Fault::Reordered { written_at } => {
                write!(f, ": out of order (originally event {written_at})")
            }
            Fault::Forked => f.write_str(": not linked to the previous event"),
            Fault::Truncated { last } => write!(f, ": truncated; the chain once had event {last}"),
            Fault::HeadChanged => f.write_str(": the stored chain head does not match its last event"),
            Fault::NotAsAnchored => f.write_str(": differs from the anchored event"),
            Fault::ReplacedKey => f.write_str(": written with a key that had already been rotated"),
        }
    }
}

/// What [`Db::verify_audit`] has seen.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many events were read.
    pub events: u64,
    /// How many chains they form.
    pub chains: u64,
    /// The first fault of each chain that has one.
    pub findings: Vec<Finding>,
}

impl Db {
    /// The heads of all chains, to be anchored outside the database.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn audit_heads(&self) -> Result<Vec<Head>, sqlx::Error> {
        let mut tx = self.ops().begin_with(BEGIN_SNAPSHOT).await?;
        sqlx::query_as(queries::HEADS).fetch_all(&mut *tx).await
    }

    /// Reads the whole record at one moment and names the first fault of every chain. `anchors` are heads that were
    /// kept outside the database: with them a cut-off tail is found even when the stored head was set back with it.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn verify_audit(&self, anchors: &[Head]) -> Result<Report, sqlx::Error> {
        let mut tx = self.ops().begin_with(BEGIN_SNAPSHOT).await?;
        let heads: Vec<Head> = sqlx::query_as(queries::HEADS).fetch_all(&mut *tx).await?;
        let mut walk = ChainVerifier::new(self.audit_key(), &heads, anchors);
        let mut last = (Uuid::nil(), 0_i64);
        loop {
            let rows: Vec<Row> = sqlx::query_as(queries::ROWS).bind(last.0).bind(last.1).fetch_all(&mut *tx).await?;
            let Some(end) = rows.last() else { break };
            last = (end.chain, end.seq);
            rows.iter().for_each(|row| walk.step(row));
        }
        Ok(walk.finish())
    }
}

/// One pass over the rows, chain by chain.
struct ChainVerifier<'a> {
    key: &'a AuditKey,
    heads: HashMap<Uuid, &'a Head>,
    /// By chain and number. There may be many: one was made every minute.
    anchors: HashMap<Uuid, HashMap<i64, Vec<&'a Head>>>,
    at: Option<ChainCursor>,
    report: Report,
}

/// How far the current chain is read.
struct ChainCursor {
    chain: Uuid,
    seq: i64,
    hash: Vec<u8>,
    /// How many keys ago its last row was written.
    age: usize,
    /// The first fault is named; what follows from it is not.
    faulty: bool,
}

impl<'a> ChainVerifier<'a> {
    fn new(key: &'a AuditKey, heads: &'a [Head], anchors: &'a [Head]) -> Self {
        let mut by_chain: HashMap<Uuid, HashMap<i64, Vec<&Head>>> = HashMap::new();
        for anchor in anchors {
            by_chain.entry(anchor.chain).or_default().entry(anchor.seq).or_default().push(anchor);
        }
        Self { key, heads: heads.iter().map(|h| (h.chain, h)).collect(), anchors: by_chain, at: None, report: Report::default() }
    }

    fn step(&mut self, row: &Row) {
        self.report.events += 1;
        if self.at.as_ref().is_none_or(|place| place.chain != row.chain) {
            self.end_chain();
            self.at = Some(ChainCursor { chain: row.chain, seq: 0, hash: Vec::new(), age: usize::MAX, faulty: false });
        }
        let Some(mut place) = self.at.take() else {
            return;
        };
        let age = self.key.age(row);
        if !place.faulty
            && let Some((seq, id, fault)) = self.fault(&place, row, age)
        {
            self.report.findings.push(Finding { chain: row.chain, seq, id, fault });
            place.faulty = true;
        }
        place.age = age.unwrap_or(place.age);
        place.seq = row.seq;
        place.hash.clone_from(&row.hash);
        self.at = Some(place);
    }

    fn fault(&self, place: &ChainCursor, row: &Row, age: Option<usize>) -> Option<(i64, Option<i64>, Fault)> {
        let expected = place.seq + 1;
        if row.seq != expected {
            return Some((expected, None, Fault::Removed));
        }
        let Some(age) = age else {
            let fault = self.written_at(row).map_or(Fault::Changed, |written_at| Fault::Reordered { written_at });
            return Some((row.seq, Some(row.id), fault));
        };
        if age > place.age {
            return Some((row.seq, Some(row.id), Fault::ReplacedKey));
        }
        if row.prev_hash != place.hash {
            return Some((row.seq, Some(row.id), Fault::Forked));
        }
        let anchored = self.anchors.get(&row.chain).and_then(|chain| chain.get(&row.seq));
        anchored.is_some_and(|anchors| anchors.iter().any(|anchor| anchor.hash != row.hash)).then_some((row.seq, Some(row.id), Fault::NotAsAnchored))
    }

    /// A row that matches its hash under another number was moved, not changed. Looks at 10 000 places around it.
    fn written_at(&self, row: &Row) -> Option<i64> {
        let mut other = row.clone();
        ((row.seq - 5_000).max(1)..row.seq + 5_000).find(|seq| {
            other.seq = *seq;
            self.key.age(&other).is_some()
        })
    }

    /// Compares the end of the chain that was read with its stored head and its anchors.
    fn end_chain(&mut self) {
        let Some(place) = self.at.take() else { return };
        self.report.chains += 1;
        let head = self.heads.remove(&place.chain);
        let anchors = self.anchors.remove(&place.chain).unwrap_or_default();
        if place.faulty {
            return;
        }
        let last = anchors.keys().copied().chain(head.map(|h| h.seq)).max().unwrap_or(0);
        let fault = if last > place.seq {
            Some((place.seq + 1, Fault::Truncated { last }))
        } else if head.is_none_or(|head| head.seq != place.seq || head.hash != place.hash) {
            Some((place.seq, Fault::HeadChanged))
        } else if place.age > 0 {
            // Replacing the key adds an event to every chain.
            Some((place.seq, Fault::ReplacedKey))
        } else {
            None
        };
        if let Some((seq, fault)) = fault {
            self.report.findings.push(Finding { chain: place.chain, seq, id: None, fault });
        }
    }

    fn finish(mut self) -> Report {
        self.end_chain();
        // Chains of which nothing is left but their head or an anchor.
        let mut gone: HashMap<Uuid, i64> = HashMap::new();
        let anchors = self.anchors.values().flat_map(HashMap::values);
        for head in self.heads.values().copied().chain(anchors.flatten().copied()).filter(|head| head.seq > 0) {
            let last = gone.entry(head.chain).or_default();
            *last = head.seq.max(*last);
        }
        self.report.findings.extend(gone.into_iter().map(|(chain, last)| Finding { chain, seq: 1, id: None, fault: Fault::Truncated { last } }));
        self.report.findings.sort_by_key(|finding| (finding.chain, finding.seq));
        self.report
    }
}

/// A hash as hexadecimal text, for the anchor's file.
mod hex_bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
