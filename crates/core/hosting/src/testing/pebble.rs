//! A CA of its own for a test: pebble, which validates for real, with a DNS server that knows one address, or that is the test's.

use adapters::acme::{AcmeAuthority, AcmeConfig, ExternalAccount, SigningRequest};
use rcgen::{CertificateParams, KeyPair};
use std::{
    env, fs,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

/// How long it may take to answer.
const START: Duration = Duration::from_secs(60);

/// Its only customer: id, and key for HMAC in base64url.
const CUSTOMER: (&str, &str) = ("mpanel", "dGhlIGJpbmRpbmcga2V5IG9mIHBlYmJsZSdzIHRlc3Q");

/// Running; stopped when dropped. It opens accounts for its customer alone (external account binding).
pub struct Pebble {
    /// The root of what it issues, in PEM.
    pub root: String,
    /// Where it listens on the loopback.
    pub(super) port: u16,
    /// What it shows itself by, in PEM.
    pub(super) own_certificate: String,
    /// The key of that, in PEM.
    pub(super) own_key: String,
    folder: PathBuf,
    _programs: Vec<Child>,
}

impl Drop for Pebble {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port that was free a moment ago.
fn port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn start(program: &str, args: &[String]) -> Child {
    let mut command = Command::new(program);
    // It refuses one nonce in twenty by itself; three in a row end a request.
    command.args(args).env("PEBBLE_VA_NOSLEEP", "1").kill_on_drop(true);
    let quiet = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    quiet.spawn().unwrap_or_else(|error| panic!("{program} does not start ({error}); install the Debian package pebble"))
}

impl Pebble {
    /// Every name leads to `address`.
    pub async fn start(address: Ipv4Addr) -> Self {
        Self::leading_to(address, 80, None).await
    }

    /// Every name leads to this port of the loopback over HTTP.
    pub async fn reaching(http: u16) -> Self {
        Self::leading_to(Ipv4Addr::LOCALHOST, http, None).await
    }

    /// The same; what it issues is valid for so many days.
    pub async fn issuing_for(days: u32, http: u16) -> Self {
        Self::leading_to(Ipv4Addr::LOCALHOST, http, Some(days)).await
    }

    async fn leading_to(address: Ipv4Addr, http: u16, days: Option<u32>) -> Self {
        let [dns, management] = [port(), port()];
        let mut args: Vec<String> = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", "", "-defaultIPv4"].map(str::to_owned).into();
        args.extend([address.to_string(), "-dns01".into(), format!("127.0.0.1:{dns}"), "-management".into(), format!("127.0.0.1:{management}")]);
        let server = start("pebble-challtestsrv", &args);
        let mut pebble = Self::asking_at(SocketAddr::from((Ipv4Addr::LOCALHOST, dns)), http, days).await;
        pebble._programs.push(server);
        pebble
    }

    /// It asks this DNS server.
    pub async fn asking(dns: SocketAddr) -> Self {
        Self::asking_at(dns, 80, None).await
    }

    async fn asking_at(dns: SocketAddr, http: u16, days: Option<u32>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default(); // another test may have been first
        let folder = env::temp_dir().join(format!("mpanel-pebble-{}", uuid::Uuid::now_v7()));
        fs::create_dir_all(&folder).unwrap();
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
        fs::write(folder.join("cert.pem"), &own).unwrap();
        let own_key = SigningRequest::with_key(&key.serialize_pem()).unwrap().key();
        fs::write(folder.join("key.pem"), &own_key).unwrap();
        let [acme, management] = [port(), port()];
        let (customer, binding_key) = CUSTOMER;
        let mut config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{acme}"), "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": folder.join("cert.pem"), "privateKey": folder.join("key.pem"), "httpPort": http, "tlsPort": 443,
            "ocspResponderURL": "", "externalAccountBindingRequired": true, "externalAccountMACKeys": { customer: binding_key },
        }});
        if let Some(days) = days {
            config["pebble"]["certificateValidityPeriod"] = (days * 24 * 3600).into();
        }
        fs::write(folder.join("config.json"), config.to_string()).unwrap();
        let config = folder.join("config.json").display().to_string();
        let of_ca = ["-config".to_owned(), config, "-dnsserver".to_owned(), dns.to_string()];
        let programs = vec![start("pebble", &of_ca)];
        let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build().unwrap();
        let began = Instant::now();
        let root = loop {
            if let Ok(answer) = http.get(format!("https://127.0.0.1:{management}/roots/0")).send().await {
                break answer.text().await.unwrap();
            }
            assert!(began.elapsed() < START, "pebble does not answer");
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        Self { root, port: acme, own_certificate: own, own_key, folder, _programs: programs }
    }

    /// The way to it, for its customer.
    pub fn authority(&self) -> AcmeAuthority {
        self.authority_for(Some(CUSTOMER))
    }

    /// The way to it for somebody who says that he is this customer (id and key), or none.
    pub fn authority_for(&self, customer: Option<(&str, &str)>) -> AcmeAuthority {
        let external_account = customer.map(|(id, key)| ExternalAccount { id: id.to_owned(), key: key.to_owned() });
        AcmeAuthority::new(AcmeConfig { external_account, ..self.config(self.port) }, Some(&self.own_certificate)).unwrap()
    }

    /// What its customer would configure who reaches it at this port of the loopback: its own, or that of a proxy before it.
    pub(super) fn config(&self, port: u16) -> AcmeConfig {
        let (id, key) = CUSTOMER;
        AcmeConfig {
            directory_url: format!("https://localhost:{port}/dir"),
            contact: "ops@hosting.example".to_owned(),
            external_account: Some(ExternalAccount { id: id.to_owned(), key: key.to_owned() }),
            caa_identities: vec!["pebble.test".to_owned()],
        }
    }

    /// Ends it as a loss of power does: nobody answers there any more.
    pub async fn kill(&mut self) {
        for program in &mut self._programs {
            program.kill().await.unwrap();
        }
    }

    /// A visitor who trusts its root and nothing else, and finds this name at this address.
    pub fn visitor(&self, name: &str, address: Ipv4Addr) -> reqwest::Client {
        reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(self.root.as_bytes()).unwrap()])
            .resolve(name, (IpAddr::V4(address), 0).into())
            .build()
            .unwrap()
    }
}
