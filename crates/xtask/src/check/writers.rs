//! Only the module that owns a table writes it: others ask that module, or touch its reconciler.
//!
//! The statements are the texts in the sources; migrations and tests write what they like.

use super::{Outcome, sources::Sources};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};

/// Reads the statements of every crate that has some.
pub fn check(sources: &Sources) -> Outcome {
    let mut writers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources.rust().filter(|source| !is_test(&source.path)) {
        let (Some(module), Ok(tokens)) = (module(&source.path), source.text.parse::<TokenStream>()) else { continue };
        let mut texts = Vec::new();
        literals(tokens, &mut texts);
        for table in texts.iter().flat_map(|text| written(text)) {
            writers.entry(table).or_default().insert(module.clone());
        }
    }
    let wrong = writers.iter().filter(|(_, modules)| modules.len() > 1).map(|(table, modules)| {
        format!("{table} is written by {}: only the module that owns it writes a table", modules.iter().cloned().collect::<Vec<_>>().join(" and "))
    });
    Outcome::of(wrong.collect(), format!("{} tables, each written by one module", writers.len()))
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/")
        || path.contains("/testing/")
        || path.ends_with("/testing.rs")
        || path.ends_with("tests.rs")
        || path.ends_with("real_host.rs")
}

/// `hosting/cloudpods` for a file of that module, `engine/saga` and so on elsewhere; nothing where no statement stands.
fn module(path: &str) -> Option<String> {
    let (krate, rest) = path.strip_prefix("crates/")?.split_once("/src/")?;
    if krate == "node" || krate == "xtask" {
        return None;
    }
    let folder = rest.split('/').next()?.trim_end_matches(".rs");
    Some(format!("{}/{folder}", krate.trim_start_matches("core/")))
}

fn literals(tokens: TokenStream, into: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => literals(group.stream(), into),
            TokenTree::Literal(literal) => into.push(literal.to_string()),
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// The tables that a statement writes.
fn written(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect();
    let mut tables = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = |ahead: usize| words.get(at + ahead).copied().unwrap_or_default();
        match (*word, next(1)) {
            ("insert", "into") | ("delete", "from") => tables.push(next(2).to_owned()),
            // `update x set`, `update x as y set`, `update x y set`; not `do update set`, and not a lock.
            ("update", table) if table != "set" && (next(2) == "set" || next(3) == "set" || (next(2) == "as" && next(4) == "set")) => {
                tables.push(table.to_owned());
            }
            _ => {}
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITES: &str = r#"fn a() { query("update jobs j set status = 'done' where id = $1"); }"#;

    #[test]
    fn a_table_that_two_modules_write_is_found() {
        let sources = Sources::of(&[("crates/engine/src/saga/queries.rs", WRITES), ("crates/core/hosting/src/cloudpods/queries.rs", WRITES)]);
        let Outcome::Wrong(lines) = check(&sources) else { panic!("two modules write jobs") };
        assert_eq!(lines, ["jobs is written by engine/saga and hosting/cloudpods: only the module that owns it writes a table"]);
    }

    #[test]
    fn reading_locking_and_tests_are_no_writing() {
        let reads = r#"fn a() { query("select id from jobs where id = $1 for update of jobs"); query("select 1 from jobs for update skip locked") }"#;
        let upsert = r#"fn a() { query("insert into pods (id) values ($1) on conflict (id) do update set id = excluded.id") }"#;
        let sources = Sources::of(&[
            ("crates/engine/src/saga/queries.rs", WRITES),
            ("crates/core/hosting/src/cloudpods/queries.rs", reads),
            ("crates/core/hosting/src/cloudpods/place.rs", upsert),
            ("crates/core/hosting/src/cloudpods/tests/create.rs", WRITES),
        ]);
        assert!(matches!(check(&sources), Outcome::Fine(figures) if figures == "2 tables, each written by one module"));
    }
}
