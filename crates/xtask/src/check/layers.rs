//! Dependencies between the floors run one way, and each floor has its own kind of library.

use super::{Outcome, graph::Graph};

/// What a crate may see of ours; those with a `?` only with a feature, so that the browser's half does without.
const OURS: &[(&str, &[&str])] = &[
    ("mpanel-model", &[]),
    ("mpanel-wire", &[]),
    ("mpanel-db", &["mpanel-model"]),
    ("mpanel-adapters", &["mpanel-model", "mpanel-wire"]),
    ("mpanel-node", &["mpanel-wire"]),
    ("mpanel-core", &["mpanel-model", "mpanel-wire", "mpanel-db", "mpanel-adapters"]),
    ("app-kit", &["mpanel-model"]),
    ("app-operation", &[]),
    ("app-auth", &["mpanel-model", "mpanel-db", "mpanel-core", "app-kit"]),
    ("app-overview", WING),
    ("app-administration", WING),
    ("app-hosting", WING),
    ("app-billing", WING),
    ("app-security", WING),
    ("app", &["mpanel-model", "app-kit", "app-overview", "app-administration", "app-hosting", "app-billing", "app-security", "app-auth?"]),
    ("frontend", &["app"]),
    ("mpanel", &["mpanel-model", "mpanel-wire", "mpanel-db", "mpanel-adapters", "mpanel-core", "app", "app-auth", "app-kit"]),
    ("mpanel-testkit", &["mpanel-model", "mpanel-wire", "mpanel-db", "mpanel-adapters", "mpanel-core"]),
    ("xtask", &[]),
];

const WING: &[&str] = &["mpanel-model", "app-kit", "app-operation", "app-auth?", "mpanel-core?"];

/// The only libraries of others that a crate may see.
const ONLY: &[(&str, &[&str])] = &[
    ("mpanel-model", &["serde", "uuid", "chrono", "sqlx?", "schemars?"]),
    ("mpanel-wire", &["serde"]),
    ("frontend", &["leptos", "wasm-bindgen", "wasm-bindgen-futures", "console_error_panic_hook"]),
];

/// Beginnings of library names that a crate may not see.
const NEVER: &[(&str, &[&str])] = &[
    ("mpanel-core", &["leptos", "axum", "server_fn"]),
    ("mpanel-db", &["leptos", "axum", "server_fn", "reqwest"]),
    ("mpanel-adapters", &["leptos", "axum", "server_fn", "sqlx"]),
    ("mpanel-node", &["leptos", "axum", "sqlx", "tokio"]),
    ("app", &["sqlx"]),
    ("mpanel", &["sqlx"]),
];

/// Looks at what every manifest of ours names. What tests name besides is theirs.
pub fn check(graph: &Graph) -> Outcome {
    let names: Vec<&str> = graph.ours().map(|package| package.name.as_str()).collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for package in graph.ours() {
        let name = package.name.as_str();
        let Some(below) = find(OURS, name) else {
            wrong.push(format!("{name}: on no floor; name it in crates/xtask/src/check/layers.rs"));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev")) {
            seen += 1;
            let other = dependency.name.as_str();
            let fits = |list: &[&str]| list.contains(&other) || (dependency.optional && list.iter().any(|one| one.strip_suffix('?') == Some(other)));
            let allowed = if names.contains(&other) {
                fits(below)
            } else {
                find(ONLY, name).is_none_or(fits) && !never(name).iter().any(|beginning| other.starts_with(beginning))
            };
            if !allowed {
                let how = if dependency.optional { "" } else { " without a feature" };
                wrong.push(format!("{name}: may not depend on {other}{how}"));
            }
        }
    }
    Outcome::of(wrong, format!("{} crates, {seen} dependencies, all downwards", names.len()))
}

fn find(table: &[(&str, &'static [&'static str])], name: &str) -> Option<&'static [&'static str]> {
    table.iter().find(|(one, _)| *one == name).map(|(_, list)| *list)
}

/// Every crate of the app follows the app's rule.
fn never(name: &str) -> &'static [&'static str] {
    let name = if name.starts_with("app-") { "app" } else { name };
    find(NEVER, name).unwrap_or_default()
}
