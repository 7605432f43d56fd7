//! What of a site is packed on its way, and what browsers keep.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use wire::settings::RootFolder;
use wire::verb::{PodApply, PodRemove, RemoveMode};

use crate::bed::Host;
use crate::serving::{get, header, status};
use crate::specs::{domain, static_pod};
use crate::walls::put;

#[test]
#[ignore = "boots a real host"]
fn files_are_packed_and_browsers_keep_those_whose_names_change_with_them() {
    let host = Host::shared();
    let session = host.session();
    let (mut spec, name) = (static_pod("g-files"), domain("g-files"));
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let long = "body { color: rebeccapurple } ".repeat(200);
    host.script("install -d -o p-g-files -g p-g-files -m 750 /srv/pods/g-files/sites/main/public/assets");
    for file in ["plain.css", "app.8c2f1e7a.css", "assets/index-BdH3xY9k.js", "assets/hero-portrait.js", "photo-20261202.css", "packed.js"] {
        put(&host, "g-files", file, &long);
    }
    host.script("cd /srv/pods/g-files/sites/main/public && echo packed before | gzip > packed.js.gz && chown p-g-files: packed.js.gz");

    let packed = get(&host, &name, "/plain.css", &["Accept-Encoding: gzip"]);
    assert_eq!((header(&packed, "Content-Encoding"), header(&packed, "Vary")), (Some("gzip"), Some("Accept-Encoding")), "{packed:.400}");
    assert!(header(&get(&host, &name, "/plain.css", &[]), "Content-Encoding").is_none());
    let before = get(&host, &name, "/packed.js", &["Accept-Encoding: gzip"]);
    let size: usize = header(&before, "Content-Length").and_then(|size| size.parse().ok()).unwrap();
    assert!(header(&before, "Content-Encoding") == Some("gzip") && size < 100, "the one that stands beside it is sent as it is: {before:.400}");

    host.script("cd /srv/pods/g-files/sites/main/public && echo smaller > packed.js.br && chown p-g-files: packed.js.br");
    let smaller = get(&host, &name, "/packed.js", &["Accept-Encoding: gzip, deflate, br"]);
    assert_eq!((header(&smaller, "Content-Encoding"), header(&smaller, "Vary")), (Some("br"), Some("Accept-Encoding")), "{smaller:.400}");
    assert!(smaller.ends_with("smaller\n"), "{smaller:.400}");
    host.script("cd /srv/pods/g-files/sites/main/public && ln -sf /etc/hostname packed.js.br && chown -h p-g-files: packed.js.br");
    let linked = get(&host, &name, "/packed.js", &["Accept-Encoding: br"]);
    assert!(header(&linked, "Content-Encoding") != Some("br"), "a link to somebody else's file is not followed: {linked:.400}");

    let kept = |path: &str| header(&get(&host, &name, path, &[]), "Cache-Control").map(str::to_owned);
    for path in ["/app.8c2f1e7a.css", "/assets/index-BdH3xY9k.js"] {
        assert_eq!(kept(path).as_deref(), Some("max-age=31536000, immutable"), "{path}");
    }
    for path in ["/", "/plain.css", "/photo-20261202.css", "/assets/hero-portrait.js"] {
        assert_eq!(kept(path).as_deref(), Some("no-cache"), "{path}");
    }
    assert_eq!(kept("/app.8c2f1e7b.css"), None, "what is missing is not kept for a year");
    let first = get(&host, &name, "/plain.css", &[]);
    let again = get(&host, &name, "/plain.css", &[&format!("If-None-Match: {}", header(&first, "ETag").unwrap())]);
    assert_eq!(status(&again), 304);
    spec.sites[0].settings.document_root = Some(RootFolder::new("assets").unwrap());
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(kept("/index-BdH3xY9k.js").as_deref(), Some("no-cache"), "it is the folder's name that says how files are named");
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("g-files"), "");
}

#[test]
#[ignore = "boots a real host"]
fn a_file_with_a_hole_of_a_terabyte_keeps_nobody_waiting_and_no_worker_from_leaving() {
    let host = Host::shared();
    let session = host.session();
    let (large, mut other) = (static_pod("g-hole"), static_pod("g-other"));
    for spec in [&large, &other] {
        session.call(PodApply { spec: spec.clone() }).unwrap();
    }
    put(&host, "g-hole", "hole.css", "");
    host.script("truncate --size=1T /srv/pods/g-hole/sites/main/public/hole.css");
    // As many visitors as keep every worker busy; all of them read on as fast as they are sent to.
    let request = format!("GET /hole.css HTTP/1.1\r\nHost: {}\r\nAccept-Encoding: gzip\r\n\r\n", domain("g-hole"));
    let visitors: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect((host.address(), 80)).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut first = [0; 15];
            stream.read_exact(&mut first).unwrap();
            assert_eq!(&first, b"HTTP/1.1 200 OK");
            stream
        })
        .collect();
    let read = |stream: &TcpStream| {
        let mut stream = stream.try_clone().unwrap();
        std::thread::spawn(move || std::io::copy(&mut stream, &mut std::io::sink()))
    };
    let readers: Vec<_> = visitors.iter().map(read).collect();
    for _ in 0..50 {
        assert_eq!(status(&get(&host, &domain("g-other"), "/", &[])), 200);
    }
    // A change of another site is in use, although the workers of before are still at that file.
    other.sites[0].settings.spa_fallback = true;
    session.call(PodApply { spec: other.clone() }).unwrap();
    assert_eq!(status(&get(&host, &domain("g-other"), "/nothing", &[])), 200);
    for stream in visitors {
        stream.shutdown(std::net::Shutdown::Both).unwrap();
    }
    for reader in readers {
        let _ = reader.join().unwrap();
    }
    for spec in [large, other] {
        session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    }
}
