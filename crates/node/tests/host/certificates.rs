//! Sites over HTTPS: what visitors get, who can read the key, and what happens to a certificate that nginx does not take.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use wire::certificate::{CertificateChain, ChallengeAnswer, ChallengeToken, NamesCertificate, PrivateKey, SiteCertificate};
use wire::message::FailureKind;
use wire::observation::PodCondition;
use wire::spec::PodSpec;
use wire::verb::{ChallengePut, ChallengeRemove, PodApply, PodObserve, PodPlan, PodRemove, RemoveMode};

use crate::bed::Host;
use crate::isolation::{REACH, reached};
use crate::specs::{TITLE, domain, php_pod, suspended, wordpress_pod};
use crate::walls::put;

/// An authority of this test's own.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // OpenSSL takes a certificate whose issuer has its own name for one that has signed itself.
        params.distinguished_name.push(DnType::CommonName, "the authority of this test");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, name: &str) -> SiteCertificate {
        let key = KeyPair::generate().unwrap();
        let issued = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        SiteCertificate {
            chain: CertificateChain::new(issued.pem().replace("\r\n", "\n")).unwrap(),
            key: PrivateKey::new(key.serialize_pem().replace("\r\n", "\n")).unwrap(),
            redirect: false,
            hsts: None,
            also: None,
        }
    }

    /// The answer to a visitor who trusts this authority and nobody else, and the certificate that was shown.
    fn fetch(&self, host: &Host, name: &str, path: &str) -> Result<(String, Vec<u8>), String> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let connection = ClientConnection::new(Arc::new(config), ServerName::try_from(name.to_owned()).unwrap()).unwrap();
        let stream = TcpStream::connect((host.address(), 443)).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut tls = StreamOwned::new(connection, stream);
        write!(tls, "GET {path} HTTP/1.0\r\nHost: {name}\r\n\r\n").map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        // nginx closes without a farewell of TLS where it was asked by HTTP/1.0: what came before counts.
        let _ = tls.read_to_end(&mut bytes);
        let shown = tls.conn.peer_certificates().and_then(|chain| chain.first()).ok_or("no certificate")?.to_vec();
        Ok((String::from_utf8_lossy(&bytes).into_owned(), shown))
    }
}

#[test]
#[ignore = "boots a real host"]
fn names_of_a_site_that_have_a_certificate_of_their_own_are_shown_it_and_the_others_are_not() {
    let host = Host::shared();
    let session = host.session();
    let (authority, first) = (Authority::new(), domain("c-also"));
    let second = "c-also.sites.example.test".to_owned();
    let mut plain = php_pod("c-also");
    plain.sites[0].domains.push(wire::DomainName::new(second.clone()).unwrap());
    let (of_first, of_second) = (authority.issue(&first), authority.issue(&second));
    let also = NamesCertificate { domains: vec![wire::DomainName::new(second.clone()).unwrap()], chain: of_second.chain, key: of_second.key };
    let spec = with(&plain, SiteCertificate { redirect: true, hsts: Some(86_400), also: Some(also), ..of_first });
    session.call(PodApply { spec: spec.clone() }).unwrap();

    let (page, shown) = authority.fetch(&host, &first, "/").unwrap();
    let (other_page, other) = authority.fetch(&host, &second, "/").unwrap();
    assert_ne!(shown, other, "each name is shown its own, and a visitor verifies both");
    for page in [page, other_page] {
        assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("Strict-Transport-Security: max-age=86400"), "{page:.400}");
    }
    for name in [&first, &second] {
        let answer = host.fetch_raw(name, "/a?b=c");
        assert!(answer.contains(&format!("Location: https://{name}/a?b=c")), "{answer:.300}");
    }
    let files = "stat -c '%a %U:%G' /etc/nginx/mpanel.d/*c-also*.pem";
    assert_eq!(host.script(files), "600 root:root\n600 root:root");
    assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());

    // One is renewed: the other stays, and neither leaves anything.
    let mut renewed = spec.clone();
    if let Some(certificate) = &mut renewed.sites[0].certificate {
        let next = authority.issue(&second);
        certificate.also = certificate.also.take().map(|also| NamesCertificate { chain: next.chain, key: next.key, ..also });
    }
    session.call(PodApply { spec: renewed }).unwrap();
    assert_eq!(authority.fetch(&host, &first, "/").unwrap().1, shown);
    assert_ne!(authority.fetch(&host, &second, "/").unwrap().1, other);
    assert_eq!(host.script(files), "600 root:root\n600 root:root");
    session.call(PodRemove { pod: plain.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("c-also"), "");
}

fn with(spec: &PodSpec, certificate: SiteCertificate) -> PodSpec {
    let mut spec = spec.clone();
    spec.sites[0].certificate = Some(certificate);
    spec
}

#[test]
#[ignore = "boots a real host"]
fn a_site_is_served_over_https_by_a_key_that_root_alone_reads_and_a_bad_one_leaves_the_previous_one_in_use() {
    let host = Host::boot();
    let session = host.session();
    let (authority, name) = (Authority::new(), domain("c-php"));
    let plain = php_pod("c-php");
    session.call(PodApply { spec: plain.clone() }).unwrap();
    let first = authority.issue(&name);

    let spec = with(&plain, first.clone());
    let planned = session.call(PodPlan { spec: spec.clone() }).unwrap();
    let differs: Vec<&str> = planned.differences().map(|change| change.what.as_str()).collect();
    assert_eq!(differs, ["https", "certificate", "virtual host"], "{planned:?}");
    assert!(!format!("{planned:?}").contains("PRIVATE"));
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());
    let (page, shown) = authority.fetch(&host, &name, "/").unwrap();
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("Ana &amp; Sons"), "{page:.400}");
    assert_eq!(host.fetch(&name, "/").0, 200, "HTTP is as before");

    let files = "cd /etc/nginx/mpanel.d && stat -c '%a %U:%G' c-php_main.*.pem; find /srv/pods -name '*.pem' | grep -v runtimes; true";
    assert_eq!(host.script(files), "600 root:root");
    host.script("chmod 644 /etc/nginx/mpanel.d/c-php_main.*.pem");
    assert!(!session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop(), "a key that others can read is seen");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(host.script(files), "600 root:root");

    let redirected = with(&plain, SiteCertificate { redirect: true, hsts: Some(86_400), ..first.clone() });
    session.call(PodApply { spec: redirected.clone() }).unwrap();
    let answer = host.fetch_raw(&name, "/a?b=c");
    assert!(answer.starts_with("HTTP/1.1 301 ") && answer.contains(&format!("Location: https://{name}/a?b=c")), "{answer}");
    assert!(!answer.contains("Strict-Transport-Security"), "it is said over HTTPS only: {answer}");
    assert!(authority.fetch(&host, &name, "/").unwrap().0.contains("Strict-Transport-Security: max-age=86400"));
    assert_eq!(session.call(PodObserve { pod: plain.pod.clone() }).unwrap().standing, PodCondition::Running);

    // Another's key, and a chain that is none: nginx refuses both.
    let strange = SiteCertificate { key: authority.issue(&name).key, redirect: true, ..authority.issue(&name) };
    let garbage = CertificateChain::new("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    for bad in [strange, SiteCertificate { chain: garbage, redirect: true, ..first.clone() }] {
        let refused = session.call(PodApply { spec: with(&plain, bad.clone()) }).unwrap_err();
        assert_eq!(refused.kind, FailureKind::Refused, "{refused}");
        assert!(!refused.to_string().contains(bad.key.expose().lines().nth(1).unwrap()));
        assert_eq!(authority.fetch(&host, &name, "/").unwrap().1, shown, "the previous one is in use");
        assert_eq!(host.script(files), "600 root:root", "and the refused one is gone");
        host.script("systemctl reload nginx");
        assert_eq!(authority.fetch(&host, &name, "/").unwrap().1, shown, "also for nginx' next look");
    }

    let second = SiteCertificate { redirect: true, hsts: Some(86_400), ..authority.issue(&name) };
    session.call(PodApply { spec: with(&plain, second) }).unwrap();
    assert_ne!(authority.fetch(&host, &name, "/").unwrap().1, shown, "a new one takes its place");
    assert_eq!(host.script(files), "600 root:root", "and the one of before is gone");

    session.call(PodApply { spec: suspended(&redirected) }).unwrap();
    for answer in [host.fetch_raw(&name, "/"), authority.fetch(&host, &name, "/").unwrap().0] {
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("Temporarily unavailable"), "closed over both: {answer:.300}");
    }
    assert!(authority.fetch(&host, "stranger.example.test", "/").is_err(), "nobody gets another site's certificate");

    session.call(PodRemove { pod: plain.pod.clone(), mode: RemoveMode::Hold }).unwrap();
    assert_eq!(host.script(files), "", "a pod that is off has no key on its server");
    session.call(PodApply { spec: redirected }).unwrap();
    assert!(authority.fetch(&host, &name, "/").unwrap().0.starts_with("HTTP/1.1 200 "));
    session.call(PodRemove { pod: plain.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("c-php"), "");
}

/// Asks for its own front page as an application does: by its name, and with a certificate that it verifies.
const OWN: &str = r#"<?php
$verified = stream_context_create(['ssl' => ['cafile' => __DIR__ . '/authority.pem']]);
echo file_get_contents('https://c-own.example.test/', false, $verified) ?: json_encode(error_get_last());
"#;

/// What listens on the server beside the web server, until it is stopped. Nothing is printed when root reaches all of it.
const BESIDE: &str = r#"systemd-run --quiet --unit=c-own-listen perl -MIO::Socket::IP -e 'my $open = IO::Socket::IP->new(LocalHost => "::", LocalPort => 8444, V6Only => 0, Listen => 9, ReuseAddr => 1) or die $@; sleep 1000'
for to in 127.0.0.1/8444 ::1/8444 ADDRESS/8444 ADDRESS/22; do
  for n in $(seq 100); do (: </dev/tcp/$to) 2>/dev/null && break; sleep 0.1; done
  (: </dev/tcp/$to) 2>/dev/null || echo "root does not reach $to"
done"#;

#[test]
#[ignore = "boots a real host"]
fn a_pods_programs_get_their_own_site_over_https_and_reach_nothing_else_of_the_server() {
    let host = Host::shared();
    let session = host.session();
    let (authority, name) = (Authority::new(), domain("c-own"));
    let spec = with(&php_pod("c-own"), authority.issue(&name));
    session.call(PodApply { spec: spec.clone() }).unwrap();
    for (file, text) in [("authority.pem", authority.0.pem().as_str()), ("own.php", OWN), ("reach.php", REACH)] {
        put(&host, "c-own", file, text);
    }
    let (status, page) = host.fetch(&name, "/own.php");
    assert!(status == 200 && page.contains("Ana &amp; Sons"), "{status}: {page:.400}");

    assert_eq!(host.script(&BESIDE.replace("ADDRESS", host.address())), "");
    let here = ["127.0.0.1", "[::1]", host.address()];
    let sites: Vec<String> = here.iter().flat_map(|address| [format!("{address}:80"), format!("{address}:443")]).collect();
    let others = here.iter().map(|address| format!("{address}:8444")).chain([format!("{}:22", host.address())]);
    let all: Vec<String> = sites.iter().cloned().chain(others).collect();
    assert_eq!(reached(&host, "c-own", &all), sites);

    host.script("systemctl stop c-own-listen.service");
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("c-own"), "");
}

#[test]
#[ignore = "boots a real host"]
fn wordpress_behind_https_neither_loops_nor_names_a_file_over_http() {
    let host = Host::shared();
    let session = host.session();
    let (authority, name) = (Authority::new(), domain("c-wp"));
    let spec = wordpress_pod("c-wp");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let certificate = SiteCertificate { redirect: true, ..authority.issue(&name) };
    session.call(PodApply { spec: with(&spec, certificate.clone()) }).unwrap();
    assert!(session.call(PodPlan { spec: with(&spec, certificate) }).unwrap().is_noop());

    let (page, _) = authority.fetch(&host, &name, "/").unwrap();
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains(&format!("https://{name}/wp-")), "{page:.400}");
    assert!(!page.contains(&format!("http://{name}")), "nothing on the page is fetched over HTTP");
    let (sign_in, _) = authority.fetch(&host, &name, "/wp-login.php").unwrap();
    assert!(sign_in.starts_with("HTTP/1.1 200 ") && !sign_in.contains(&format!("http://{name}")), "{sign_in:.400}");
    let (admin, _) = authority.fetch(&host, &name, "/wp-admin/").unwrap();
    assert!(admin.starts_with("HTTP/1.1 302 ") && admin.contains(&format!("Location: https://{name}/wp-login.php")), "{admin:.400}");
    assert!(host.fetch_raw(&name, "/").contains(&format!("Location: https://{name}/")));

    session.call(PodApply { spec: spec.clone() }).unwrap();
    let (status, body) = host.fetch(&name, "/");
    assert!(
        status == 200 && body.contains("Ana &#038; Sons") || body.contains("Ana &amp; Sons"),
        "without one it is served as before ({TITLE}): {status}"
    );
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("c-wp"), "");
}

#[test]
#[ignore = "boots a real host"]
fn an_answer_to_an_authority_is_served_over_http_whatever_the_site_does() {
    let host = Host::shared();
    let session = host.session();
    let (authority, name) = (Authority::new(), domain("c-acme"));
    let certificate = SiteCertificate { redirect: true, ..authority.issue(&name) };
    let spec = with(&php_pod("c-acme"), certificate);
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let (token, answer) = (ChallengeToken::new("token-1").unwrap(), ChallengeAnswer::new("token-1.thumb_print").unwrap());
    let path = "/.well-known/acme-challenge/token-1";
    assert_eq!(host.fetch(&name, path).0, 404);

    assert!(session.call(ChallengePut { token: token.clone(), answer: answer.clone() }).unwrap());
    assert!(!session.call(ChallengePut { token: token.clone(), answer }).unwrap(), "a second time there is nothing to do");
    assert_eq!(host.fetch(&name, path), (200, "token-1.thumb_print".to_owned()));
    session.call(PodApply { spec: suspended(&spec) }).unwrap();
    assert_eq!(host.fetch(&name, path).0, 200, "of a suspended site too");

    assert!(session.call(ChallengeRemove { token: token.clone() }).unwrap());
    assert!(!session.call(ChallengeRemove { token }).unwrap());
    assert_eq!(host.fetch(&name, path).0, 404);
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
}
