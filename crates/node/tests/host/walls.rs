//! Two pods on one host: neither reaches the other, and each stops at its limits.

use std::time::Instant;

use wire::verb::PodApply;

use crate::bed::Host;
use crate::specs::{domain, node_pod, php_pod, static_pod};

/// Puts a file of the tenant's into its site.
pub fn put(host: &Host, pod: &str, name: &str, text: &str) {
    host.script(&format!(
        "cat > /srv/pods/{pod}/sites/main/public/{name} <<'TEXT'\n{text}\nTEXT\nchown p-{pod}: /srv/pods/{pod}/sites/main/public/{name}"
    ));
}

const PEEK: &str = r#"<?php
$out = [];
$out['pods'] = array_values(array_diff(scandir('/srv/pods'), ['.', '..']));
$out['file'] = @file_get_contents('/srv/pods/w-b/sites/main/public/index.php');
$out['users'] = count(file('/etc/passwd'));
$owners = [];
foreach (scandir('/proc') as $entry) if (ctype_digit($entry)) $owners[fileowner("/proc/$entry")] = true;
$out['owners'] = count($owners);
$out['host'] = (bool) glob('/proc/[0-9]*/ro' . 'ot/etc/nginx');
$out['socket'] = (bool) @fsockopen('unix:///run/pods/w-b/main.sock');
$out['bus'] = (bool) @fsockopen('unix:///run/dbus/system_bus_socket');
try { new mysqli('localhost', 'w_a', 'secret-of-w-a-0123456789', 'w_b'); $out['database'] = true; } catch (Throwable $e) { $out['database'] = false; }
try { new mysqli('localhost', 'w_a', 'secret-of-w-a-0123456789', 'wxa'); $out['similar'] = true; } catch (Throwable $e) { $out['similar'] = false; }
try { new mysqli('localhost', 'w_a', 'secret-of-w-a-0123456789', 'w_a'); $out['own'] = true; } catch (Throwable $e) { $out['own'] = false; }
foreach (['/etc/x', '/usr/x', '/run/x', '/srv/x', '/srv/pods/w-a/x'] as $file) $out['writes'][] = (bool) @file_put_contents($file, 'x');
$out['temporary'] = (bool) file_put_contents('/tmp/here', 'x');
foreach (['w-b/sites/main/public/index.php' => 'one', 'w-b/sites/main/private' => 'two'] as $to => $name) @symlink("/srv/pods/$to", "/srv/pods/w-a/sites/main/public/$name.txt");
echo json_encode($out);
"#;

#[test]
#[ignore = "boots a real host"]
fn one_pod_sees_nothing_of_another() {
    let host = Host::boot();
    let session = host.session();
    for spec in [php_pod("w-a"), php_pod("w-b"), static_pod("w-s"), node_pod("w-n")] {
        session.call(PodApply { spec }).unwrap();
    }
    host.script("mariadb --socket=/run/pods/w-a/db/mysqld.sock -e 'create database wxa'");
    put(&host, "w-a", "peek.php", PEEK);
    let (_, body) = host.fetch(&domain("w-a"), "/peek.php");
    let seen: serde_json::Value = serde_json::from_str(&body).unwrap_or_else(|e| panic!("{e}: {body}"));
    assert_eq!(seen["pods"], serde_json::json!(["w-a"]));
    assert_eq!(seen["writes"], serde_json::json!([false, false, false, false, false]));
    for nothing in ["file", "host", "socket", "bus", "database", "similar"] {
        assert_eq!(seen[nothing], false, "{nothing}: {body}");
    }
    assert_eq!((seen["users"].as_u64(), seen["owners"].as_u64()), (Some(3), Some(1)), "{body}");
    assert!(seen["own"] == true && seen["temporary"] == true, "{body}");
    assert_eq!(host.script("cat /srv/pods/w-a/tmp/here"), "x");

    // The web server reads as a member of every pod's group: links must not borrow that.
    host.script("ln -s /srv/pods/w-b/sites/main/public/index.php /srv/pods/w-s/sites/main/public/l.txt; chown -h p-w-s: /srv/pods/w-s/sites/main/public/l.txt; echo mine > /srv/pods/w-s/sites/main/public/m.txt; chown p-w-s: /srv/pods/w-s/sites/main/public/m.txt; ln -s m.txt /srv/pods/w-s/sites/main/public/n.txt; chown -h p-w-s: /srv/pods/w-s/sites/main/public/n.txt");
    assert_eq!(host.fetch(&domain("w-s"), "/l.txt").0, 404);
    assert_eq!(host.fetch(&domain("w-s"), "/n.txt"), (200, "mine\n".to_owned()));
    assert!(!host.fetch(&domain("w-a"), "/one.txt").1.contains("htmlspecialchars"));
    put(&host, "w-a", ".secret", "hidden");
    assert_eq!(host.fetch(&domain("w-a"), "/.secret").0, 404);
    assert_eq!(host.fetch("nobody.example.test", "/").0, 404);
}

#[test]
#[ignore = "boots a real host"]
fn memory_tasks_and_disk_end_at_the_limit_and_the_neighbour_goes_on() {
    let host = Host::boot();
    let session = host.session();
    for spec in [php_pod("w-hog"), php_pod("w-calm")] {
        session.call(PodApply { spec }).unwrap();
    }
    put(
        &host,
        "w-hog",
        "memory.php",
        "<?php ini_set('memory_limit', '-1'); $a = []; for ($i = 0; $i < 600; $i++) $a[] = str_repeat(chr($i % 256), 1 << 20); echo 'took all';",
    );
    let began = Instant::now();
    assert_eq!(host.fetch(&domain("w-hog"), "/memory.php").0, 502);
    assert_eq!(host.fetch(&domain("w-calm"), "/").0, 200);
    host.await_page(&domain("w-hog"), "is ready");
    println!("a PHP pod takes memory: ended at its limit and answering again after {:.1?}", began.elapsed());

    put(
        &host,
        "w-hog",
        "tasks.php",
        "<?php $n = 0; $p = []; for ($i = 0; $i < 200; $i++) { $h = @proc_open(['sleep', '5'], [], $x); if ($h) { $n++; $p[] = $h; } } foreach ($p as $h) proc_terminate($h, 9); echo $n;",
    );
    let started: u32 = host.fetch(&domain("w-hog"), "/tasks.php").1.parse().unwrap();
    assert!((20..60).contains(&started), "{started} of at most 60 tasks");

    put(
        &host,
        "w-hog",
        "disk.php",
        "<?php $f = fopen('/srv/pods/w-hog/sites/main/private/fill', 'w'); $n = 0; $b = random_bytes(1 << 20); while ($n < 400 && @fwrite($f, $b) === strlen($b)) $n++; echo $n;",
    );
    let written: u32 = host.fetch(&domain("w-hog"), "/disk.php").1.parse().unwrap();
    assert!((150..=200).contains(&written), "{written} of at most 200 MiB");
    assert_eq!(host.fetch(&domain("w-calm"), "/").0, 200);
}
