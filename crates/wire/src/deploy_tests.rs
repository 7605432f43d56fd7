//! What is a repository, a branch and a release, and what is not.

use super::*;

#[test]
fn a_repository_is_reached_over_ssh_or_https_and_names_no_password_option_or_local_path() {
    for (right, host, is_ssh) in [
        ("https://git.example.test/bakery/shop.git", "git.example.test", false),
        ("https://git.example.test:8443/~ana/shop", "git.example.test:8443", false),
        ("ssh://git@git.example.test:2222/bakery/shop.git", "git.example.test:2222", true),
        ("ssh://git.example.test/shop", "git.example.test", true),
        ("git@GitHub.com:bakery/shop.git", "github.com", true),
        ("git@198.18.0.1:/srv/shop.git", "198.18.0.1", true),
    ] {
        let remote = GitRemote::new(right).unwrap();
        assert_eq!((remote.host().as_str(), remote.is_ssh()), (host, is_ssh), "{right}");
    }
    for wrong in [
        "",
        "/srv/pods/other",
        "../x",
        "file:///etc",
        "http://git.example.test/x",
        "git://git.example.test/x",
        "ext::sh -c id",
        "a@b:ext::x y",
        "https://ana:secret@git.example.test/x",
        "https://token@git.example.test/x",
        "https:///x",
        "https://git.example.test",
        "https://git.example.test/",
        "https://git.example.test/x y",
        "https://git.example.test/x\n",
        "https://git.example.test/$(id)",
        "https://-x/y",
        "ssh://-oProxyCommand=id/x",
        "ssh://git@-oProxyCommand=id/x",
        "-oProxyCommand=id@host:x",
        "git@-host:x",
        "git@host:-x",
        "git@host:",
        "host:path",
        "--upload-pack=id",
        "ssh://git@host:port/x",
        "ssh://[::1]/x",
        &format!("https://git.example.test/{}", "a".repeat(400)),
    ] {
        assert!(GitRemote::new(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_branch_is_one_that_git_can_have() {
    for right in ["main", "feature/new-shop_2.0", "v1"] {
        assert!(BranchName::new(right).is_ok(), "{right}");
    }
    for wrong in ["", "-x", "--upload-pack=id", "a b", "a..b", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.", "@{-1}", "a:b", "a^", "*", "a\n"] {
        assert!(BranchName::new(wrong).is_err(), "{wrong}");
    }
    for wrong in ["", "r", "r0", "r01", "7", "r-1", "../x", "r1/..", "r1234567890", "R1"] {
        assert!(ReleaseName::new(wrong).is_err(), "{wrong}");
    }
    assert_eq!(ReleaseName::numbered(12).unwrap().as_str(), "r12");
    assert!(ReleaseName::numbered(0).is_err() && ReleaseName::numbered(-1).is_err());
}

#[test]
fn a_deploy_key_cannot_be_printed_by_accident() {
    let key = DeployKey::new("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n").unwrap();
    assert!(!format!("{key:?}").contains("c2VjcmV0"));
    assert!(DeployKey::new("c2VjcmV0").is_err());
}
