//! Statements of the record.

/// Locks the head of a chain until commit.
pub const LOCK_HEAD: &str = "select seq, hash, ids from lock_audit_head($1, $2)";
/// Adds an event at the head.
pub const APPEND: &str = "select append_audit_event($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
/// All heads.
pub const HEADS: &str = "select chain, seq, hash from audit_heads order by chain";
/// A part of all chains, one after the other.
pub const ROWS: &str = "
    select id, chain, seq, at, action, actor, tenant_id, target_type, target_id, target_name,
           ip, request_id, before, after, prev_hash, hash
      from audit_events
     where (chain, seq) > ($1, $2)
     order by chain, seq
     limit 1000";
