//! HTTPS that the panel serves itself, with a certificate from a CA that validates for real.

use crate::panel::{Installation, eventually, free_port};
use db::testing::TestDb;
use reqwest::{Client, StatusCode, redirect::Policy};
use sqlx::{Connection, PgConnection};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::Stdio,
};
use tokio::process::{Child, Command};

const NAME: &str = "panel.northpier.test";

/// A CA for one test; stopped when dropped.
struct Pebble {
    /// The root of what it issues.
    root: String,
    directory_url: String,
    /// The DNS that it asks.
    dns: u16,
    /// What the CA's own server proves itself with.
    own: PathBuf,
    _programs: Vec<Child>,
}

impl Pebble {
    /// Every name leads to this port of the loopback over HTTP.
    async fn start(folder: &std::path::Path, http: u16) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default(); // another test may have been first
        let start = |program: &str, args: &[String]| {
            let mut command = Command::new(program);
            command.args(args).env("PEBBLE_VA_NOSLEEP", "1").kill_on_drop(true);
            let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
            quiet.spawn().unwrap_or_else(|error| panic!("{program} does not start ({error}); install the Debian package pebble"))
        };
        let (chain, key) = adapters::acme::self_signed("localhost").unwrap();
        let own = folder.join("pebble.pem");
        fs::write(&own, chain).unwrap();
        fs::write(folder.join("pebble.key"), key).unwrap();
        let [dns, names, acme, management] = [free_port(), free_port(), free_port(), free_port()];
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{acme}"), "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": own, "privateKey": folder.join("pebble.key"), "httpPort": http, "tlsPort": 443,
            "ocspResponderURL": "", "externalAccountBindingRequired": false,
        }});
        let file = folder.join("pebble.json");
        fs::write(&file, config.to_string()).unwrap();
        let mut args: Vec<String> =
            ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", "", "-defaultIPv4", "127.0.0.1"].map(str::to_owned).into();
        args.extend(["-dns01".into(), format!("127.0.0.1:{dns}"), "-management".into(), format!("127.0.0.1:{names}")]);
        let of_ca = ["-config".to_owned(), file.display().to_string(), "-dnsserver".to_owned(), format!("127.0.0.1:{dns}")];
        let programs = vec![start("pebble-challtestsrv", &args), start("pebble", &of_ca)];
        let http = Client::builder().tls_danger_accept_invalid_certs(true).build().unwrap();
        let root =
            eventually("pebble answers", async || http.get(format!("https://127.0.0.1:{management}/roots/0")).send().await.ok()?.text().await.ok())
                .await;
        Self { root, directory_url: format!("https://localhost:{acme}/dir"), dns, own, _programs: programs }
    }
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

#[tokio::test]
async fn the_panel_serves_https_itself_and_takes_each_certificate_without_a_restart_from_whichever_process_had_it_issued() {
    let database = TestDb::new().await;
    database.db.close().await;
    let mut owner = PgConnection::connect(&database.owner_url).await.unwrap();
    let mut installation = Installation::new();
    let (https, http) = (free_port(), free_port());
    let pebble = Pebble::start(&installation.dir, http).await;
    installation.set("DATABASE_URL", &database.owner_url);
    installation.set("MPANEL_SIMULATED", "false");
    installation.unset("MPANEL_SITES__PORT");
    installation.set("MPANEL_PUBLIC_URL", format_args!("https://{NAME}"));
    installation.set("MPANEL_HTTPS__LISTEN", local(https));
    installation.set("MPANEL_HTTPS__LISTEN_HTTP", local(http));
    installation.set("MPANEL_ACME__DIRECTORY_URL", &pebble.directory_url);
    installation.set("MPANEL_ACME__CONTACT", "ops@hosting.example");
    installation.set("MPANEL_ACME__ROOT", pebble.own.display());
    installation.set("MPANEL_DNS_RESOLVERS", format_args!("[\"{}\"]", local(pebble.dns)));
    let mut panel = installation.serve(&["--no-work"]).await;

    // Nobody has signed what it shows yet.
    let client = || Client::builder().no_proxy().redirect(Policy::none()).resolve(NAME, local(https)).pool_max_idle_per_host(0);
    let trusting = client().tls_certs_only([reqwest::Certificate::from_pem(pebble.root.as_bytes()).unwrap()]).build().unwrap();
    let careless = client().tls_danger_accept_invalid_certs(true).build().unwrap();
    let url = format!("https://{NAME}:{https}/healthz");
    assert!(trusting.get(&url).send().await.is_err());
    assert_eq!(careless.get(&url).send().await.unwrap().status(), StatusCode::OK);
    let plain = format!("http://127.0.0.1:{http}");
    let waiting = careless.get(format!("{plain}/sign-in?next=%2F")).send().await.unwrap();
    assert_eq!((waiting.status(), waiting.headers().contains_key("location")), (StatusCode::SERVICE_UNAVAILABLE, false), "not seen from outside yet");
    assert_eq!(careless.get(format!("{plain}/.well-known/acme-challenge/unknown")).send().await.unwrap().status(), StatusCode::NOT_FOUND);

    // Another process has it issued; the CA comes to this one.
    let mut worker = installation.start(&["work"]);
    let answer = eventually("the panel shows a certificate of the CA", async || trusting.get(&url).send().await.ok()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(!answer.headers().contains_key("strict-transport-security"));
    let shown = "select fingerprint from platform_certificates where kind = 'PANEL'";
    let first: String = sqlx::query_scalar(shown).fetch_one(&mut owner).await.unwrap();

    // Visitors are sent to HTTPS, and browsers insist on it, once it was seen from outside.
    sqlx::query("update platform_certificates set verified_at = now(), checked_at = now()").execute(&mut owner).await.unwrap();
    let sent = eventually("visitors are sent to HTTPS", async || {
        let answer = careless.get(format!("{plain}/sign-in?next=%2F")).send().await.ok()?;
        answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned())
    })
    .await;
    assert_eq!(sent, format!("https://{NAME}/sign-in?next=%2F"));
    let answer = trusting.get(&url).send().await.unwrap();
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");

    // Renewed while a visitor asks again and again.
    let due = "update platform_certificates set renew_at = now() - interval '1 second', checked_at = now() where kind = 'PANEL'";
    sqlx::query(due).execute(&mut owner).await.unwrap();
    let now = "select touch_reconciliation('platform_certificate', '00000000-0000-0000-0000-000000000002', now())";
    sqlx::query(now).execute(&mut owner).await.unwrap();
    eventually("it is renewed", async || {
        let answer = trusting.get(&url).send().await.expect("no visitor is lost");
        assert_eq!(answer.status(), StatusCode::OK);
        let next: String = sqlx::query_scalar(shown).fetch_one(&mut owner).await.unwrap();
        (next != first).then_some(())
    })
    .await;
    panel.assert_runs();
    worker.assert_runs();
}

#[tokio::test]
async fn https_of_its_own_needs_a_certificate_authority_and_a_name() {
    let mut installation = Installation::new();
    installation.set("MPANEL_HTTPS__LISTEN", local(free_port()));
    let refused = |installation: &Installation| {
        let output = installation.run(&["serve"]);
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = refused(&installation);
    assert!(said.contains("https.listen needs acme.directory_url"), "{said}");
    installation.set("MPANEL_SIMULATED", "false");
    installation.set("MPANEL_ACME__DIRECTORY_URL", "https://ca.test/dir");
    installation.set("MPANEL_ACME__CONTACT", "ops@hosting.example");
    let said = refused(&installation);
    assert!(said.contains("https.listen needs a public_url"), "{said}");
}
