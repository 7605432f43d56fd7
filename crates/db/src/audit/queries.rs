//! Statements of the record.

/// Locks the heads of chains until commit, one after the other.
pub const LOCK_HEADS: &str = "
    select head.seq, head.hash, head.ids
      from unnest($1::uuid[], $2::integer[]) wanted (chain, events), lock_audit_head(wanted.chain, wanted.events) head";
/// Adds events at their heads, one after the other.
pub const APPEND: &str = "
    select append_audit_event(id, chain, seq, at, action, actor, tenant_id, target_type, target_id, target_name, ip, request_id,
                              before, after, prev_hash, hash)
      from unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::text[], $6::jsonb[], $7::uuid[], $8::text[], $9::text[],
                  $10::text[], $11::text[], $12::text[], $13::jsonb[], $14::jsonb[], $15::bytea[], $16::bytea[])
             event (id, chain, seq, at, action, actor, tenant_id, target_type, target_id, target_name, ip, request_id, before, after,
                    prev_hash, hash)";
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
