//! Names that mPanel takes are taken by those they are handed on to, and mean the same there.

use crate::node::TailnetAddr;
use proptest::prelude::*;
use wire::{DomainName, Email, SiteUrl};

#[path = "../../wire/tests/hostile/words.rs"]
mod words;

proptest! {
    #[test]
    fn accepted_email_addresses_can_be_sent_to(text in words::text(), near in "[a-z0-9._+'&=~-]{1,12}@([a-z0-9-]{1,9}\\.){1,3}[a-z0-9]{1,6}") {
        for text in [text, near] {
            if let Ok(email) = Email::new(text) {
                let address = email.as_str().parse::<lettre::Address>().map(|address| address.to_string());
                prop_assert_eq!(address.ok(), Some(email.to_string()));
            }
        }
    }

    #[test]
    fn accepted_domains_are_hosts_and_never_numbers(near in "([a-z0-9-]{1,5}\\.){1,4}(0x[0-9a-f]{0,3}|[a-z0-9]{1,5})") {
        // Whether an xn-- part is one that a registry gives away is not ours to say.
        if let Ok(domain) = DomainName::new(near).map(|domain| domain.to_string())
            && !domain.split('.').any(|part| part.starts_with("xn--"))
        {
            let url = reqwest::Url::parse(&format!("http://{domain}/")).unwrap();
            prop_assert_eq!(url.domain(), Some(domain.as_str()));
            let site = SiteUrl::new(format!("https://{domain}")).unwrap();
            prop_assert_eq!(site.host(), domain);
        }
    }

    #[test]
    fn only_tailnet_addresses_are_accepted_for_servers(text in words::text(), near in "(100\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}|fd7a:115c:a1e[0-9]:[0-9a-f:]{1,9}|::ffff:100\\.64\\.0\\.[0-9])") {
        for text in [text, near] {
            if let Ok(address) = text.parse::<TailnetAddr>() {
                let inside = match address.ip() {
                    std::net::IpAddr::V4(v4) => u32::from(v4) >> 22 == u32::from(std::net::Ipv4Addr::new(100, 64, 0, 0)) >> 22,
                    std::net::IpAddr::V6(v6) => u128::from(v6) >> 80 == 0xfd7a_115c_a1e0,
                };
                prop_assert!(inside, "{}", text);
                prop_assert_eq!(address.to_string().parse::<TailnetAddr>(), Ok(address));
            }
        }
    }
}
