use super::*;

fn pem(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

fn certificate() -> String {
    pem("CERTIFICATE", &format!("{}\nAAA=", "A".repeat(64)))
}

#[test]
fn a_chain_is_one_to_ten_certificates_and_nothing_else() {
    let one = certificate();
    assert!(CertificateChain::new(one.clone()).is_ok());
    assert!(CertificateChain::new(one.repeat(10)).is_ok());
    let refused = [
        String::new(),
        one.repeat(11),
        one.trim_end().to_owned(),
        format!("{one}\n"),
        format!("subject=x\n{one}"),
        one.replace('\n', "\r\n"),
        one.replace("AAA=", "AAA=\nAAAA"),
        one.replace("AAA=", "A A="),
        one.replace("AAA=", "A==="),
        one.replace("AAA=", "AAA"),
        one.replace("-----END CERTIFICATE-----\n", ""),
        pem("CERTIFICATE", ""),
        pem("TRUSTED CERTIFICATE", "AAAA"),
        pem("PRIVATE KEY", "AAAA"),
        format!("{one}{}", pem("PRIVATE KEY", "AAAA")),
        format!("-----BEGIN CERTIFICATE-----\n{}", one.repeat(2)),
    ];
    for text in refused {
        assert!(CertificateChain::new(text.clone()).is_err(), "{text:?}");
    }
}

#[test]
fn a_key_is_one_block_and_is_never_shown() {
    let key = PrivateKey::new(pem("PRIVATE KEY", "c2VjcmV0")).unwrap();
    assert_eq!(format!("{key:?}"), "PrivateKey(hidden)");
    for text in [pem("EC PRIVATE KEY", "AAAA"), pem("ENCRYPTED PRIVATE KEY", "AAAA"), certificate(), pem("PRIVATE KEY", "AAAA").repeat(2)] {
        let refused = PrivateKey::new(text.clone()).unwrap_err();
        assert!(!refused.to_string().contains("AAAA"), "{refused}");
    }
}

#[test]
fn a_token_cannot_name_another_folder() {
    for text in ["", ".", "..", "a/b", "../x", "a.b", "a\0", "a b", "\u{e4}", &"a".repeat(129)] {
        assert!(ChallengeToken::new(text).is_err(), "{text:?}");
    }
    assert!(ChallengeToken::new("LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0").is_ok());
    for text in ["", ".", "..", "a", "a.", ".b", "a.b.c", "a.b\n", "a.<b>", "a b.c", &format!("a.{}", "b".repeat(129))] {
        assert!(ChallengeAnswer::new(text).is_err(), "{text:?}");
    }
}

#[test]
fn browsers_insist_on_https_only_where_they_are_sent_there_and_for_two_years_at_most() {
    let key = PrivateKey::new(pem("PRIVATE KEY", "AAAA")).unwrap();
    let chain = CertificateChain::new(certificate()).unwrap();
    let certificate = |redirect, hsts| SiteCertificate { chain: chain.clone(), key: key.clone(), redirect, hsts, also: None };
    for taken in [certificate(true, None), certificate(true, Some(86_400)), certificate(true, Some(0)), certificate(false, None)] {
        assert!(taken.check(&[]).is_ok());
    }
    for refused in [certificate(false, Some(86_400)), certificate(false, Some(0)), certificate(true, Some(63_072_001))] {
        assert!(refused.check(&[]).is_err());
    }
}

#[test]
fn a_second_certificate_is_for_some_names_of_its_site_and_not_for_all() {
    let (chain, key) = (CertificateChain::new(certificate()).unwrap(), PrivateKey::new(pem("PRIVATE KEY", "c2VjcmV0")).unwrap());
    let names = |names: &[&str]| names.iter().map(|name| DomainName::new(*name).unwrap()).collect::<Vec<_>>();
    let of = |domains: &[&str]| {
        let also = Some(NamesCertificate { domains: names(domains), chain: chain.clone(), key: key.clone() });
        SiteCertificate { chain: chain.clone(), key: key.clone(), redirect: true, hsts: None, also }
    };
    let site = names(&["a.test", "b.test", "c.test"]);
    for taken in [&["b.test"][..], &["a.test", "c.test"]] {
        assert!(of(taken).check(&site).is_ok(), "{taken:?}");
    }
    for refused in [&[][..], &["d.test"], &["a.test", "a.test"], &["a.test", "b.test", "c.test"]] {
        assert!(of(refused).check(&site).is_err(), "{refused:?}");
    }
    assert!(!format!("{:?}", of(&["b.test"])).contains("c2VjcmV0"));
    let alone = serde_json::to_value(SiteCertificate { also: None, ..of(&["b.test"]) }).unwrap();
    assert!(alone.get("also").is_none(), "an agent of before reads it: {alone}");
}
