//! How a site is served: its password, its error pages, what is kept, and HTTP/2.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use wire::certificate::{CertificateChain, ChallengeAnswer, ChallengeToken, PrivateKey, SiteCertificate};
use wire::http_rules::{Redirect, RedirectFrom, RedirectTo};
use wire::observation::PodCondition;
use wire::settings::{ErrorPages, PagePath, PasswordHash, Protection};
use wire::spec::PodSpec;
use wire::verb::{
    ChallengePut, ChallengeRemove, PodApply, PodForward, PodObserve, PodPause, PodPlan, PodRemove, RemoveMode, SiteCachePurge, SiteRemove, SiteVisit,
};
use wire::{LoginName, SiteName};

use crate::bed::Host;
use crate::specs::{domain, node_pod, php_pod, static_pod, suspended, wordpress_pod};
use crate::walls::put;

/// What crypt(3) makes of `a good one`.
const HASH: &str = "$6$rounds=1000$saltsaltsaltsalt$YfItu3AxOZugBqMnkTdkDRXiqcnhuJGmxcklDXh4NE30kaFHtT.E42blpBSqry.EIJ2/D3WQaceuznGH1Sfjp.";
/// `ana:a good one`, and `ana:a bad one`, as browsers send them.
const RIGHT: &str = "Authorization: Basic YW5hOmEgZ29vZCBvbmU=";
const WRONG: &str = "Authorization: Basic YW5hOmEgYmFkIG9uZQ==";
/// Tells two runs apart, and answers as it is told.
const CLOCK: &str = r#"<?php
if (isset($_GET['cookie'])) setcookie('cart', '1');
if (isset($_GET['say'])) header($_GET['say']);
if (isset($_GET['status'])) http_response_code((int) $_GET['status']);
echo 'made ', hrtime(true), ' for ', $_SERVER['HTTP_HOST'];
"#;

/// The answer to a visitor who says these lines too, head and body.
fn ask(host: &Host, method: &str, name: &str, path: &str, lines: &[&str]) -> String {
    let more: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {name}\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n");
    let mut stream = TcpStream::connect((host.address(), 80)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The answer to a visitor who asks for this page.
pub fn get(host: &Host, name: &str, path: &str, lines: &[&str]) -> String {
    ask(host, "GET", name, path, lines)
}

/// The status of an answer.
pub fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

/// What a header of an answer says.
pub fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    head.lines().filter_map(|line| line.split_once(": ")).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, said)| said)
}

/// When the page of [`CLOCK`] was made.
fn made(answer: &str) -> String {
    let (_, rest) = answer.split_once("made ").unwrap_or_else(|| panic!("{answer}"));
    rest.split(' ').next().unwrap_or_default().to_owned()
}

fn protected(spec: &PodSpec) -> PodSpec {
    let mut spec = spec.clone();
    let protection = Protection { user: LoginName::new("ana").unwrap(), password_hash: PasswordHash::new(HASH).unwrap() };
    spec.sites[0].settings.protection = Some(protection);
    spec
}

#[test]
#[ignore = "boots a real host"]
fn a_protected_site_is_shown_to_those_who_know_its_password_and_to_the_agent_which_sees_what_is_broken_behind_it() {
    let host = Host::boot();
    let session = host.session();
    let (plain, name) = (php_pod("p-pass"), domain("p-pass"));
    session.call(PodApply { spec: plain.clone() }).unwrap();
    put(&host, "p-pass", "who.php", "<?php echo json_encode([$_SERVER['HTTP_AUTHORIZATION'] ?? '', $_SERVER['PHP_AUTH_USER'] ?? '']);");
    put(&host, "p-pass", "file.txt", "a file");
    let mut spec = protected(&plain);
    let redirect =
        |from: &str, below| Redirect { from: RedirectFrom::new(from).unwrap(), below, to: RedirectTo::new("/file.txt").unwrap(), status: 307 };
    spec.sites[0].settings.redirects = vec![redirect("/old", false), redirect("/older/", true)];
    let plan = session.call(PodPlan { spec: spec.clone() }).unwrap();
    let differs: Vec<&str> = plan.differences().map(|change| change.what.as_str()).collect();
    assert_eq!(differs, ["password", "virtual host"], "{plan:?}");
    assert!(!format!("{plan:?}").contains("$6$"), "{plan:?}");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());

    for path in ["/", "/who.php", "/file.txt", "/none.php", "/old", "/older/x"] {
        let answer = get(&host, &name, path, &[]);
        assert_eq!((status(&answer), header(&answer, "WWW-Authenticate")), (401, Some("Basic realm=\"Protected site\"")), "{path}: {answer:.300}");
        assert_eq!(status(&get(&host, &name, path, &[WRONG])), 401, "{path}");
    }
    assert_eq!(status(&get(&host, &name, "/", &[RIGHT])), 200);
    for path in ["/old?a=b", "/older/x?a=b"] {
        let answer = get(&host, &name, path, &[RIGHT]);
        assert_eq!((status(&answer), header(&answer, "Location")), (307, Some("/file.txt?a=b")), "{path}: {answer:.300}");
    }
    assert!(get(&host, &name, "/file.txt", &[RIGHT]).contains("a file"));
    assert!(get(&host, &name, "/who.php", &[RIGHT]).contains(r#"["",""]"#), "PHP does not learn the password");
    let token = ChallengeToken::new("LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0").unwrap();
    session.call(ChallengePut { token: token.clone(), answer: ChallengeAnswer::new("LoqXcYV8.thumb-print_1").unwrap() }).unwrap();
    assert_eq!(host.fetch(&name, &format!("/.well-known/acme-challenge/{}", token.as_str())).1, "LoqXcYV8.thumb-print_1");
    session.call(ChallengeRemove { token }).unwrap();

    // The file is the web server's alone, and is put right.
    let files = "cd /etc/nginx/mpanel.d && stat -c '%a %U:%G' p-pass_main.*.users";
    assert_eq!(host.script(files), "640 root:www-data");
    assert_eq!(
        host.script("runuser -u p-p-pass -- cat /etc/nginx/mpanel.d/p-pass_main.*.users 2>/dev/null; true"),
        "",
        "its pod's user cannot read it"
    );
    for harm in ["chmod 644 p-pass_main.*.users", "echo 'eve:{PLAIN}x' >> $(ls p-pass_main.*.users)", "rm p-pass_main.*.users"] {
        host.script(&format!("cd /etc/nginx/mpanel.d && {harm}"));
        assert!(!session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop(), "{harm}");
        session.call(PodApply { spec: spec.clone() }).unwrap();
        assert_eq!((host.script(files).as_str(), status(&get(&host, &name, "/", &[RIGHT]))), ("640 root:www-data", 200), "{harm}");
    }

    // The agent is no visitor: it sees the site itself, well and broken.
    let seen = || session.call(PodObserve { pod: spec.pod.clone() }).unwrap();
    assert_eq!((seen().standing, seen().sites[&spec.sites[0].name].status), (PodCondition::Running, 200));
    put(&host, "p-pass", "index.php", "<?php http_response_code(500);");
    // PHP looks a while later whether a file has changed.
    host.script("systemctl restart pod-p-pass_main.service");
    assert_eq!((seen().standing, seen().sites[&spec.sites[0].name].status), (PodCondition::Broken, 500));
    let from_here = "exec 3<>/dev/tcp/127.0.0.1/80; printf 'GET /file.txt HTTP/1.0\\r\\nHost: p-pass.example.test\\r\\n\\r\\n' >&3; head -1 <&3";
    assert!(host.script(from_here).contains(" 401 "), "who comes from the agent's address is asked too");

    // Closed, it asks nobody for a password; opened, everybody.
    session.call(PodApply { spec: suspended(&spec) }).unwrap();
    for path in ["/", "/old", "/older/x"] {
        let answer = get(&host, &name, path, &[]);
        assert!(status(&answer) == 503 && answer.contains("Temporarily unavailable"), "its redirects are closed too: {path}: {answer:.400}");
    }
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(status(&get(&host, &name, "/file.txt", &[])), 401);
    session.call(PodApply { spec: plain.clone() }).unwrap();
    assert_eq!(status(&get(&host, &name, "/file.txt", &[])), 200);
    assert_eq!(host.script("ls /etc/nginx/mpanel.d | grep users; true"), "");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    session.call(PodRemove { pod: plain.pod.clone(), mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("p-pass"), "");
}

#[test]
#[ignore = "boots a real host"]
fn nobody_tries_passwords_of_a_site_without_end_and_the_agent_and_other_sites_do_not_notice() {
    let host = Host::shared();
    let session = host.session();
    let (spec, other) = (protected(&php_pod("p-try")), protected(&static_pod("p-other")));
    for spec in [&spec, &other] {
        session.call(PodApply { spec: spec.clone() }).unwrap();
    }
    let name = domain("p-try");
    let refused = (0..10_000).find_map(|_| Some(get(&host, &name, "/", &[WRONG])).filter(|answer| status(answer) != 401));
    assert_eq!(refused.map(|answer| status(&answer)), Some(429));
    assert_eq!(status(&get(&host, &name, "/", &[])), 401, "who says nothing does not count");
    assert_eq!(status(&get(&host, &domain("p-other"), "/", &[RIGHT])), 200);
    let site = SiteName::new("main").unwrap();
    let seen = session.call(SiteVisit { pod: spec.pod.clone(), site }).unwrap();
    assert_eq!(seen.map(|page| page.status), Some(200));
    for spec in [spec, other] {
        session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    }
}

#[test]
#[ignore = "boots a real host"]
fn a_protected_pod_that_has_moved_away_leaves_no_password_behind() {
    let host = Host::shared();
    let session = host.session();
    let (spec, to) = (protected(&static_pod("p-gone")), "100.64.0.9".parse().unwrap());
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert!(session.call(PodPause { pod: spec.pod.clone() }).unwrap());
    assert!(session.call(PodForward { pod: spec.pod.clone(), to }).unwrap());
    assert_eq!(host.script("ls /etc/nginx/mpanel.d | grep 'p-gone.*users'; true"), "");
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("p-gone"), "");
}

#[test]
#[ignore = "boots a real host"]
fn a_program_behind_a_password_does_not_learn_it() {
    let host = Host::shared();
    let session = host.session();
    let spec = protected(&node_pod("p-node"));
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let server = "require('http').createServer((ask, answer) => answer.end('said ' + ask.headers.authorization)).listen(process.env.PORT);";
    host.script(&format!("cat > /srv/pods/p-node/sites/main/app/server.js <<'TEXT'\n{server}\nTEXT\nsystemctl restart pod-p-node_main.service"));
    assert_eq!(status(&get(&host, &domain("p-node"), "/", &[])), 401);
    assert!(get(&host, &domain("p-node"), "/", &[RIGHT]).contains("said undefined"));
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("p-node"), "");
}

#[test]
#[ignore = "boots a real host"]
fn a_site_shows_its_own_pages_for_what_is_missing_and_for_a_php_that_fails_and_leaves_other_answers_alone() {
    let host = Host::shared();
    let session = host.session();
    let page = |path: &str| Some(PagePath::new(path).unwrap());
    let (mut files, name) = (static_pod("e-files"), domain("e-files"));
    files.sites[0].settings.error_pages = ErrorPages { not_found: page("/404.html"), failed: None };
    session.call(PodApply { spec: files.clone() }).unwrap();
    assert_eq!(status(&get(&host, &name, "/nothing", &[])), 404, "a page that is not there itself");
    put(&host, "e-files", "404.html", "our own page for what is missing");
    let answer = get(&host, &name, "/nothing", &[]);
    assert!(status(&answer) == 404 && answer.contains("our own page"), "{answer:.300}");

    let (mut php, name) = (php_pod("e-php"), domain("e-php"));
    php.sites[0].settings.error_pages = ErrorPages { not_found: page("/404.html"), failed: page("/errors/50x.html") };
    session.call(PodApply { spec: php.clone() }).unwrap();
    host.script("cd /srv/pods/e-php/sites/main/public && install -d -o p-e-php -g p-e-php -m 750 errors && rm -f index.php");
    let fatal = "<?php nothing_of_this_name();";
    for (file, text) in [("404.html", "not here"), ("errors/50x.html", "we have failed"), ("clock.php", CLOCK), ("fatal.php", fatal)] {
        put(&host, "e-php", file, text);
    }
    for (path, wanted, words) in [
        ("/nothing", 404, "not here"),
        ("/nothing.php", 404, "not here"),
        ("/fatal.php", 500, "we have failed"),
        ("/clock.php?status=500", 500, "we have failed"),
        ("/clock.php?status=404", 404, "made "),
        ("/clock.php?status=503", 503, "made "),
        ("/clock.php", 200, "made "),
    ] {
        let answer = get(&host, &name, path, &[]);
        assert!(status(&answer) == wanted && answer.contains(words), "{path}: {answer:.300}");
    }
    session.call(PodApply { spec: suspended(&php) }).unwrap();
    for path in ["/clock.php", "/404.html", "/"] {
        let answer = get(&host, &name, path, &[]);
        assert!(status(&answer) == 503 && answer.contains("Temporarily unavailable"), "{path}: {answer:.300}");
    }
    for spec in [files, php] {
        session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    }
    assert_eq!((host.traces("e-files").as_str(), host.traces("e-php").as_str()), ("", ""));
}

#[test]
#[ignore = "boots a real host"]
fn a_site_with_a_certificate_speaks_http_2() {
    let host = Host::shared();
    let session = host.session();
    let (mut spec, name) = (static_pod("h-two"), domain("h-two"));
    let key = KeyPair::generate().unwrap();
    let issued = CertificateParams::new(vec![name.clone()]).unwrap().self_signed(&key).unwrap();
    spec.sites[0].certificate = Some(SiteCertificate {
        chain: CertificateChain::new(issued.pem().replace("\r\n", "\n")).unwrap(),
        key: PrivateKey::new(key.serialize_pem().replace("\r\n", "\n")).unwrap(),
        redirect: false,
        hsts: None,
        also: None,
    });
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(issued.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let connection = ClientConnection::new(Arc::new(config), ServerName::try_from(name).unwrap()).unwrap();
    let stream = TcpStream::connect((host.address(), 443)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut tls = StreamOwned::new(connection, stream);
    // The greeting with settings of its own: 9 bytes, of kind 4, without a body.
    tls.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let mut frame = [0; 9];
    tls.read_exact(&mut frame).unwrap();
    assert_eq!((tls.conn.alpn_protocol(), frame[3]), (Some(b"h2".as_slice()), 4), "the server's first frame has its settings: {frame:?}");
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("h-two"), "");
}

#[test]
#[ignore = "boots a real host"]
fn the_micro_cache_answers_strangers_alone_and_forgets_when_it_is_told_to() {
    let host = Host::shared();
    let session = host.session();
    let (mut spec, name) = (php_pod("m-cache"), domain("m-cache"));
    session.call(PodApply { spec: spec.clone() }).unwrap();
    put(&host, "m-cache", "clock.php", CLOCK);
    assert!(header(&get(&host, &name, "/clock.php", &[]), "X-Cache").is_none(), "off unless it is asked for");
    spec.sites[0].settings.micro_cache_seconds = Some(60);
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());

    let first = get(&host, &name, "/clock.php", &[]);
    let second = get(&host, &name, "/clock.php", &["Cookie: _ga=GA1.1.5; _gid=2"]);
    assert_eq!((header(&first, "X-Cache"), header(&second, "X-Cache")), (Some("MISS"), Some("HIT")), "{second:.300}");
    assert_eq!(made(&first), made(&second), "a visitor who is only counted is a stranger");
    assert_ne!(made(&get(&host, &name, "/clock.php?other", &[])), made(&first));

    // Who may be somebody gets an answer of their own, and it stays theirs.
    for line in [
        "Cookie: PHPSESSID=abc",
        "Cookie: _ga=GA1.1.5; wordpress_logged_in_x=ana",
        "Authorization: Bearer abc",
        "X-Forwarded-Host: evil.example",
        "X-Requested-With: XMLHttpRequest",
        "X-Api-Key: abc",
        "X-WP-Nonce: abc",
        "Origin: https://elsewhere.example",
        "X-Forwarded-For: 192.0.2.9",
        "Content-Type: application/json",
        "Cookie: _gather=1",
    ] {
        let own = get(&host, &name, "/clock.php", &[line]);
        assert_eq!((header(&own, "X-Cache"), made(&own) == made(&first)), (Some("BYPASS"), false), "{line}");
        assert_eq!(made(&get(&host, &name, "/clock.php", &[])), made(&first), "{line}: strangers get what strangers got");
    }
    let posted = ask(&host, "POST", &name, "/clock.php", &[]);
    assert!(made(&posted) != made(&first) && header(&posted, "X-Cache") != Some("HIT"), "{posted:.300}");
    for line in ["Accept: application/json", "Accept-Language: de"] {
        let own = get(&host, &name, "/clock.php", &[line]);
        assert_eq!((header(&own, "X-Cache"), made(&own) == made(&first)), (Some("MISS"), false), "{line}");
        assert_eq!(made(&get(&host, &name, "/clock.php", &[line])), made(&own), "{line}: who asks for the same gets the same");
    }
    let varied = |device: &str| made(&get(&host, &name, "/clock.php?say=Vary:%20X-Device", &[device]));
    let phone = varied("X-Device: phone");
    assert_eq!(varied("X-Device: phone"), phone);
    assert_ne!(varied("X-Device: desk"), phone, "what an answer says that it depends on tells visitors apart");
    let with_port = format!("{name}:8080");
    // Whether PHP learns the port depends on nginx' version.
    assert_eq!(status(&get(&host, &with_port, "/clock.php", &[])), 200);
    assert!(!get(&host, &name, "/clock.php", &[]).contains(&with_port), "no visitor chooses by which name others find the site");

    // What PHP keeps to somebody is kept from others.
    for query in [
        "cookie=1",
        "say=Cache-Control:%20private",
        "say=Vary:%20*",
        "say=Cache-Control:%20no-store",
        "say=Cache-Control:%20max-age=0",
        "say=X-Accel-Expires:%200",
        "say=Expires:%20Thu,%2001%20Jan%201970%2000:00:00%20GMT",
        "status=500",
    ] {
        let path = format!("/clock.php?{query}");
        let (one, two) = (get(&host, &name, &path, &[]), get(&host, &name, &path, &[]));
        assert!(made(&one) != made(&two) && header(&two, "X-Cache") != Some("HIT"), "{query}: {two:.300}");
    }

    let kept = |path: &str| header(&get(&host, &name, path, &[]), "X-Cache").map(str::to_owned);
    let public = "/clock.php?say=Cache-Control:%20public,%20max-age=31536000";
    assert_eq!((kept(public).as_deref(), kept(public).as_deref()), (Some("MISS"), Some("HIT")));

    // A visitor who reloads with force sees the site as it is, and so does everybody after.
    let fresh = get(&host, &name, "/clock.php", &["Cache-Control: no-cache"]);
    assert_ne!(made(&fresh), made(&first));
    assert_eq!(made(&get(&host, &name, "/clock.php", &[])), made(&fresh));
    // The agent sees what is broken behind what is kept.
    assert_eq!(kept("/").as_deref(), Some("MISS"));
    put(&host, "m-cache", "index.php", "<?php http_response_code(500);");
    // PHP looks a while later whether a file has changed.
    host.script("systemctl restart pod-m-cache_main.service");
    assert_eq!((status(&get(&host, &name, "/", &[])), kept("/").as_deref()), (200, Some("HIT")));
    assert_eq!(session.call(PodObserve { pod: spec.pod.clone() }).unwrap().standing, PodCondition::Broken);

    let site = SiteName::new("main").unwrap();
    let purge = || session.call(SiteCachePurge { pod: spec.pod.clone(), site: site.clone() }).unwrap();
    assert!(purge() >= 3);
    assert_eq!(
        (status(&get(&host, &name, "/", &[])), kept("/clock.php").as_deref(), kept("/clock.php").as_deref()),
        (500, Some("MISS"), Some("HIT"))
    );
    assert_eq!((purge(), purge()), (1, 0));
    let folder = "/srv/pods/m-cache/web/main.cache";
    assert_eq!(host.script(&format!("stat -c '%a %U' {folder}; runuser -u p-m-cache -- ls {folder} 2>/dev/null; true")), "700 www-data");

    // Turned off, nothing of it stays; nor with a site that is gone.
    let mut off = spec.clone();
    off.sites[0].settings.micro_cache_seconds = None;
    session.call(PodApply { spec: off }).unwrap();
    assert_eq!((kept("/clock.php"), host.script(&format!("ls -d {folder} 2>/dev/null; true")).as_str()), (None, ""));
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let mut other = spec.clone();
    other.sites[0].name = SiteName::new("next").unwrap();
    session.call(PodApply { spec: other }).unwrap();
    assert!(session.call(SiteRemove { pod: spec.pod.clone(), site, database: None }).unwrap());
    assert_eq!(host.script("ls /srv/pods/m-cache/web | grep main; true"), "");
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("m-cache"), "");
}

#[test]
#[ignore = "boots a real host"]
fn wordpress_front_page_is_kept_for_strangers_and_its_editor_is_not_one() {
    let host = Host::shared();
    let session = host.session();
    let (mut spec, name) = (wordpress_pod("m-blog"), domain("m-blog"));
    spec.sites[0].settings.micro_cache_seconds = Some(60);
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let kept = |path: &str, lines: &[&str]| header(&get(&host, &name, path, lines), "X-Cache").map(str::to_owned);
    assert_eq!((kept("/", &[]).as_deref(), kept("/", &[]).as_deref()), (Some("MISS"), Some("HIT")));
    assert_eq!(kept("/", &["Cookie: wordpress_logged_in_abc=ana"]).as_deref(), Some("BYPASS"));
    for path in ["/wp-login.php", "/wp-admin/"] {
        assert_ne!((kept(path, &[]), kept(path, &[])).1.as_deref(), Some("HIT"), "{path}");
    }
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("m-blog"), "");
}
