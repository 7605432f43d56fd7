//! What every page carries: its policy, its headers, and the word about simulated servers.

use crate::{
    access::pages,
    client::{Answer, Visitor},
    seed::{Used, mailed_token, used, used_with},
};
use serde_json::json;
use std::collections::HashSet;

const SIMULATED: &str = "Demo mode: servers are simulated, and purchased sites are not real.";

/// Every page that there is, and two that there are not, as who may see it.
async fn all(used: &Used) -> Vec<(String, Answer)> {
    used.stranger().must("/api/public/session/forgot", json!({ "email": used.seed.anna.email })).await;
    let token = mailed_token(&used.admin(), &used.seed.anna.email, "/reset").await;
    let mut all = Vec::new();
    for page in pages(used, &token).into_iter().chain(["/nothing".to_owned(), "/admin/nothing".to_owned(), "/t/nobody".to_owned()]) {
        let visitor = match page.as_str() {
            path if path.starts_with("/t/") || path.starts_with("/account") => used.anna(),
            path if path.starts_with("/admin") => used.admin(),
            _ => used.stranger(),
        };
        let answer = visitor.get(&page).await;
        assert!(answer.text.contains("<html"), "{page}: {answer:?}");
        all.push((page, answer));
    }
    all
}

#[tokio::test]
async fn every_page_says_when_servers_are_simulated_and_none_does_otherwise() {
    let simulated = used(&["--no-work"]).await;
    for (page, answer) in all(&simulated).await {
        assert!(answer.text.contains(SIMULATED), "{page} does not say so");
    }
    let real = used_with(&["--no-work"], |installation| installation.set("MPANEL_SIMULATED", "false")).await;
    for (page, answer) in all(&real).await {
        assert!(!answer.text.contains(SIMULATED), "{page} says so");
    }
}

#[tokio::test]
async fn every_page_runs_only_its_own_scripts_and_stands_in_no_frame() {
    let used = used(&["--no-work"]).await;
    let mut nonces = HashSet::new();
    for (page, answer) in all(&used).await {
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{page}: {name}");
        }
        let policy = answer.header("content-security-policy");
        let directive = |name: &str| {
            let found = policy.split(';').map(str::trim).find_map(|one| one.strip_prefix(name));
            found.unwrap_or_else(|| panic!("{page}: no {name} in {policy}")).trim().to_owned()
        };
        assert_eq!(directive("default-src"), "'none'");
        assert_eq!(directive("frame-ancestors"), "'none'");
        assert_eq!(directive("base-uri"), "'none'");
        assert_eq!(directive("form-action"), "'self'");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{page}: {policy}");
        let scripts = directive("script-src");
        let nonce = scripts.split('\'').find_map(|word| word.strip_prefix("nonce-")).unwrap_or_else(|| panic!("{page}: {scripts}")).to_owned();
        assert!(nonce.len() >= 22, "{nonce}");
        let tags: Vec<_> = answer.text.match_indices("<script").map(|(at, _)| answer.text[at..].split('>').next().unwrap_or_default()).collect();
        assert!(tags.len() >= 3, "{page}: {tags:?}");
        for tag in tags {
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{page}: {tag} does not run");
        }
        for word in [" onclick=", " onload=", " onerror=", " onsubmit=", "javascript:"] {
            assert!(!answer.text.contains(word), "{page}: {word} does not run");
        }
        assert!(nonces.insert(nonce), "{page}: a nonce comes twice");
    }
    for path in ["/healthz", "/api/openapi.json", "/api/public/nothing", "/pkg/nothing.js"] {
        let answer = used.stranger().get(path).await;
        assert_eq!((answer.header("x-frame-options"), answer.header("x-content-type-options")), ("DENY", "nosniff"), "{path}");
    }
}

#[tokio::test]
async fn pages_that_many_ask_for_at_the_same_moment_all_answer() {
    let used = used(&["--no-work"]).await;
    let (anna, slug) = (used.anna(), &used.seed.anna.slug);
    let mut pages: Vec<(Visitor, String)> =
        ["", "/cloudpods", "/customers", "/servers", "/jobs", "/invoices", "/products", "/subscriptions", "/users", "/audit", "/outbox"]
            .map(|room| (used.admin(), format!("/admin{room}")))
            .into();
    pages.extend(["", "/jobs", "/billing", "/invoices", "/members"].map(|room| (anna.clone(), format!("/t/{slug}{room}"))));
    for (visitor, page) in pages {
        let answers = futures::future::join_all((0..30).map(|_| visitor.get(&page))).await;
        let bad: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
        assert!(bad.is_empty(), "{page}: {} of 30: {:?}", bad.len(), bad[0]);
    }
}
