//! A CA of its own for a test: pebble, which validates for real, with a DNS server that knows one address, or that is the test's.

use adapters::acme::{AcmeAuthority, AcmeConfig, SigningRequest};
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

/// Running; stopped when dropped.
pub struct Pebble {
    /// The root of what it issues, in PEM.
    pub root: String,
    directory_url: String,
    own_certificate: String,
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
        Self::leading_to(address, 80).await
    }

    /// Every name leads to this port of the loopback over HTTP.
    pub async fn reaching(http: u16) -> Self {
        Self::leading_to(Ipv4Addr::LOCALHOST, http).await
    }

    async fn leading_to(address: Ipv4Addr, http: u16) -> Self {
        let [dns, management] = [port(), port()];
        let mut args: Vec<String> = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", "", "-defaultIPv4"].map(str::to_owned).into();
        args.extend([address.to_string(), "-dns01".into(), format!("127.0.0.1:{dns}"), "-management".into(), format!("127.0.0.1:{management}")]);
        let server = start("pebble-challtestsrv", &args);
        let mut pebble = Self::asking_at(SocketAddr::from((Ipv4Addr::LOCALHOST, dns)), http).await;
        pebble._programs.push(server);
        pebble
    }

    /// It asks this DNS server.
    pub async fn asking(dns: SocketAddr) -> Self {
        Self::asking_at(dns, 80).await
    }

    async fn asking_at(dns: SocketAddr, http: u16) -> Self {
        let folder = env::temp_dir().join(format!("mpanel-pebble-{}", uuid::Uuid::now_v7()));
        fs::create_dir_all(&folder).unwrap();
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
        fs::write(folder.join("cert.pem"), &own).unwrap();
        fs::write(folder.join("key.pem"), SigningRequest::with_key(&key.serialize_pem()).unwrap().key()).unwrap();
        let [acme, management] = [port(), port()];
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{acme}"), "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": folder.join("cert.pem"), "privateKey": folder.join("key.pem"), "httpPort": http, "tlsPort": 443,
            "ocspResponderURL": "", "externalAccountBindingRequired": false,
        }});
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
        Self { root, directory_url: format!("https://localhost:{acme}/dir"), own_certificate: own, folder, _programs: programs }
    }

    /// The way to it.
    pub fn authority(&self) -> AcmeAuthority {
        let config = AcmeConfig {
            directory_url: self.directory_url.clone(),
            contact: "ops@hosting.example".to_owned(),
            external_account: None,
            caa_identities: vec!["pebble.test".to_owned()],
        };
        AcmeAuthority::new(config, Some(&self.own_certificate)).unwrap()
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
