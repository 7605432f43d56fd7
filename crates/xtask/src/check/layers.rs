//! Dependencies between layers, and between areas within one, run one way; each layer has its own kind of library.

use super::{Outcome, graph::Graph};

/// What a crate may see of ours; those with a `?` only with a feature, so that the browser's half does without.
const OURS: &[(&str, &[&str])] = &[
    ("mpanel-model", &[]),
    ("mpanel-wire", &[]),
    ("mpanel-db", &["mpanel-model"]),
    ("mpanel-adapters", &["mpanel-model", "mpanel-wire"]),
    ("mpanel-node", &["mpanel-wire"]),
    ("mpanel-engine", BELOW_ENGINE),
    ("mpanel-core-security", BELOW_AREAS),
    ("mpanel-core-administration", BELOW_AREAS),
    ("mpanel-core-hosting", BELOW_AREAS),
    ("mpanel-core-billing", BELOW_AREAS),
    ("mpanel-core-overview", BELOW_AREAS),
    ("app-kit", &["mpanel-model"]),
    ("app-operation", &[]),
    ("app-auth", &["mpanel-model", "mpanel-db", "mpanel-engine", "mpanel-core-administration", "app-kit"]),
    ("app-overview", PAGES),
    ("app-administration", PAGES),
    ("app-hosting", PAGES),
    ("app-billing", PAGES),
    ("app-security", PAGES),
    ("app", &["mpanel-model", "app-kit", "app-overview", "app-administration", "app-hosting", "app-billing", "app-security", "app-auth?"]),
    ("frontend", &["app"]),
    (
        "mpanel",
        &["mpanel-model", "mpanel-wire", "mpanel-db", "mpanel-adapters", "mpanel-stripe-simulator", "mpanel-engine", "app", "app-auth", "app-kit"],
    ),
    ("mpanel-stripe-simulator", &["mpanel-model"]),
    ("mpanel-testkit", &[]),
    ("xtask", &[]),
];

const BELOW_ENGINE: &[&str] = &["mpanel-model", "mpanel-wire", "mpanel-db", "mpanel-adapters"];
const BELOW_AREAS: &[&str] = &["mpanel-model", "mpanel-wire", "mpanel-db", "mpanel-adapters", "mpanel-engine", "mpanel-testkit?"];
const PAGES: &[&str] = &["mpanel-model", "app-kit", "app-operation", "app-auth?"];

/// The areas, lowest first: an area may see those before it. Pages see every area, on the server only; the program sees all.
const AREAS: &[&str] = &["mpanel-core-security", "mpanel-core-administration", "mpanel-core-hosting", "mpanel-core-billing", "mpanel-core-overview"];

/// The only libraries of others that a crate may see.
const ONLY: &[(&str, &[&str])] = &[
    ("mpanel-model", &["serde", "uuid", "chrono", "sqlx?", "schemars?"]),
    ("mpanel-wire", &["serde"]),
    ("frontend", &["leptos", "wasm-bindgen", "wasm-bindgen-futures", "console_error_panic_hook"]),
];

/// Beginnings of library names that a crate may not see.
const NEVER: &[(&str, &[&str])] = &[
    ("mpanel-core", &["leptos", "axum", "server_fn"]),
    ("mpanel-engine", &["leptos", "axum", "server_fn"]),
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
            wrong.push(format!("{name}: in no layer; name it in crates/xtask/src/check/layers.rs"));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev")) {
            seen += 1;
            let other = dependency.name.as_str();
            let fits = |list: &[&str]| list.contains(&other) || (dependency.optional && list.iter().any(|one| one.strip_suffix('?') == Some(other)));
            let allowed = if let Some(rank) = rank(other) {
                sees_area(name, below, rank, dependency.optional)
            } else if names.contains(&other) {
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

fn rank(name: &str) -> Option<usize> {
    AREAS.iter().position(|area| *area == name)
}

fn sees_area(name: &str, below: &[&str], area: usize, is_optional: bool) -> bool {
    match rank(name) {
        Some(own) => area < own,
        None if below == PAGES => is_optional,
        None => name == "mpanel" || below.contains(&AREAS[area]),
    }
}

/// Every crate of the app follows the app's rule, every area that of the core.
fn never(name: &str) -> &'static [&'static str] {
    let name = if name.starts_with("app-") {
        "app"
    } else if rank(name).is_some() {
        "mpanel-core"
    } else {
        name
    };
    find(NEVER, name).unwrap_or_default()
}
