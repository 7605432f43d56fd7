//! Words that try to become something else on their way to git, to a shell or to a folder.

use super::world::{REMOTE, Shop, fault, source};
use crate::cloudpods::deploys::webhook::{PushHeaders, is_deleted, pushed, rules::is_signed};
use model::hosting::{cloudpods::Stack, deploys::SourceInput};
use proptest::prelude::*;

#[tokio::test]
async fn what_is_no_repository_branch_folder_or_file_is_refused_on_its_field() {
    let shop = Shop::of(Stack::Node).await;
    type Change = fn(&mut SourceInput, &str);
    let fields: [(&str, Change, &[&str]); 6] = [
        (
            "remote",
            |input, word| input.remote = word.to_owned(),
            &[
                "",
                "x",
                "/etc/passwd",
                "file:///srv",
                "http://git.example.test/x",
                "ext::sh -c reboot",
                "--upload-pack=reboot",
                "https://a:b@h.example/x",
                "git@-oProxyCommand=reboot:x",
                "https://h.example/x;reboot",
                "https://h.example/$(reboot)",
                "https://h.example/x\n[core]",
            ],
        ),
        ("branch", |input, word| input.branch = word.to_owned(), &["", "-x", "--exec=id", "a b", "a..b", "a:b", "refs^{}", "$(id)", "a\nb", ".git"]),
        ("folder", |input, word| input.folder = word.to_owned(), &["..", "a/../..", "a//b", "-x", ".git", "a b", "$x", "a\0b"]),
        ("publish", |input, word| input.publish = word.to_owned(), &["..", "a/../../b", "-rf", "a;b", "a\nb", "}"]),
        ("start_file", |input, word| input.start_file = word.to_owned(), &["..", "../x.js", "-e", "--eval=1", "a b.js", "x;y"]),
        (
            "shared",
            |input, word| input.shared = word.to_owned(),
            &["..", "ok ../no", "-rf", "a;b", "1 2 3 4 5 6 7 8 9 10 11", "uploads ./uploads/", "uploads/cache uploads"],
        ),
    ];
    for (field, change, words) in fields {
        for word in words {
            let mut input = source(REMOTE);
            change(&mut input, word);
            let told = fault(shop.set_source(input).await);
            assert!(told.starts_with(&format!("{field}: ")), "{field} {word:?}: {told}");
        }
    }
    let long = SourceInput { build_command: "a".repeat(2001), ..source(REMOTE) };
    assert!(fault(shop.set_source(long).await).starts_with("build_command: "));
    let bell = SourceInput { build_command: "echo \u{7}".to_owned(), ..source(REMOTE) };
    assert!(fault(shop.set_source(bell).await).starts_with("build_command: "));
    assert!(shop.view().await.source.is_none(), "nothing was stored");
}

proptest! {
    #[test]
    fn no_message_and_no_signature_breaks_what_reads_them(body in prop::collection::vec(any::<u8>(), 0..200), word in ".{0,80}") {
        let headers = PushHeaders { signatures: [Some(&*word), None, Some("sha256="), Some("zz")], token: Some(&*word) };
        prop_assert!(!is_signed("the secret of nobody here", &headers, &body));
        // Whatever comes of it can be stored.
        let commit = pushed(&body, "main").unwrap_or_default();
        prop_assert!(commit.len() <= 64);
        prop_assert!(!is_deleted(&body, "main"), "no such bytes say so");
    }

    #[test]
    fn a_commit_is_stored_as_one_or_not_at_all(word in ".{0,100}") {
        let body = serde_json::json!({ "ref": "refs/heads/main", "after": word }).to_string();
        if let Some(commit) = pushed(body.as_bytes(), "main") {
            prop_assert!(commit == "unknown" || commit.bytes().all(|b| b.is_ascii_hexdigit()), "{commit}");
        }
    }
}
