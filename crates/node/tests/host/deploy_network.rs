//! What deploys reach over the network: a repository whose host proves who it is, and nothing of the server that they run on.

use std::net::TcpListener;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use wire::deploy::{GitRemote, GitSource};
use wire::message::FailureKind;

use crate::deploy_sources::Site;

/// Git over HTTPS, beside the one over SSH.
const HTTPS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../end2end/bed/git-https.py"));
/// Where both are.
const ADDRESS: &str = "198.18.77.2";

/// A build that opens each of these addresses and keeps those that took the connection.
const REACH: &str = r#"php -r '$taken = [];
foreach (explode(",", "ADDRESSES") as $to) {
    $socket = @stream_socket_client("tcp://$to", $code, $words, 3);
    if ($socket) { $taken[] = $to; fclose($socket); }
}
file_put_contents("taken", implode(",", $taken));'"#;

/// Something that listens at all of the server's addresses.
const LISTENER: &str = r#"cat >/tmp/listen.pl <<'PERL'
use IO::Socket::IP;
my $open = IO::Socket::IP->new(LocalHost => '::', LocalPort => 8081, V6Only => 0, Listen => 9, ReuseAddr => 1) or die "$@";
sleep 1000;
PERL
systemd-run --quiet --unit=listen-here perl /tmp/listen.pl
for n in $(seq 100); do (: </dev/tcp/127.0.0.1/8081) 2>/dev/null && break; sleep 0.1; done
(: </dev/tcp/127.0.0.1/8081) && echo up"#;

impl Site {
    /// Serves the repository over HTTPS on this port, with this certificate and its key.
    fn serve_https(&self, port: u16, pem: &str) {
        let up = self.host.script(&format!(
            "cd /var/lib/repos
cat >git-https.py <<'END'\n{HTTPS}\nEND
cat >{port}.pem <<'END'\n{pem}\nEND
systemd-run --quiet --unit=git-https-{port} ip netns exec git chroot /mnt/git python3 /home/git-https.py {ADDRESS} {port} /home/{port}.pem
for n in $(seq 100); do (: </dev/tcp/{ADDRESS}/{port}) 2>/dev/null && break; sleep 0.1; done
(: </dev/tcp/{ADDRESS}/{port}) && echo up"
        ));
        assert_eq!(up, "up");
    }

    /// Has what fetches trust this authority beside those that it trusts.
    fn trust(&self, root: &str) {
        let done = self.host.script(&format!(
            "set -e
bundle=$(ls /srv/runtimes/build-*/etc/ssl/certs/ca-certificates.crt)
cat $bundle - >/run/trusted.crt <<'END'\n{root}\nEND
chmod 644 /run/trusted.crt
mount --bind /run/trusted.crt $bundle
echo done"
        ));
        assert_eq!(done, "done");
    }

    /// The repository as it is reached over HTTPS on this port.
    fn https(&self, port: u16) -> GitSource {
        let remote = GitRemote::new(format!("https://{ADDRESS}:{port}/shop")).unwrap();
        GitSource { remote, ..self.source("main", None) }
    }

    fn keeps(&self, pod: &str, file: &str) -> String {
        self.host.script(&format!("cat /srv/pods/{pod}/sites/main/releases/{file}"))
    }
}

#[test]
#[ignore = "boots a real host"]
fn a_repository_is_fetched_over_https_from_a_host_with_a_trusted_certificate_of_its_name_and_from_no_other() {
    let site = Site::open("e-h");
    let head = site.commit("echo over HTTPS >index.html");
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "the authority of this test");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let issue = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let issued = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        (issued.pem() + &key.serialize_pem()).replace('\r', "")
    };
    site.serve_https(443, &issue(ADDRESS));
    site.serve_https(8443, &issue("git.example.test"));
    let refused = |port, why: &str| {
        let failures = [site.head(site.https(port)).unwrap_err(), site.build_from(site.https(port), 1, None).unwrap_err()];
        for failure in failures {
            assert_eq!(failure.kind, FailureKind::Refused, "{failure}");
            assert!(failure.message.starts_with("Couldn't fetch the repository: ") && failure.message.contains(why), "{failure}");
        }
        assert_eq!(site.left(), "");
    };
    refused(443, "certificate verification failed");

    site.trust(&authority.pem().replace('\r', ""));
    refused(8443, "does not match");
    let found = site.head(site.https(443)).unwrap();
    assert_eq!((found.commit, found.host_keys), (head.clone(), None), "there is no host key to be pinned");
    let built = site.build_from(site.https(443), 1, None).unwrap();
    assert_eq!((built.commit, built.host_keys), (head, None));
    assert_eq!(site.keeps("e-h", "r1/index.html"), "over HTTPS");
}

#[test]
#[ignore = "boots a real host"]
fn a_build_reaches_the_internet_and_no_service_of_the_server_or_the_tailnet() {
    let site = Site::open("e-i");
    site.commit("echo hello >index.html");
    assert_eq!(site.host.script(LISTENER), "up");
    let tailnet = TcpListener::bind(("100.64.0.1", 0)).unwrap();
    let server = site.host.address();
    let allowed = [format!("{ADDRESS}:22"), "127.0.0.1:80".to_owned()];
    let closed = [
        format!("{server}:22"),
        format!("{server}:8081"),
        format!("{}:8081", server.replace("100.64.0.", "198.18.0.")),
        "127.0.0.1:8081".to_owned(),
        "[::1]:8081".to_owned(),
        tailnet.local_addr().unwrap().to_string(),
    ];
    let all = [&allowed[..], &closed[..]].concat();
    let taken = |number: i32| {
        site.build(number, Some(&REACH.replace("ADDRESSES", &all.join(",")))).unwrap();
        site.keeps("e-i", &format!("r{number}/taken"))
    };
    assert_eq!(taken(1), allowed.join(","));

    // Without the rules it would reach them all: they are what refuses.
    site.host.script("nft flush chain inet mpanel pod");
    assert_eq!(taken(2), all.join(","));
}
