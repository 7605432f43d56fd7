//! The program as it is shipped: one file. The test command builds it with the feature `one-file`, which carries the site as a release does.

use crate::{client::Visitor, panel::Installation};

#[tokio::test]
async fn a_program_that_carries_its_site_serves_it_from_anywhere_hashed_and_compressed() {
    let installation = Installation::new();
    // Away from the repository: a program without its site says so and ends.
    let process = installation.serve_in("/", &["--no-work"]).await;
    let stranger = Visitor::new(installation.port);
    let page = stranger.get("/").await;
    assert_eq!(page.status, 200, "{page:?}");
    let files: Vec<&str> = page.text.split(['"', '\'']).filter(|word| word.starts_with("/pkg/mpanel.")).collect();
    for ending in [".css", ".js", ".wasm"] {
        let file = files.iter().find(|file| file.ends_with(ending)).unwrap_or_else(|| panic!("no {ending} in {files:?}"));
        let whole = stranger.get(file).await;
        assert_eq!((whole.status, whole.header("content-encoding")), (200, ""), "{file}");
        assert_eq!(whole.header("cache-control"), "public, max-age=31536000, immutable", "{file}");
        for encoding in ["br", "gzip"] {
            let packed = stranger.send(stranger.request("HEAD", file).header("accept-encoding", encoding)).await;
            assert_eq!((packed.status, packed.header("content-encoding")), (200, encoding), "{file}");
        }
    }
    assert!(process.stop().await.success());
}
