use super::*;

/// What a hostile or clumsy person would type.
const HOSTILE: &[&str] = &[
    "",
    " ",
    "$(reboot)",
    "`id`",
    "a;b",
    "a b",
    "a\nb",
    "a\rb",
    "a\0b",
    "-a",
    "../a",
    "a/b",
    "a\\b",
    "a'b",
    "a\"b",
    "a\u{202e}b",
    "a\u{200b}b",
    "\u{430}bc",
    "a%b",
    "a{b",
    "a}b",
    "a$b",
    "a|b",
    "a&b",
    "a*b",
];

#[test]
fn machine_names_refuse_everything_outside_their_alphabet() {
    for text in HOSTILE {
        assert!(PodName::new(*text).is_err(), "pod {text:?}");
        assert!(DomainName::new(format!("{text}.example.com")).is_err(), "domain {text:?}");
        assert!(DbName::new(*text).is_err(), "database {text:?}");
        assert!(LoginName::new(*text).is_err(), "login {text:?}");
        assert!(SiteUrl::new(format!("http://{text}.example.com")).is_err(), "url {text:?}");
        assert!(ArtifactName::new(*text).is_err(), "artifact {text:?}");
        assert!(Sha256::new(*text).is_err(), "checksum {text:?}");
    }
}

#[test]
fn good_names_pass() {
    for pod in ["a", "a1", "p-7f3k2", "abcdefghijklmnopqrstuvwx"] {
        assert_eq!(PodName::new(pod).unwrap().as_str(), pod);
    }
    for domain in ["example.com", "a.b.c.example", "xn--bcher-kva.example", "1.example.com"] {
        assert!(DomainName::new(domain).is_ok(), "{domain}");
    }
    assert!(Email::new("o'neil+shop@Example.com").is_ok());
    assert!(SiteUrl::new("https://example.com").is_ok());
    assert_eq!(SiteUrl::new("http://shop.example.com:8080").unwrap().host(), "shop.example.com");
    assert!(ArtifactName::new("php8.2").is_ok());
    assert!(Key::new("job:42/step-1").is_ok());
}

#[test]
fn edges_are_refused() {
    for pod in ["1a", "A", "a-", "abcdefghijklmnopqrstuvwxy", "a_b"] {
        assert!(PodName::new(pod).is_err(), "{pod}");
    }
    for domain in
        ["example", "example.com.", ".example.com", "a..b", "EXAMPLE.com", "-a.com", "a-.com", "10.0.0.1", "127.0.0.0x1", "a.0x", "xn--.example"]
    {
        assert!(DomainName::new(domain).is_err(), "{domain}");
    }
    assert!(DomainName::new(format!("{}.com", "a".repeat(64))).is_err());
    assert!(DomainName::new(vec!["abcdefgh"; 30].join(".")).is_err());
    for email in ["a", "@b.com", "a@b", "a b@c.com", "-a@b.com", "a@b.com\nBcc: x@y.z", ".a@b.com", "a.@b.com", "a..b@b.com"] {
        assert!(Email::new(email).is_err(), "{email:?}");
    }
    for url in [
        "example.com",
        "ftp://example.com",
        "http://example.com/",
        "http://u@example.com",
        "http://a.b:",
        "http://a.b:0",
        "http://a.b:080",
        "http://a.b:65536",
        "http://a.b:+80",
        "http://a.b:80/",
        "http://a.b:80:81",
        "http://:80",
    ] {
        assert!(SiteUrl::new(url).is_err(), "{url}");
    }
    assert!(ArtifactName::new("php..2").is_err());
    assert!(Sha256::new("A".repeat(64)).is_err());
}

#[test]
fn titles_carry_any_words_but_no_control_characters() {
    for text in ["$(reboot)", "Ana & Sons' \"Bakery\" </title>", "\u{202e}abc", "\u{5d0}\u{5d1}", "C:\\x", "-x", "../x"] {
        assert_eq!(Title::new(text).unwrap().as_str(), text);
    }
    for text in ["", "   ", "a\nb", "a\rb", "a\0b", "a\u{7f}", "a\u{85}b", "a\u{2028}b"] {
        assert!(Title::new(text).is_err(), "{text:?}");
    }
    assert!(Title::new("ä".repeat(200)).is_ok());
    assert!(Title::new("ä".repeat(201)).is_err());
    assert!(Title::new("x".repeat(10_000)).is_err());
}

#[test]
fn a_bad_name_does_not_deserialize() {
    assert!(serde_json::from_str::<PodName>("\"../etc\"").is_err());
    assert!(serde_json::from_str::<PodName>("\"shop\"").is_ok());
}

#[test]
fn a_refusal_does_not_repeat_the_text() {
    let refused = LoginName::new("my secret phrase").unwrap_err();
    assert!(!refused.to_string().contains("secret"));
}
