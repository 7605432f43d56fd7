use super::{
    Outcome, claims, graph,
    graph::{Dependency, Graph, Package},
    layers, licences, names, operations, pages, sizes,
    sources::Sources,
};

/// What a check found; nothing when all is well.
fn findings(outcome: Outcome) -> Vec<String> {
    match outcome {
        Outcome::Wrong(findings) => findings,
        Outcome::Fine(_) | Outcome::Skipped(_) => Vec::new(),
    }
}

#[test]
fn a_file_that_is_too_long_is_named() {
    let long = "//\n".repeat(501);
    let files = Sources::of(&[("a.rs", "//\n"), ("b.rs", "//\n"), ("c.rs", &long), ("d.md", &long)]);
    assert_eq!(findings(sizes::check(&files)), ["c.rs:501: longer than 500 lines", "one file in ten is longer than 501 lines, more than 350"]);
}

#[test]
fn many_middling_files_are_too_many() {
    let middling = "//\n".repeat(121);
    let files = Sources::of(&[("a.rs", "//\n"), ("b.rs", &middling), ("c.rs", &middling)]);
    assert_eq!(findings(sizes::check(&files)), ["the median is 121 lines, more than 120"]);
}

fn package(name: &str, dependencies: Vec<Dependency>) -> Package {
    Package { name: name.to_owned(), version: "1.0.0".to_owned(), license: None, source: None, dependencies }
}

fn on(name: &str, kind: Option<&str>, optional: bool) -> Dependency {
    Dependency { name: name.to_owned(), kind: kind.map(str::to_owned), optional }
}

#[test]
fn a_dependency_upwards_is_named() {
    let all = |area, pages, model| {
        Graph::of(vec![
            package("mpanel-core-hosting", area),
            package("mpanel-core-billing", Vec::new()),
            package("mpanel-core-administration", Vec::new()),
            package("app-billing", pages),
            package("mpanel-model", model),
        ])
    };
    let good = all(
        vec![on("sqlx", None, false), on("mpanel-core-administration", None, false)],
        vec![on("mpanel-core-hosting", None, true)],
        vec![on("sqlx", None, true), on("proptest", Some("dev"), false)],
    );
    assert_eq!(findings(layers::check(&good)), Vec::<String>::new());
    let bad = all(
        vec![on("app-billing", None, false), on("mpanel-core-billing", None, false), on("leptos_axum", None, false)],
        vec![on("mpanel-core-hosting", None, false), on("sqlx", None, true)],
        vec![on("sqlx", None, false)],
    );
    assert_eq!(
        findings(layers::check(&bad)),
        [
            "mpanel-core-hosting: may not depend on app-billing without a feature",
            "mpanel-core-hosting: may not depend on mpanel-core-billing without a feature",
            "mpanel-core-hosting: may not depend on leptos_axum without a feature",
            "app-billing: may not depend on mpanel-core-hosting without a feature",
            "app-billing: may not depend on sqlx",
            "mpanel-model: may not depend on sqlx without a feature",
        ]
    );
}

#[test]
fn a_path_of_one_machine_is_named_and_a_servers_own_is_not() {
    let fault = |line: &str| findings(names::check(&Sources::of(&[("a.sh", line)])));
    let (work, root) = (concat!("/wo", "rk/"), concat!("/ro", "ot/"));
    assert_eq!(fault(&format!("cd {work}main")), [format!("a.sh:1: a path of one machine, {work}")]);
    assert_eq!(fault(&format!(". \"{root}env.sh\"")).len(), 1);
    for fine in [format!("cat {root}.ssh/authorized_keys"), format!("rm \"$state{root}x\""), format!("{{folder}}{work}"), format!("site{work}x")] {
        assert_eq!(fault(&fine), Vec::<String>::new(), "{fine}");
    }
}

#[test]
fn work_for_later_has_a_number() {
    let later = concat!("TO", "DO");
    let files = Sources::of(&[("a.rs", &format!("// {later}: this\n// {later}(#12): that\nlet {later}S = 1;"))]);
    assert_eq!(findings(names::check(&files)), [format!("a.rs:1: {later} without a number")]);
}

#[test]
fn a_package_from_elsewhere_is_named() {
    let lock = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nsource = \"registry+https://packages.example/index\"";
    assert_eq!(
        findings(names::check(&Sources::of(&[("Cargo.lock", lock)]))),
        ["Cargo.lock:2: a package from somewhere else than the public registry"]
    );
}

fn foreign(name: &str, version: &str, license: &str) -> Package {
    let license = (!license.is_empty()).then(|| license.to_owned());
    Package { name: name.to_owned(), version: version.to_owned(), license, source: Some("registry".to_owned()), dependencies: Vec::new() }
}

const POLICY: &str = "[licenses]\nallow = [\"MIT\", \"ISC\", \"Apache-2.0 WITH LLVM-exception\"]\n[bans]\ndeny = [{ crate = \"bad\", reason = \"so\" }, { crate = \"twice\", deny-multiple-versions = true, reason = \"so\" }]";

#[test]
fn a_licence_that_is_not_allowed_is_named() {
    let policy = licences::Policy::parse(POLICY).unwrap();
    let one = |license: &str| findings(licences::check(&Graph::of(vec![foreign("a", "1.0.0", license)]), &policy));
    for good in ["MIT", "GPL-3.0 OR MIT", "MIT AND ISC", "GPL-3.0/MIT", "(MIT OR GPL-3.0) AND ISC", "Apache-2.0 WITH LLVM-exception"] {
        assert_eq!(one(good), Vec::<String>::new(), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "MIT OR", "MIT MIT", "(MIT"] {
        assert_eq!(one(bad).len(), 1, "{bad}");
    }
}

#[test]
fn a_banned_package_and_a_second_version_are_named() {
    let policy = licences::Policy::parse(POLICY).unwrap();
    let graph = Graph::of(vec![foreign("bad", "1.0.0", "MIT"), foreign("twice", "1.0.0", "MIT"), foreign("twice", "2.0.0", "MIT")]);
    assert_eq!(findings(licences::bans(&graph, &policy)), ["bad 1.0.0: banned; so", "twice 1.0.0 and 2.0.0: two versions at once; so"]);
    assert_eq!(findings(licences::bans(&graph::Graph::of(vec![foreign("twice", "1.0.0", "MIT")]), &policy)), Vec::<String>::new());
}

/// A crate with a test inside, tests beside it, and a browser's file.
fn tested() -> Sources {
    Sources::of(&[
        ("crates/x/src/sell/price.rs", "mod tests {\n#[test]\nfn it_adds_up() {}\n#[test]\n#[ignore = \"slow\"]\nfn it_takes_long() {}\n}"),
        ("crates/x/src/sell/real_host.rs", "#[test]\n#[ignore = \"boots a real host\"]\nfn it_sells() {}"),
        ("crates/x/src/sell/zone.rs", "#[test]\n#[ignore = \"boots a real host\"]\nfn it_answers() {}"),
        ("crates/x/src/sell/tax_tests.rs", "proptest! {\n#[test]\nfn any_tax_is_rounded(x in 0..9) {}\n}\nfn helper() {}"),
        ("crates/x/tests/it/walls.rs", "#[tokio::test]\n#[ignore = \"boots a real host\"]\nasync fn it_holds() {}"),
        ("end2end/tests/1-buy.spec.js", "test(\"a visitor buys, once (really)\", async () => {});\ntest.skip(\"not yet\", () => {});"),
    ])
}

#[test]
fn a_claim_needs_a_test_that_exists_and_runs() {
    let row = |named: &str| findings(claims::look(&format!("| Claim | Test |\n|---|---|\n| It does | {named} |\n"), &tested()).unwrap());
    for good in [
        "`crates/x/src/sell/price.rs: it_adds_up` `crates/x/src/sell/tax_tests.rs: any_tax_is_rounded`",
        "`crates/x/tests/it/walls.rs: it_holds`",
        "`crates/x/src/sell/real_host.rs: it_sells`",
        "`end2end/tests/1-buy.spec.js: a visitor buys, once (really)`",
    ] {
        assert_eq!(row(good), Vec::<String>::new(), "{good}");
    }
    for (bad, why) in [
        ("", "a claim without a test"),
        ("`it_adds_up`", "is not `file: test`"),
        ("`crates/x/src/none.rs: it_adds_up`", "there is no such file"),
        ("`crates/x/src/sell/tax_tests.rs: helper`", "there is no such test"),
        ("`crates/x/src/sell/price.rs: it_takes_long`", "ignored, \"slow\""),
        ("`crates/x/src/sell/zone.rs: it_answers`", "have \"real_\" in their path"),
        ("`end2end/tests/1-buy.spec.js: not yet`", "there is no such test"),
    ] {
        assert!(row(bad).iter().any(|line| line.contains(why)), "{bad}: {:?}", row(bad));
    }
}

#[test]
fn a_claimed_test_that_did_not_pass_is_named() {
    let page = "| A | `crates/x/src/sell/price.rs: it_adds_up` |\n| B | `crates/x/src/sell/tax_tests.rs: any_tax_is_rounded` |\n| C | `crates/x/tests/it/walls.rs: it_holds` |\n| D | `end2end/tests/1-buy.spec.js: a visitor buys, once (really)` |\n";
    let good = "test sell::price::tests::it_adds_up ... ok\ntest sell::tax::tests::any_tax_is_rounded ... ok\ntest walls::it_holds ... ok\n  ok 1 1-buy.spec.js:1:1 › a visitor buys, once (really) (2.3s)\n";
    let missing = |output: &str| claims::not_passed(page, output, &tested()).unwrap().len();
    assert_eq!(missing(good), 0);
    assert_eq!(missing(&good.replace("  ok 1", "  x  1")), 1);
    assert_eq!(missing(&good.replace("walls::it_holds ... ok", "walls::it_holds ... FAILED")), 1);
    assert_eq!(missing(&good.replace("sell::price", "buy::price")), 1);
    assert_eq!(missing(""), 4);
}

#[test]
fn a_page_that_the_browser_tests_do_not_look_at_is_named() {
    let routes = r#"
        <ParentRoute path=path!("/t/:slug") view=page!(tenant, TenantLayout)>
            <Route path=path!("") view=page!(cloudpods, CloudPodsPage)/>
            <Route path=path!("domains/connect") view=page!(domain, ConnectDomainPage)/>
            <Route path=path!("domains/:id") view=page!(domain, DomainPage)/>
        </ParentRoute>
        <ParentRoute path=path!("") view=page!(plans, PublicLayout)>
            <Route path=path!("") view=page!(plans, PlansPage)/>
            <Route path=path!("set-up") view=SetUpPage/>
        </ParentRoute>"#;
    let of = |list: &str| findings(pages::check(&Sources::of(&[("app/src/routes.rs", routes), ("end2end/tests/pages.js", list)])));
    let good = r#"[["plans", "/"], ["portal", `${portal}`], ["connect", `${portal}/domains/connect`], ["domain", `${portal}/domains/${await one("x", { y })}?tab=a`]]"#;
    assert_eq!(of(good), Vec::<String>::new());
    let without = good.replace(r#"${await one("x", { y })}?tab=a"#, "connect");
    assert_eq!(of(&without), ["end2end/tests/pages.js: no address of /t/:slug/domains/:id"], "another page's own address is none of it");
    let commented = format!("// {good}");
    assert_eq!(of(&commented).len(), 4);
    assert_eq!(of(&good.replace("\"/\"", "\"/set-up\"")).len(), 2, "one is missing, and the reason of another does not hold");
}

#[test]
fn a_server_function_by_hand_is_named_whatever_path_leads_to_it() {
    let of = |path: &str, text: &str| findings(operations::check(&Sources::of(&[(path, text)])));
    let page = |text: &str| of("app/billing/src/a.rs", text).len();
    for fine in [
        "#[operation(\"/api/admin/a\", \"list\", platform(BillingRead))]\npub async fn a() {}",
        "#[operation(\"/a\", \"b\", public)]\nasync fn b(#[server(flatten)] order: Order, #[server(default)] pubs: u8) {}",
        "// #[server(x)] and app_auth::platform\nconst TEXT: &str = \"#[server(x)] fn\";",
        "let services = app_auth::services()?;",
    ] {
        assert_eq!(page(fine), 0, "{fine}");
    }
    for bad in [
        "#[server(prefix = \"/api\", endpoint = \"b\")]\nfn b() {}",
        "#[server]\n/// Words.\npub async fn b() {}",
        "#[leptos::prelude::server(prefix = \"/api\")]\npub async fn b() {}",
        "#[ leptos :: server ( ) ] pub(crate) async fn b() {}",
        "many! { #[::leptos::prelude::server()] async fn b() {} }",
        "use leptos::prelude::server as operation;",
        "let tx = app_auth::platform::<BillingRead>().await?;",
        "use app_auth::{services, tenant};",
    ] {
        assert_eq!(page(bad), 1, "{bad}");
    }
    let bad = "mod a {\n    #[leptos::server]\n    pub async fn b() {}\n}";
    let conn = "fn take(tx: Tx) { rows(tx.conn()) }";
    assert_eq!(of("app/billing/src/a.rs", conn), ["app/billing/src/a.rs:1: a bare connection is taken: areas decide what it is used for"]);
    assert_eq!(of("server/src/a.rs", bad), ["server/src/a.rs:2: a server function by hand; #[operation] does that"]);
    assert_eq!(of("app/operation/src/expand.rs", bad), Vec::<String>::new());
    assert_eq!(of("server/src/handlers/functions/tests.rs", bad), Vec::<String>::new());
}
