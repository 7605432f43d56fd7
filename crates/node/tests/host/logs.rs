//! Logs of sites: what requests and programs leave in them, how they are read, and what a flood costs.

use std::time::{Duration, Instant};

use wire::log::{LogFrom, LogLines, LogSearch};
use wire::message::FailureKind;
use wire::spec::PodSpec;
use wire::verb::{PodApply, PodRemove, RemoveMode, SiteLog, WebLog};
use wire::{PodName, SiteName};

use crate::bed::Host;
use crate::session::Session;
use crate::specs::{domain, node_pod, php_pod, static_pod, suspended};

fn ask(pod: &PodSpec, log: WebLog, search: Option<&str>, from: LogFrom) -> SiteLog {
    let search = search.map(|text| LogSearch::new(text).unwrap());
    SiteLog { pod: pod.pod.clone(), site: pod.sites[0].name.clone(), log, search, from, limit: 500 }
}

fn last(session: &Session, pod: &PodSpec, log: WebLog, search: Option<&str>) -> LogLines {
    session.call(ask(pod, log, search, LogFrom::End)).unwrap()
}

/// The lines with this text, once there are so many: what a program writes is on its way for a moment.
fn found(session: &Session, pod: &PodSpec, log: WebLog, search: &str, count: usize) -> Vec<String> {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let found = last(session, pod, log, Some(search)).lines;
        if found.len() >= count {
            assert_eq!(found.len(), count, "{found:?}");
            return found;
        }
        assert!(Instant::now() < end, "{search}: {:?}", last(session, pod, log, None));
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn put(host: &Host, path: &str, text: &str) {
    host.script(&format!("cat >{path} <<'EOF'\n{text}\nEOF"));
}

#[test]
#[ignore = "boots a real host"]
fn requests_and_what_programs_write_are_in_the_logs_of_their_site_and_are_found() {
    let host = Host::shared();
    let session = host.session();
    let (node, php) = (node_pod("l-node"), php_pod("l-php"));
    for spec in [&node, &php] {
        session.call(PodApply { spec: spec.clone() }).unwrap();
    }
    // The web server.
    host.fetch(&domain("l-php"), "/is-looked-for?a=1");
    let line = found(&session, &php, WebLog::Access, "IS-looked-FOR", 1).remove(0);
    assert!(line.contains("\"GET /is-looked-for?a=1 HTTP/1.0\"") && line.contains(" 200 "), "{line}");
    assert!(last(&session, &node, WebLog::Access, Some("is-looked-for")).lines.is_empty(), "another pod's log");
    host.fetch(&domain("l-php"), "/%1b[31mred%0d%0ainjected");
    let line = found(&session, &php, WebLog::Access, "injected", 1).remove(0);
    assert!(!line.chars().any(char::is_control), "{line:?}");

    // PHP: what is fatal, what a page writes there, and what its worker writes.
    put(&host, "/srv/pods/l-php/sites/main/public/fatal.php", "<?php error_log(\"a note \\x1b[31m\"); no_such_function();");
    assert_eq!(host.fetch(&domain("l-php"), "/fatal.php").0, 500);
    let fatal = found(&session, &php, WebLog::Application, "PHP Fatal error", 1).remove(0);
    assert!(fatal.starts_with("20") && fatal.contains("no_such_function()") && !fatal.contains("UTC]"), "{fatal}");
    assert!(found(&session, &php, WebLog::Application, "a note", 1)[0].ends_with("a note \\x1b[31m"));
    assert!(last(&session, &php, WebLog::Error, Some("no_such_function")).lines.is_empty(), "it stands in one log");

    // Node: both ways out, and what it dies of.
    let program = "console.log('a line of the program'); console.error('and an error\\ttoo');
require('http').createServer((request, answer) => { if (request.url === '/die') throw new Error('it dies of this'); answer.end('well'); }).listen(process.env.PORT);";
    put(&host, "/srv/pods/l-node/sites/main/app/server.js", program);
    host.script("systemctl restart pod-l-node_main.service");
    assert_eq!(host.fetch(&domain("l-node"), "/"), (200, "well".to_owned()));
    assert!(found(&session, &node, WebLog::Application, "a line of the program", 1)[0].ends_with("Z a line of the program"));
    assert!(found(&session, &node, WebLog::Application, "and an error", 1)[0].ends_with("and an error\ttoo"));
    host.fetch(&domain("l-node"), "/die");
    found(&session, &node, WebLog::Application, "Error: it dies of this", 1);
    host.await_page(&domain("l-node"), "well");
    // Nothing of them is in the machine's journal, and of the pod's program nothing but the program.
    assert_eq!(host.script("journalctl -b -o cat | grep -c -e 'a line of the program' -e 'it dies of this'; true"), "0");
    let processes = host.script("systemctl show --property=ControlGroup --value pod-l-node_main.service | xargs -I{} cat /sys/fs/cgroup{}/cgroup.procs /sys/fs/cgroup/systemd{}/cgroup.procs 2>/dev/null | xargs -n 1 -I{} cat /proc/{}/comm | sort");
    assert_eq!(processes, "confine\nnode", "the program, and what writes its log");

    // A pod that is suspended keeps its logs; one that is gone has none.
    session.call(PodApply { spec: suspended(&node) }).unwrap();
    assert!(!last(&session, &node, WebLog::Application, Some("it dies of this")).lines.is_empty());
    assert_eq!(host.script("stat -c '%U %a' /srv/pods/l-node/web/main.application.log"), "root 640");
    for spec in [&node, &php] {
        session.call(PodRemove { pod: spec.pod.clone(), mode: RemoveMode::Purge }).unwrap();
        assert_eq!(session.call(ask(spec, WebLog::Access, None, LogFrom::End)).unwrap_err().kind, FailureKind::Missing);
    }
}

#[test]
#[ignore = "boots a real host"]
fn a_program_that_floods_its_log_is_bounded_and_its_neighbour_goes_on() {
    let host = Host::shared();
    let session = host.session();
    let (mut flood, other) = (node_pod("l-flood"), static_pod("l-other"));
    flood.limits.disk_mb = 256;
    for spec in [&flood, &other] {
        session.call(PodApply { spec: spec.clone() }).unwrap();
    }
    let program = "require('http').createServer((_, answer) => {
  for (let line = 0; line < 20000; line += 1) console.log('flood '.repeat(150));
  answer.end('written');
}).listen(process.env.PORT);";
    put(&host, "/srv/pods/l-flood/sites/main/app/server.js", program);
    host.script("systemctl restart pod-l-flood_main.service");
    assert_eq!(host.fetch(&domain("l-flood"), "/"), (200, "written".to_owned()), "its own writing is not held up");
    found(&session, &flood, WebLog::Application, "left out from here on", 1);
    let kept: u64 = host.script("stat -c %s /srv/pods/l-flood/web/main.application.log").parse().unwrap();
    // A megabyte at once, and for each second 16 KiB more.
    assert!(kept < (3 << 20), "{kept} bytes of 18 million were kept");
    assert_eq!(host.fetch(&domain("l-other"), "/").0, 200);
    assert_eq!(last(&session, &other, WebLog::Access, Some("GET")).lines.len(), 1);
}

#[test]
#[ignore = "boots a real host"]
fn logs_are_rotated_by_size_and_age_and_are_read_over_their_files() {
    let host = Host::boot();
    let session = host.session();
    let spec = static_pod("l-rot");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(host.script("systemctl is-active mpanel-logs.timer; systemctl is-enabled mpanel-logs.timer"), "active\nenabled");
    // One that was stopped is started again with the next apply, and where Debian's own reads there is nothing of it.
    host.script("systemctl stop mpanel-logs.timer; touch /etc/logrotate.d/mpanel");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(host.script("systemctl is-active mpanel-logs.timer; ls /etc/logrotate.d | grep -c mpanel; true"), "active\n0");
    host.script("systemctl stop mpanel-logs.timer mpanel-logs.service");
    let files = || host.script("cd /srv/pods/l-rot/web; ls main.access.log* | wc -l").parse::<usize>().unwrap();
    let rotate = || {
        host.script("now=$(date +%s); while [ $(date +%s) = $now ]; do sleep 0.02; done; systemctl reset-failed mpanel-logs.service; systemctl start mpanel-logs.service")
    };
    host.fetch(&domain("l-rot"), "/the-first");
    found(&session, &spec, WebLog::Access, "the-first", 1);
    rotate();
    assert_eq!(files(), 1, "it is short, and of today");
    let place = last(&session, &spec, WebLog::Access, None).newer;

    // What is long is rotated at once; nothing of it is lost to whoever follows, and nginx goes on in the new one.
    let fill = "yes 'filled up to be long' | head -c 6000000 >>/srv/pods/l-rot/web/main.access.log; echo >>/srv/pods/l-rot/web/main.access.log";
    host.script(fill);
    rotate();
    assert_eq!((files(), host.script("stat -c %s /srv/pods/l-rot/web/main.access.log").as_str()), (2, "0"));
    host.fetch(&domain("l-rot"), "/the-second");
    found(&session, &spec, WebLog::Access, "the-second", 1);
    let followed = session.call(ask(&spec, WebLog::Access, Some("the-second"), LogFrom::After(place))).unwrap();
    assert_eq!(followed.lines.len(), 1);
    host.script(fill);
    rotate();
    assert_eq!(host.script("cd /srv/pods/l-rot/web; ls main.access.log-*.gz | wc -l"), "1", "all but the last one are packed");
    assert_eq!(search_all(&session, &spec, "the-first").len(), 1, "also what is packed is searched");

    // Each day, also where nothing was written; what is older than the 14th is gone.
    for _ in 0..15 {
        host.script("sed -i 's/\\(web.main.access.log\" \\).*/\\12020-1-1-1:0:0/' /var/lib/mpanel/logrotate.state");
        rotate();
    }
    assert_eq!(files(), 14, "one that is written to and 13 that were rotated");
    assert!(search_all(&session, &spec, "the-first").is_empty() && search_all(&session, &spec, "filled").is_empty());

    // A link at its place leads nowhere.
    host.script("cd /srv/pods/l-rot/web; rm main.error.log; ln -s /etc/shadow main.error.log");
    let refused = session.call(ask(&spec, WebLog::Error, None, LogFrom::End)).unwrap_err();
    assert_eq!(refused.message, "main.error.log is not a file");
    let other = SiteLog { site: SiteName::new("other").unwrap(), ..ask(&spec, WebLog::Error, None, LogFrom::End) };
    assert_eq!(session.call(other).unwrap_err().kind, FailureKind::Missing);
    let gone = SiteLog { pod: PodName::new("l-none").unwrap(), ..ask(&spec, WebLog::Access, None, LogFrom::End) };
    assert_eq!(session.call(gone).unwrap_err().kind, FailureKind::Missing);
}

/// All lines of the log with this text.
fn search_all(session: &Session, pod: &PodSpec, search: &str) -> Vec<String> {
    let (mut lines, mut from) = (Vec::new(), LogFrom::End);
    loop {
        let part = session.call(ask(pod, WebLog::Access, Some(search), from)).unwrap();
        lines.extend(part.lines);
        match part.older {
            Some(older) if lines.len() < 1000 => from = LogFrom::Before(older),
            _ => return lines,
        }
    }
}
