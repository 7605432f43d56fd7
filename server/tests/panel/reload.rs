//! Development: an open page hears of a new build.

use crate::{client::Visitor, panel::Installation};
use std::time::Duration;

/// The next stamp of the stream.
async fn stamp(stream: &mut reqwest::Response) -> String {
    let mut text = String::new();
    while !text.contains("\n\n") {
        let piece = tokio::time::timeout(Duration::from_secs(60), stream.chunk()).await.expect("it says something").expect("a stream");
        text += &String::from_utf8_lossy(&piece.expect("it goes on"));
    }
    text
}

#[tokio::test]
async fn an_open_page_hears_of_a_new_build_where_the_maker_has_asked_for_it() {
    let mut installation = Installation::new();
    installation.set("MPANEL_DEV_RELOAD", "true");
    // A site of its own, so that nobody else's build is heard.
    let site = installation.dir.join("site");
    std::fs::create_dir_all(&site).expect("a folder");
    std::fs::copy("../Leptos.toml", installation.dir.join("Leptos.toml")).expect("a copy");
    std::fs::copy("../site/manifest.json", site.join("manifest.json")).expect("the site is built");
    let process = installation.serve_in(&installation.dir, &["--no-work"]).await;
    let stranger = Visitor::new(installation.port);
    assert!(stranger.get("/sign-in").await.text.contains("/dev/reload"));
    let mut stream = stranger.request("GET", "/dev/reload").send().await.expect("an answer");
    let first = stamp(&mut stream).await;
    let manifest = std::fs::File::options().write(true).open(site.join("manifest.json")).expect("the manifest");
    manifest.set_modified(std::time::SystemTime::now() + Duration::from_secs(60)).expect("a time");
    assert_ne!(stamp(&mut stream).await, first);
    drop(stream);
    assert!(process.stop().await.success());

    let usual = Installation::new();
    let process = usual.serve(&["--no-work"]).await;
    let stranger = Visitor::new(usual.port);
    assert_eq!(stranger.get("/dev/reload").await.status, 404);
    assert!(!stranger.get("/sign-in").await.text.contains("/dev/reload"));
    assert!(process.stop().await.success());
}
