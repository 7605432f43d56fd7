//! Visitors who have waited, or whom another server has sent on: a site sees their addresses, and nobody can make theirs up.

use wire::verb::{PodApply, PodPause, PodVisitors};

use crate::bed::Host;
use crate::specs::{domain, php_pod};
use crate::walls::put;

const WHO: &str = "<?php echo $_SERVER['REMOTE_ADDR'], ' ', $_SERVER['HTTP_X_FORWARDED_FOR'] ?? '';";

/// Asks this server from an address of its own, as a program of the pod.
const FROM: &str = r#"<?php
$socket = @stream_socket_client('tcp://127.0.0.1:80', $e, $w, 3, STREAM_CLIENT_CONNECT, stream_context_create(['socket' => ['bindto' => $_GET['from'] . ':0']]));
if (!$socket) exit('refused');
fwrite($socket, "GET /who.php HTTP/1.0\r\nHost: v-pod.example.test\r\nX-Forwarded-For: 198.51.100.9\r\n\r\n");
echo explode(' ', explode("\r\n\r\n", stream_get_contents($socket), 2)[1])[0];
"#;

#[test]
#[ignore = "boots a real host"]
fn a_visitor_who_waited_is_seen_with_its_own_address_and_no_pod_can_speak_from_where_visitors_wait() {
    let host = Host::boot();
    let session = host.session();
    let spec = php_pod("v-pod");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    put(&host, "v-pod", "who.php", WHO);
    put(&host, "v-pod", "from.php", FROM);
    let (_, own) = host.fetch(&domain("v-pod"), "/who.php");
    let own = own.trim().to_owned();
    assert!(own.starts_with("100.64."), "{own}");
    session.call(PodPause { pod: spec.pod.clone() }).unwrap();
    let waited = std::thread::scope(|scope| {
        let visitor = scope.spawn(|| host.fetch(&domain("v-pod"), "/who.php"));
        let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
        // One is the socket that listens, under the name that it was made with.
        while host.script("grep -c /run/mpanel-wait/v-pod/ /proc/net/unix") == "1" {
            assert!(std::time::Instant::now() < end, "the visitor waits");
        }
        session.call(PodApply { spec: spec.clone() }).unwrap();
        visitor.join().unwrap()
    });
    assert_eq!((waited.0, waited.1.split(' ').next()), (200, Some(own.as_str())));
    let from = |address: &str| host.fetch(&domain("v-pod"), &format!("/from.php?from={address}")).1;
    assert_eq!((from("127.0.0.1").as_str(), from("127.77.112.1").as_str()), ("127.0.0.1", "refused"));
}

#[test]
#[ignore = "boots a real host"]
fn another_server_is_believed_about_visitors_while_it_sends_them_on_and_nobody_else_is() {
    let host = Host::boot();
    let session = host.session();
    let spec = php_pod("v-from");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    put(&host, "v-from", "who.php", WHO);
    let own = host.fetch(&domain("v-from"), "/who.php").1.trim().to_owned();
    // The host plays both: it asks itself over its address on the tailnet.
    let ask = || {
        let request = format!("GET /who.php HTTP/1.0\\r\\nHost: {}\\r\\nX-Forwarded-For: 198.51.100.9\\r\\n\\r\\n", domain("v-from"));
        host.script(&format!("exec 3<>/dev/tcp/{}/80; printf '{request}' >&3; sed '1,/^\\r$/d' <&3", host.address()))
    };
    let forged = || {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect((host.address(), 80)).unwrap();
        write!(stream, "GET /who.php HTTP/1.0\r\nHost: {}\r\nX-Forwarded-For: 198.51.100.9\r\n\r\n", domain("v-from")).unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        page.split_once("\r\n\r\n").unwrap().1.split(' ').next().unwrap().to_owned()
    };
    let from = host.address().parse().unwrap();
    let visitors = |believe| session.call(PodVisitors { pod: spec.pod.clone(), from, believe }).unwrap();
    assert!(ask().starts_with(host.address()) && forged() == own);
    assert_eq!((visitors(true), visitors(true)), (true, false));
    assert!(ask().starts_with("198.51.100.9 "), "{}", ask());
    assert_eq!(forged(), own, "a visitor's own word counts for nothing");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!((visitors(false), visitors(false)), (true, false));
    assert!(ask().starts_with(host.address()), "{}", ask());
}
