//! The command line.

use crate::{
    client::Visitor,
    panel::{Installation, free_port},
    seed::{PASSWORD, buy, made, set_up, setup_token, used},
};
use serde_json::json;
use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, process::Output};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn an_unknown_key_in_file_or_environment_stops_the_start_and_is_named() {
    let installation = Installation::new();
    let file = installation.dir.join("mpanel.toml");
    for (text, key) in
        [("listne = \"127.0.0.1:1\"", "listne"), ("[sites]\nbase_domian = \"x.example\"", "base_domian"), ("concurrency = \"many\"", "concurrency")]
    {
        fs::write(&file, text).expect("a file");
        for command in [["serve"].as_slice(), &["work"], &["migrate"], &["audit", "verify"]] {
            let output = installation.run(&[&["--config", file.to_str().expect("text")], command].concat());
            assert!(!output.status.success() && said(&output).contains(key), "{command:?} {text}: {}", said(&output));
        }
    }
    fs::write(&file, "[seller.bank]\nholder = \"Example\"\niban = \"NL92ABNA0417164300\"").expect("a file");
    let output = installation.run(&["--config", file.to_str().expect("text"), "serve"]);
    assert!(!output.status.success() && said(&output).contains("seller.bank.iban"), "{}", said(&output));
    for (name, key) in [("MPANEL_LISTNE", "listne"), ("MPANEL_MAIL__SMPT_URL", "smpt_url")] {
        let mut other = Installation::new();
        other.set(name, "x");
        let output = other.run(&["serve"]);
        assert!(!output.status.success() && said(&output).contains(key), "{name}: {}", said(&output));
    }
    let output = installation.run(&["--config", "/nowhere/mpanel.toml", "serve"]);
    assert!(!output.status.success() && said(&output).contains("/nowhere/mpanel.toml"), "{}", said(&output));
    assert!(!installation.data().exists(), "nothing was begun");
}

#[tokio::test]
async fn doctor_finds_a_sound_installation_sound_and_says_what_to_do_about_a_broken_one() {
    let used = used(&["--no-work"]).await;
    let mut installation = used.installation;
    let busy = installation.run(&["doctor"]);
    assert!(!busy.status.success() && said(&busy).contains("set MPANEL_LISTEN"), "{}", said(&busy));
    assert!(used.process.stop().await.success());
    let sound = installation.run(&["doctor"]);
    assert!(sound.status.success() && !said(&sound).contains("missing"), "{}", said(&sound));
    for what in ["data folder", "listen", "site files", "payments", "runtimes", "tailnet", "names of sites", "database"] {
        assert!(said(&sound).contains(&format!("ok       {what}: ")), "{what}: {}", said(&sound));
    }
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let file = installation.dir.join("a-file");
    fs::write(&file, "").expect("a file");
    let away = format!("postgres://mpanel@127.0.0.1:{}/mpanel", free_port());
    for (key, value, remedy) in [
        ("MPANEL_LISTEN", taken.local_addr().expect("bound").to_string(), "missing  listen: "),
        ("MPANEL_DATA_DIR", file.join("data").display().to_string(), "set data_dir"),
        ("MPANEL_SIMULATED", "false".to_owned(), "mpanel runtime build all"),
        ("DATABASE_URL", away, "missing  database: "),
    ] {
        installation.set(key, value);
        let broken = installation.run(&["doctor"]);
        assert!(!broken.status.success() && said(&broken).contains(remedy), "{key}: {}", said(&broken));
    }
    installation.unset("MPANEL_PAYMENTS__PROVIDER");
    assert!(said(&installation.run(&["doctor"])).contains("missing  payments: "));
}

#[tokio::test]
async fn nothing_is_sold_without_a_payment_provider_that_is_named() {
    let mut installation = Installation::new();
    for provider in [None, Some("free"), Some("")] {
        match provider {
            Some(name) => installation.set("MPANEL_PAYMENTS__PROVIDER", name),
            None => installation.unset("MPANEL_PAYMENTS__PROVIDER"),
        }
        for command in ["serve", "work"] {
            let mut process = installation.start(&[command]);
            let status = process.ended().await;
            assert!(!status.success() && process.log().to_lowercase().contains("provider"), "{command} {provider:?}: {}", process.log());
        }
    }
    assert!(!installation.data().exists(), "nothing was begun");
}

#[tokio::test]
async fn a_taken_port_of_the_simulated_sites_is_named_with_its_setting() {
    let mut used = used(&["--no-work"]).await;
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    used.installation.set("MPANEL_SITES__PORT", taken.local_addr().expect("bound").port().to_string());
    let output = used.installation.run(&["work"]);
    assert!(!output.status.success() && said(&output).contains("MPANEL_SITES__PORT"), "{}", said(&output));
}

#[tokio::test]
async fn audit_verify_finds_the_record_whole_and_names_a_row_that_was_changed() {
    let used = used(&["--no-work"]).await;
    let whole = used.installation.run(&["audit", "verify"]);
    assert!(whole.status.success() && said(&whole).contains("Audit log intact"), "{}", said(&whole));
    assert!(!said(&whole).contains("No anchors"), "{}", said(&whole));
    assert_eq!(
        used.sql("update audit_events set target_name = 'somebody else' where chain = (select id from tenants order by id limit 1) and seq = 2")
            .await,
        1
    );
    let bent = used.installation.run(&["audit", "verify"]);
    assert!(!bent.status.success() && said(&bent).contains("Audit log tampered with"), "{}", said(&bent));
    let first = [&used.seed.anna.tenant, &used.seed.bert.tenant].into_iter().min().expect("two");
    let named = format!("chain of tenant {first}, event 2 (row ");
    assert!(said(&bent).contains(&named) && said(&bent).contains("changed after it was written"), "{}", said(&bent));
}

#[tokio::test]
async fn migrate_can_run_twice_and_the_set_up_link_of_the_terminal_works_once() {
    let installation = Installation::new();
    for _ in 0..2 {
        let migrated = installation.run(&["migrate"]);
        assert!(migrated.status.success(), "{}", said(&migrated));
    }
    let panel = installation.serve(&["--no-work"]).await;
    let stranger = Visitor::new(installation.port);
    // Beside the panel that runs, with the PostgreSQL that it has started.
    let [first, second] = [(); 2].map(|()| {
        let printed = installation.run(&["admin", "setup-link"]);
        assert!(printed.status.success(), "{}", said(&printed));
        String::from_utf8_lossy(&printed.stdout).into_owned()
    });
    assert!(second.starts_with(&format!("http://127.0.0.1:{}/set-up?token=", installation.port)), "{second}");
    let with = async |printed: &str| {
        let input = json!({ "token": setup_token(printed), "email": "eve@example.org", "name": "", "password": PASSWORD });
        stranger.call("/api/public/session/set_up", &input).await.status
    };
    assert_eq!(with(&panel.log()).await, 404, "a newer link ends the older ones");
    assert_eq!(with(&first).await, 404);
    let admin = stranger.with(&set_up(&stranger, &second).await);
    assert_eq!(with(&second).await, 404, "once");
    let late = installation.run(&["admin", "setup-link"]);
    assert!(!late.status.success() && said(&late).contains("an admin already exists"), "{}", said(&late));
    let record = admin.must("/api/admin/security/audit/list", json!({ "request": {} })).await.to_string();
    assert!(record.contains("PLATFORM_SET_UP") && record.contains("SETUP_LINK_MADE"), "{record}");
}

#[tokio::test]
async fn the_key_is_replaced_while_nothing_runs_and_everything_goes_on_under_the_new_one() {
    let used = used(&[]).await;
    let installation = used.installation;
    let file = installation.data().join("master.key");
    let before = fs::read_to_string(&file).expect("a key");
    let busy = installation.run(&["key", "rotate"]);
    assert!(!busy.status.success() && said(&busy).contains("mPanel is running"), "{}", said(&busy));
    assert_eq!(fs::read_to_string(&file).expect("a key"), before, "a panel that runs keeps its key");
    assert!(used.process.stop().await.success());

    // What an interrupted command has left does not stop the next one.
    fs::write(installation.data().join("master.key.new"), "half").expect("a file");
    let replaced = installation.run(&["key", "rotate"]);
    assert!(
        replaced.status.success() && said(&replaced).contains("2 CloudPods") && said(&replaced).contains("3 audit chains"),
        "{}",
        said(&replaced)
    );
    let after = fs::read_to_string(&file).expect("a key");
    assert!(after.ends_with(&before) && after.len() > before.len() + 64, "the old one is kept below the new one");
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    let whole = installation.run(&["audit", "verify"]);
    assert!(whole.status.success() && said(&whole).contains("Audit log intact"), "{}", said(&whole));

    // The new key alone is enough to go on.
    fs::write(&file, after.lines().next().expect("a line")).expect("the file");
    let process = installation.serve(&[]).await;
    let admin = Visitor::new(installation.port).with(&used.seed.admin);
    let record = admin.must("/api/admin/security/audit/list", json!({ "request": {} })).await.to_string();
    assert!(record.contains("KEY_REPLACED"), "{record}");
    let stranger = Visitor::new(installation.port);
    made(&stranger, &buy(&stranger, "static", "carla@eastpier.example").await).await;
    assert!(process.stop().await.success());

    // Without the old key what was written under it cannot be vouched for.
    let bent = installation.run(&["audit", "verify"]);
    assert!(!bent.status.success(), "{}", said(&bent));
    fs::write(&file, &after).expect("the file");
    let whole = installation.run(&["audit", "verify"]);
    assert!(whole.status.success(), "{}", said(&whole));
}
