//! The bytes that are hashed: every column of a row, in one form that does not depend on how it was stored.

use hmac::{Hmac, KeyInit, Mac};
use model::Time;
use serde_json::Value;
use sha2::Sha256;
use uuid::Uuid;

/// Key of the chains, and those that it has replaced. It stays outside the database: who can change rows cannot make them match.
#[derive(Clone)]
pub struct AuditKey {
    current: [u8; 32],
    /// Newest first.
    older: Vec<[u8; 32]>,
}

impl AuditKey {
    /// A key from 32 secret bytes that has replaced none.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self { current: bytes, older: Vec::new() }
    }

    /// The same key as the successor of these, newest first.
    #[must_use]
    pub fn after(mut self, older: Vec<[u8; 32]>) -> Self {
        self.older = older;
        self
    }

    /// The hash of a row, which covers the hash of the row before it.
    pub(crate) fn hash(&self, row: &Row) -> Vec<u8> {
        hash(&self.current, row)
    }

    /// How many keys ago the row was written; nothing when no key gives its hash.
    pub(crate) fn age(&self, row: &Row) -> Option<usize> {
        std::iter::once(&self.current).chain(&self.older).position(|key| hash(key, row) == row.hash)
    }
}

fn hash(key: &[u8; 32], row: &Row) -> Vec<u8> {
    // A key of any length is taken, so this cannot fail.
    #[allow(clippy::unwrap_used)]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(&row.canonical());
    mac.finalize().into_bytes().to_vec()
}

impl std::fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuditKey(..)")
    }
}

/// A row of `audit_events`.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Row {
    pub id: i64,
    pub chain: Uuid,
    pub seq: i64,
    pub at: Time,
    pub action: String,
    pub actor: Value,
    pub tenant_id: Option<Uuid>,
    pub target_type: String,
    pub target_id: String,
    pub target_name: String,
    pub ip: Option<String>,
    pub request_id: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub prev_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

impl Row {
    /// Every column but the hash itself, each with its length, so that no two rows give the same bytes.
    fn canonical(&self) -> Vec<u8> {
        let mut out = b"mpanel audit 1".to_vec();
        field(&mut out, Some(&self.id.to_be_bytes()));
        field(&mut out, Some(self.chain.as_bytes()));
        field(&mut out, Some(&self.seq.to_be_bytes()));
        field(&mut out, Some(&self.at.timestamp_micros().to_be_bytes()));
        field(&mut out, Some(self.action.as_bytes()));
        field(&mut out, Some(json(&self.actor).as_bytes()));
        field(&mut out, self.tenant_id.as_ref().map(|id| id.as_bytes().as_slice()));
        field(&mut out, Some(self.target_type.as_bytes()));
        field(&mut out, Some(self.target_id.as_bytes()));
        field(&mut out, Some(self.target_name.as_bytes()));
        field(&mut out, self.ip.as_deref().map(str::as_bytes));
        field(&mut out, self.request_id.as_deref().map(str::as_bytes));
        field(&mut out, self.before.as_ref().map(json).as_deref().map(str::as_bytes));
        field(&mut out, self.after.as_ref().map(json).as_deref().map(str::as_bytes));
        field(&mut out, Some(&self.prev_hash));
        out
    }
}

fn field(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        None => out.push(0),
        Some(bytes) => {
            out.push(1);
            out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
            out.extend_from_slice(bytes);
        }
    }
}

/// JSON with sorted keys and one way to write a number: `jsonb` keeps neither the order of keys nor the spelling of numbers.
fn json(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            let parts: Vec<String> = keys.iter().map(|key| format!("{}:{}", Value::from(key.as_str()), json(&map[*key]))).collect();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(","))
        }
        Value::Number(number) if !number.is_i64() && !number.is_u64() => number.as_f64().map_or_else(|| number.to_string(), float),
        other => other.to_string(),
    }
}

/// Whole numbers lose their point: `1.0`, `-0.0` and `1e2` come back from `jsonb` as they please.
fn float(number: f64) -> String {
    if number == number.trunc() && number.abs() < 9e15 { format!("{}", number as i64) } else { format!("{number:e}") }
}

/// PostgreSQL keeps no NUL in text or `jsonb`; what comes from anywhere, and must be kept, goes through this.
pub fn storable(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(storable_text(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(storable).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (storable_text(key), storable(value))).collect()),
        other => other,
    }
}

/// The same for text.
pub fn storable_text(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}
