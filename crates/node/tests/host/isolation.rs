//! What a pod's programs can reach besides their own pod, tried from inside.

use std::net::TcpListener;

use wire::plan::Op;
use wire::spec::{NetworkPolicy, PodSpec};
use wire::verb::{PodApply, PodObserve, PodPlan, PodRemove, RemoveMode};

use crate::bed::Host;
use crate::specs::{domain, node_pod, php_pod, wordpress_pod};
use crate::walls::put;

/// Opens each address; answers with those that took the connection.
pub const REACH: &str = r#"<?php
$taken = [];
foreach (explode(',', $_GET['to']) as $to) {
    $socket = @stream_socket_client("tcp://$to", $code, $words, 3);
    if ($socket) { $taken[] = $to; fclose($socket); }
}
echo implode(',', $taken);
"#;

/// Those of the addresses where this pod's [`REACH`] is answered.
pub fn reached(host: &Host, pod: &str, addresses: &[String]) -> Vec<String> {
    let (status, body) = host.fetch(&domain(pod), &format!("/reach.php?to={}", addresses.join(",").replace('[', "%5B").replace(']', "%5D")));
    assert_eq!(status, 200, "{body}");
    body.split(',').filter(|address| !address.is_empty()).map(str::to_owned).collect()
}

/// Leaves nothing of these pods on a host that other tests use too.
pub fn remove(host: &Host, specs: impl IntoIterator<Item = PodSpec>) {
    let session = host.session();
    for PodSpec { pod, .. } in specs {
        session.call(PodRemove { pod: pod.clone(), mode: RemoveMode::Purge }).unwrap();
        assert_eq!(host.traces(pod.as_str()), "");
    }
}

/// A neighbour on a private network, and what listens on the server itself.
const SURROUNDINGS: &str = r#"systemctl start mariadb
ip netns add other
ip link add inner type veth peer name outer netns other
ip addr add 10.77.0.1/24 dev inner; ip -6 addr add fd00:77::1/64 dev inner nodad; ip link set inner up
ip -n other addr add 10.77.0.2/24 dev outer; ip -n other -6 addr add fd00:77::2/64 dev outer nodad; ip -n other link set outer up; ip -n other link set lo up
cat >/tmp/listen.pl <<'PERL'
use IO::Socket::IP;
my @open = map { IO::Socket::IP->new(LocalHost => '::', LocalPort => $_, V6Only => 0, Listen => 99, ReuseAddr => 1) or die "$_: $@" } @ARGV;
sleep 1000;
PERL
systemd-run --quiet --unit=listen-here perl /tmp/listen.pl 443 8081
systemd-run --quiet --unit=listen-there ip netns exec other perl /tmp/listen.pl 53 8082
for to in 127.0.0.1/3306 127.0.0.1/8081 10.77.0.2/53 10.77.0.2/8082 fd00:77::2/8082; do
  for n in $(seq 100); do (: </dev/tcp/$to) 2>/dev/null && break; sleep 0.1; done
  (: </dev/tcp/$to) 2>/dev/null || echo "root does not reach $to"
done"#;

#[test]
#[ignore = "boots a real host"]
fn a_pods_programs_reach_the_internet_and_no_service_of_the_server_no_private_network_and_not_the_tailnet() {
    let host = Host::boot();
    let session = host.session();
    assert_eq!(host.script(SURROUNDINGS), "");
    let listen = |address: &str| TcpListener::bind((address, 0)).unwrap();
    let (internet, tailnet) = (listen("198.18.0.1"), listen("100.64.0.1"));
    let port = |listener: &TcpListener| listener.local_addr().unwrap().to_string();
    let public = host.address().replace("100.64.0.", "198.18.0.");
    // DNS where the server's own resolver is, though that is on a private network.
    host.script("echo nameserver 10.77.0.2 >/etc/resolv.conf");
    let (spec, neighbour) = (php_pod("n-a"), node_pod("n-b"));
    for spec in [&spec, &neighbour] {
        session.call(PodApply { spec: spec.clone() }).unwrap();
    }
    put(&host, "n-a", "reach.php", REACH);
    let allowed = [
        port(&internet),
        "10.77.0.2:53".to_owned(),
        "127.0.0.1:80".to_owned(),
        format!("{public}:80"),
        "127.0.0.1:443".to_owned(),
        "[::1]:443".to_owned(),
        format!("{public}:443"),
    ];
    let refused = [
        format!("{}:22", host.address()),
        "127.0.0.1:3306".to_owned(),
        "127.0.0.1:8081".to_owned(),
        "[::1]:8081".to_owned(),
        format!("{}:8081", host.address()),
        format!("{public}:8081"),
        port(&tailnet),
        "10.77.0.2:8082".to_owned(),
        "[fd00:77::2]:8082".to_owned(),
        "[fd00:77::2]:53".to_owned(),
    ];
    let all: Vec<String> = allowed.iter().chain(&refused).cloned().collect();
    assert_eq!(reached(&host, "n-a", &all), allowed);

    // Without the rules it would reach them all: they are what refuses.
    host.script("nft flush chain inet mpanel pod");
    assert_eq!(reached(&host, "n-a", &refused).len(), refused.len());
    let seen = session.call(PodObserve { pod: spec.pod.clone() }).unwrap();
    assert!(seen.parts.iter().any(|part| part.name == "network policy" && part.state != wire::observation::PartState::Good), "{seen:?}");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(reached(&host, "n-a", &all), allowed);

    // A pod without the internet keeps the sites of this server, and its neighbours keep the internet.
    session.call(PodApply { spec: PodSpec { network: NetworkPolicy::Closed, ..spec.clone() } }).unwrap();
    assert_eq!(reached(&host, "n-a", &all), allowed[2..]);
    let third = php_pod("n-c");
    session.call(PodApply { spec: third }).unwrap();
    put(&host, "n-c", "reach.php", REACH);
    assert_eq!(reached(&host, "n-c", &all), allowed);

    // With the start of the machine the rules are there before the pods.
    host.lose_power();
    host.await_page(&domain("n-a"), "is ready");
    assert_eq!(reached(&host, "n-a", &[port(&internet), "127.0.0.1:80".to_owned()]), ["127.0.0.1:80"]);
}

#[test]
#[ignore = "boots a real host"]
fn the_network_policy_survives_start_reload_restart_and_stop_of_debians_firewall_unit_and_the_pods_run_on() {
    let host = Host::boot();
    let session = host.session();
    assert_eq!(host.script(SURROUNDINGS), "");
    let spec = php_pod("n-f");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    put(&host, "n-f", "reach.php", REACH);
    let all = ["127.0.0.1:80", "127.0.0.1:3306", "127.0.0.1:8081", "10.77.0.2:8082", "[fd00:77::2]:8082"].map(str::to_owned);
    let program = || host.script("systemctl show -P MainPID pod-n-f_main.service");
    let first = program();
    for verb in ["start", "reload", "restart", "stop", "restart"] {
        // A table of somebody else's, which the unit empties with all others.
        let emptied = host.script(&format!("nft add table inet other; systemctl {verb} nftables; echo $?; nft list tables | grep -c 'inet other'"));
        assert_eq!(emptied, "0\n0", "{verb}");
        assert_eq!(reached(&host, "n-f", &all), all[..1], "{verb}");
        let seen = session.call(PodObserve { pod: spec.pod.clone() }).unwrap();
        assert_eq!(seen.standing, wire::observation::PodCondition::Running, "{verb}: {seen:?}");
    }
    assert_eq!(program(), first, "none of it restarts a pod");
}

#[test]
#[ignore = "boots a real host"]
fn a_pod_cannot_lead_the_web_server_to_another_socket() {
    let host = Host::shared();
    let session = host.session();
    let specs = [php_pod("i-sock"), node_pod("i-other")];
    for spec in &specs {
        session.call(PodApply { spec: spec.clone() }).unwrap();
    }
    let as_pod = "setpriv --reuid p-i-sock --regid p-i-sock --clear-groups sh -c";
    let tried = host.script(&format!(
        r#"{as_pod} 'rm -f /run/pods/i-sock/main.sock; ln -sf /run/pods/i-other/main.sock /run/pods/i-sock/main.sock; mv /run/pods/i-sock /run/pods/i-x; touch /run/pods/i-sock/x' 2>&1 | grep -c -e denied -e permitted
stat -c '%F %U %a' /run/pods/i-sock/main.sock /run/pods/i-sock"#
    ));
    assert_eq!(tried, "4\nsocket root 660\ndirectory root 755");
    assert!(host.fetch(&domain("i-sock"), "/").1.contains("PHP"));
    remove(&host, specs);
}

#[test]
#[ignore = "boots a real host"]
fn a_stopped_service_is_started_by_its_first_visitor_who_gets_the_page() {
    let host = Host::shared();
    let session = host.session();
    let specs = [php_pod("i-php"), node_pod("i-node")];
    for spec in &specs {
        let pod = spec.pod.to_string();
        session.call(PodApply { spec: spec.clone() }).unwrap();
        host.script(&format!("systemctl stop pod-{pod}_main.service pod-{pod}-db.service; true"));
        assert_eq!(host.script(&format!("pgrep -c -u p-{pod}; true")), "0");
        assert_eq!(host.fetch(&domain(&pod), "/").0, 200, "{pod}");
    }
    // The database, too.
    put(&host, "i-php", "db.php", "<?php new mysqli('localhost', 'i_php', 'secret-of-i-php-0123456789', 'i_php'); echo 'connected';");
    host.script("systemctl stop pod-i-php-db.service");
    assert_eq!(host.fetch(&domain("i-php"), "/db.php"), (200, "connected".to_owned()));
    remove(&host, specs);
}

#[test]
#[ignore = "boots a real host"]
fn the_tenants_helper_is_not_stopped_by_the_pods_programs() {
    let host = Host::shared();
    let session = host.session();
    let spec = wordpress_pod("k-wp");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    // Stops and kills, without a pause, whatever its user may.
    host.script(
        "cat >/tmp/stopper.sh <<'TEXT'\ntrap '' TERM HUP\nwhile :; do kill -STOP -1; kill -KILL -1; done 2>/dev/null\nTEXT
         cp /tmp/stopper.sh /usr/local/share/; setsid setpriv --reuid p-k-wp --regid p-k-wp --clear-groups sh /usr/local/share/stopper.sh </dev/null >/dev/null 2>&1 &",
    );
    assert_ne!(host.script("pgrep -u p-k-wp -f stopper"), "");
    for round in 0..20 {
        // A plan looks into the tenant's folders, and asks no program of the pod.
        let plan = session.call(PodPlan { spec: spec.clone() }).unwrap_or_else(|failure| panic!("{round}: {failure}"));
        assert!(plan.changes.iter().any(|change| change.what == "files" && change.op == Op::Keep), "{round}: {plan:?}");
    }
    host.script("pkill -KILL -u p-k-wp; rm /tmp/stopper.sh /usr/local/share/stopper.sh");
    remove(&host, [spec]);
}

#[test]
#[ignore = "boots a real host"]
fn until_wordpress_is_installed_no_visitor_gets_its_installation() {
    let host = Host::shared();
    let session = host.session();
    let spec = wordpress_pod("i-wp");
    // The installation waits until the visitors have been there.
    let id = session.send(PodApply { spec: spec.clone() }, std::time::Duration::from_secs(100));
    let (mut closed, mut open) = (0, 0);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let visits = scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::SeqCst) {
                let (status, body) = host.fetch(&domain("i-wp"), "/wp-admin/install.php");
                assert!(!body.contains("weblog_title") && !body.contains("step=1"), "{status}: {body:.300}");
                closed += u32::from(status == 503 && body.contains("Temporarily unavailable"));
                open += u32::from(status == 200);
            }
        });
        session.wait(id).unwrap();
        host.await_page(&domain("i-wp"), "Ana &amp; Sons");
        done.store(true, std::sync::atomic::Ordering::SeqCst);
        visits.join().unwrap();
    });
    assert!(closed > 0, "visitors came while it was being installed ({open} after that)");
    remove(&host, [spec]);
}

#[test]
#[ignore = "boots a real host"]
fn a_database_ends_at_its_pods_limit_and_its_neighbour_notices_nothing() {
    let host = Host::shared();
    let session = host.session();
    let mut specs = [php_pod("q-a"), php_pod("q-b")];
    for spec in &mut specs {
        spec.limits.disk_mb = 80;
        session.call(PodApply { spec: spec.clone() }).unwrap();
    }
    let page = |pod: &str| {
        let name = pod.replace('-', "_");
        format!(
            r#"<?php
set_time_limit(0);
$db = new mysqli('localhost', '{name}', 'secret-of-{pod}-0123456789', '{name}');
$db->query('create table if not exists t (id int auto_increment primary key, b longblob)');
if (isset($_GET['one'])) {{ $db->query("insert into t (b) values ('x')"); echo 'one'; exit; }}
$block = random_bytes(1 << 20); $n = 0;
try {{ for (; $n < 400; $n++) {{ $s = $db->prepare('insert into t (b) values (?)'); $s->bind_param('s', $block); $s->execute(); }} echo "all $n"; }}
catch (mysqli_sql_exception $e) {{ echo "$n: ", $e->getMessage(); }}
"#
        )
    };
    put(&host, "q-a", "db.php", &page("q-a"));
    put(&host, "q-b", "db.php", &page("q-b"));
    let (_, said) = host.fetch(&domain("q-a"), "/db.php");
    let written: u32 = said.split(':').next().unwrap().parse().unwrap_or_else(|_| panic!("it ended: {said}"));
    assert!((5..80).contains(&written), "{said}");
    assert_eq!(host.fetch(&domain("q-b"), "/db.php?one=1"), (200, "one".to_owned()));
    remove(&host, specs);
}

#[test]
#[ignore = "boots a real host"]
fn swap_shared_memory_uploads_and_logs_of_a_pod_are_bounded_by_the_pod() {
    let host = Host::boot();
    let session = host.session();
    session.call(PodApply { spec: php_pod("e-a") }).unwrap();
    assert_eq!(host.script("systemctl show -P MemorySwapMax pods-e_a.slice"), "0");
    put(
        &host,
        "e-a",
        "memory.php",
        "<?php $f = fopen('/dev/shm/fill', 'w'); $n = 0; $b = str_repeat('x', 1 << 20); while ($n < 64 && @fwrite($f, $b) === strlen($b)) $n++; echo $n, ' ', $_SERVER['REQUEST_METHOD'];",
    );
    let (_, said) = host.fetch(&domain("e-a"), "/memory.php");
    let written: u32 = said.split(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{said}"));
    assert!((10..=16).contains(&written), "{written} of at most 16 MiB");
    assert_eq!(host.script("ls /dev/shm"), "", "the server's own shared memory has nothing of it");
    // What visitors send and what nginx writes down of them is in the pod's subvolume.
    put(&host, "e-a", "upload.php", "<?php echo strlen(file_get_contents('php://input'));");
    let upload = host.script(&format!(
        "exec 3<>/dev/tcp/{}/80; (printf 'POST /upload.php HTTP/1.0\\r\\nHost: {}\\r\\nContent-Length: 300000\\r\\n\\r\\n'; head -c 300000 /dev/zero) >&3; tail -n 1 <&3",
        host.address(),
        domain("e-a")
    ));
    assert_eq!(upload, "300000");
    let used = host.script("nginx -T 2>/dev/null | grep -E 'temp_path|access_log|error_log' | grep -c /srv/pods/e-a/web/; stat -c %i /srv/pods/e-a; ls /srv/pods/e-a/web");
    assert_eq!(used, "5\n256\nbody\nmain.access.log\nmain.application.log\nmain.error.log");
    // They are rotated, and nginx goes on in the new one.
    host.script("systemctl stop mpanel-logs.timer mpanel-logs.service; logrotate --force --state /var/lib/mpanel/logrotate.state /var/lib/mpanel/logrotate.conf");
    host.fetch(&domain("e-a"), "/after-the-rotation");
    let found = host.script("cd /srv/pods/e-a/web; for n in $(seq 100); do grep -q after-the-rotation main.access.log && break; sleep 0.05; done; grep -c after-the-rotation main.access.log; grep -c upload.php main.access.log-*");
    assert_eq!(found, "1\n1");
}

#[test]
#[ignore = "boots a real host"]
fn a_pods_programs_make_no_subvolume_which_would_escape_the_pods_limit() {
    let host = Host::shared();
    let session = host.session();
    let spec = php_pod("v-a");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    // BTRFS_IOC_SUBVOL_CREATE and the newer call for the same.
    let make = r#"open(my $f, "<", ".") or die; for my $call (0x5000940e, 0x50009418) { my $arg = pack("qQQQQQQ", 0, 0, 0, 0, 0, 0, 0); $arg = pack("q", 0) if $call == 0x5000940e; $arg .= "nest"; $arg .= "\0" x (4096 - length $arg); print ioctl($f, $call, $arg) ? "made " : "$! " }"#;
    host.script(&format!("cat >/srv/pods/v-a/sites/main/private/make.pl <<'TEXT'\n{make}\nTEXT"));
    put(
        &host,
        "v-a",
        "make.php",
        "<?php chdir('/srv/pods/v-a/sites/main/public'); echo shell_exec('perl /srv/pods/v-a/sites/main/private/make.pl 2>&1');",
    );
    host.script("chmod 644 /srv/pods/v-a/sites/main/private/make.pl; chown p-v-a: /srv/pods/v-a/sites/main/private/make.pl");
    assert_eq!(host.fetch(&domain("v-a"), "/make.php").1, "Operation not permitted Operation not permitted ");
    assert_eq!(host.script("btrfs subvolume list /srv/pods | grep -c 'v-a/.*nest'; true"), "0");
    // Its user may, as such: it is the sandbox that refuses.
    let outside = host.script("cd /srv/pods/v-a/sites/main/public; setpriv --reuid p-v-a --regid p-v-a --clear-groups perl ../private/make.pl");
    assert!(outside.starts_with("made"), "{outside}");
    let seen = session.call(PodObserve { pod: spec.pod.clone() }).unwrap();
    assert!(seen.parts.iter().any(|part| part.name == "storage inside"), "one that was made all the same is seen: {seen:?}");
    remove(&host, [spec]);
}
