//! What pods may reach, in nftables' language. All words are numbers and addresses.

use std::fmt::Write;
use std::net::IpAddr;

use wire::PodUid;

use super::vhost::WAITED;

/// Networks that are nobody's on the public internet: the host's own, private ones, the tailnet, link-local, documentation, multicast.
/// 198.18.0.0/15 is left out: it leads nowhere, and is the internet of the test hosts.
const CLOSED_V4: &str = "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.0.0.0/24, 192.0.2.0/24, \
    192.168.0.0/16, 198.51.100.0/24, 203.0.113.0/24, 224.0.0.0/3";
const CLOSED_V6: &str = "::/96, ::ffff:0:0/96, 64:ff9b:1::/48, 100::/64, 2001:db8::/32, fc00::/7, fe80::/10, ff00::/8";

/// The table, which replaces the one before in one step. `closed` are the users that reach the server's sites only.
pub fn rules(resolvers: &[IpAddr], closed: &[PodUid]) -> String {
    let mut text =
        String::from("# Written by mPanel. Changes made here are undone.\ntable inet mpanel\ndelete table inet mpanel\ntable inet mpanel {\n");
    let _ = write!(
        text,
        "\tchain output {{\n\t\ttype filter hook output priority filter; policy accept;\n\t\tmeta skuid {}-{} jump pod\n\t}}\n\tchain pod {{\n",
        PodUid::FIRST,
        PodUid::LAST
    );
    let mut rule = |words: &str| text.push_str(&format!("\t\t{words}\n"));
    // From there visitors of a paused pod come, who are believed about their address.
    rule(&format!("ip saddr {WAITED} reject"));
    // The sites of this server, over whatever address of its own: an application asks for its own pages as its visitors do.
    rule("oifname \"lo\" tcp dport { 80, 443 } accept");
    if !closed.is_empty() {
        let users = closed.iter().map(|uid| uid.get().to_string()).collect::<Vec<_>>().join(", ");
        rule(&format!("meta skuid {{ {users} }} reject"));
    }
    for resolver in resolvers {
        let family = if resolver.is_ipv4() { "ip" } else { "ip6" };
        rule(&format!("{family} daddr {resolver} meta l4proto {{ tcp, udp }} th dport 53 accept"));
    }
    rule("oifname { \"lo\", \"tailscale0\" } reject");
    rule(&format!("ip daddr {{ {CLOSED_V4} }} reject"));
    rule(&format!("ip6 daddr {{ {CLOSED_V6} }} reject"));
    text.push_str("\t}\n}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_on_a_private_address_is_reached_before_private_addresses_are_refused() {
        let text = rules(&["10.0.0.2".parse().unwrap(), "fd00::53".parse().unwrap()], &[]);
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words} in {text}"));
        assert!(at("ip daddr 10.0.0.2 meta") < at("oifname { \"lo\""));
        assert!(at("ip6 daddr fd00::53 meta") < at("fc00::/7"));
        assert!(!text.contains("skuid {"));
    }

    #[test]
    fn sites_of_the_server_are_reached_over_http_and_https_before_what_else_listens_there_is_refused_also_by_a_closed_pod() {
        let closed = PodUid::new(PodUid::FIRST + 7).unwrap();
        let text = rules(&[], &[closed]);
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words} in {text}"));
        let sites = at("\t\toifname \"lo\" tcp dport { 80, 443 } accept\n");
        assert!(sites < at("skuid { 1900000007 } reject") && sites < at("oifname { \"lo\", \"tailscale0\" } reject"));
        // The rule names no family, so it holds over IPv4 and IPv6, and nothing else opens the server itself.
        assert_eq!((text.matches("\"lo\"").count(), text.matches(" accept\n").count()), (2, 1), "{text}");
    }

    #[test]
    fn a_closed_pod_reaches_no_resolver() {
        let closed = PodUid::new(PodUid::FIRST + 7).unwrap();
        let text = rules(&["192.0.2.1".parse().unwrap()], &[closed]);
        assert!(text.find("skuid { 1900000007 } reject") < text.find("daddr 192.0.2.1"));
    }
}
