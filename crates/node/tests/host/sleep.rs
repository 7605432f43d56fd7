//! Sites that nobody visits sleep, and wake for the next visitor. Nobody waits here until a time is over: visits are put back instead.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wire::SiteName;
use wire::cron::{CronCommand, CronJob, CronJobKey, CronSchedule};
use wire::observation::{Observation, PodCondition};
use wire::spec::PodSpec;
use wire::verb::{JobRun, PodApply, PodObserve, PodPlan, PodRemove, PodRestart, RemoveMode, SiteVisit};

use crate::bed::Host;
use crate::session::Session;
use crate::specs::{database, domain, node_pod, php_pod, suspended, wordpress_pod};

/// The same pod, whose sites sleep after an hour.
fn sleepy(mut spec: PodSpec) -> PodSpec {
    spec.sites.iter_mut().for_each(|site| site.sleep_after_minutes = Some(60));
    spec
}

fn main_site() -> SiteName {
    SiteName::new("main").unwrap()
}

/// The last visitor of a pod came two hours ago.
fn put_visits_back(host: &Host, pod: &str) {
    host.script(&format!("touch -c -d '2 hours ago' /run/pods/{pod}/*.sock"));
}

/// What the timer does every minute.
fn look(host: &Host) {
    host.script(&format!("{} sleep", wire::NODE_PATH));
}

fn state(host: &Host, unit: &str) -> String {
    host.script(&format!("systemctl is-active {unit}"))
}

/// Looks until the unit is stopped, as if nobody had come for two hours: the timer may be at work with the same pod this very moment, and WordPress
/// asks itself for something after a visit, which takes a while where there is no internet.
fn await_stopped(host: &Host, pod: &str, unit: &str) {
    let end = Instant::now() + Duration::from_secs(180);
    while state(host, unit) != "inactive" {
        assert!(Instant::now() < end, "{unit} is {}", state(host, unit));
        put_visits_back(host, pod);
        look(host);
    }
}

/// When somebody connected last, and when it was noted.
fn visits(host: &Host, pod: &str) -> String {
    host.script(&format!("stat -c '%x %y' /run/pods/{pod}/main.sock"))
}

fn observe(session: &Session, spec: &PodSpec) -> Observation {
    session.call(PodObserve { pod: spec.pod.clone() }).unwrap()
}

/// The page's title, of a page that is there.
fn title(host: &Host, pod: &str) -> String {
    let (status, body) = host.fetch(&domain(pod), "/");
    let title = body.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map(|(title, _)| title.to_owned());
    assert_eq!(status, 200, "{pod}: {body:.300}");
    title.unwrap_or_else(|| panic!("{pod} has no title: {body:.300}"))
}

fn remove(session: &Session, spec: &PodSpec) {
    session.call(PodRemove { pod: spec.pod.clone(), mode: RemoveMode::Purge }).unwrap();
}

#[test]
#[ignore = "boots a real host"]
fn the_page_of_a_site_that_is_asleep_is_there_for_the_panel_that_asks_for_it() {
    let host = Host::shared();
    let session = host.session();
    let spec = sleepy(php_pod("s-visit"));
    session.call(PodApply { spec: spec.clone() }).unwrap();
    await_stopped(&host, "s-visit", "pod-s-visit_main.service");
    let visit = |site: SiteName| session.call(SiteVisit { pod: spec.pod.clone(), site });
    assert_eq!(visit(main_site()).unwrap().map(|page| page.status), Some(200));
    assert!(visit(SiteName::new("other").unwrap()).is_err());
    remove(&session, &spec);
}

#[test]
#[ignore = "boots a real host"]
fn sites_that_nobody_visits_sleep_with_their_database_and_the_next_visitor_wakes_them() {
    let host = Host::shared();
    let session = host.session();
    for (spec, has_database) in [(php_pod("s-php"), true), (node_pod("s-node"), false), (wordpress_pod("s-wp"), true)] {
        let (spec, pod) = (sleepy(spec.clone()), spec.pod.to_string());
        let (unit, databases) = (format!("pod-{pod}_main.service"), format!("pod-{pod}-db.service"));
        session.call(PodApply { spec: spec.clone() }).unwrap();
        assert_eq!(state(&host, &unit), "active", "{pod}");
        let page = title(&host, &pod);
        look(&host);
        assert_eq!(state(&host, &unit), "active", "{pod} was just visited");

        // What the panel asks is no visit: it neither keeps the site awake nor wakes it.
        let before = visits(&host, &pod);
        let seen = observe(&session, &spec);
        assert!(seen.standing == PodCondition::Running && seen.sites[&main_site()].status == 200 && seen.asleep.is_empty(), "{pod}: {seen:?}");
        assert!(visits(&host, &pod) == before || pod == "s-wp", "{pod}: the question counts as a visit");
        await_stopped(&host, &pod, &unit);
        if has_database {
            await_stopped(&host, &pod, &databases);
        }
        for _ in 0..2 {
            let seen = observe(&session, &spec);
            assert_eq!(seen.standing, PodCondition::Running, "{pod}: {seen:?}");
            assert!(!seen.sites.contains_key(&main_site()), "{pod} was asked");
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
            assert!(now.abs_diff(seen.asleep[&main_site()]) < 600, "{pod}: {seen:?}");
        }
        assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop(), "{pod} is as it should be");
        assert!(session.call(PodApply { spec: spec.clone() }).unwrap().is_noop(), "{pod} is as it should be");
        assert_eq!(session.call(PodRestart { pod: spec.pod.clone() }).unwrap().units, Vec::<String>::new(), "{pod}");
        assert_eq!(state(&host, &unit), "inactive", "{pod} still sleeps");

        assert_eq!(title(&host, &pod), page);
        assert_eq!(state(&host, &unit), "active", "{pod}");
        let seen = observe(&session, &spec);
        assert!(seen.standing == PodCondition::Running && seen.asleep.is_empty() && seen.sites[&main_site()].status == 200, "{pod}: {seen:?}");

        // Closed while it sleeps, and open again.
        await_stopped(&host, &pod, &unit);
        session.call(PodApply { spec: suspended(&spec) }).unwrap();
        let seen = observe(&session, &spec);
        assert!(seen.standing == PodCondition::Suspended && seen.asleep.is_empty(), "{pod}: {seen:?}");
        assert_eq!(host.fetch(&domain(&pod), "/").0, 503, "{pod}");
        session.call(PodApply { spec: spec.clone() }).unwrap();
        assert_eq!(title(&host, &pod), page);
        remove(&session, &spec);
        assert_eq!(host.traces(&pod), "", "{pod}");
    }
}

/// Something that WordPress has to do with every page it is asked for.
const DUE: &str = "<?php
add_action('bed_due', function () { file_put_contents('/tmp/ran', 'x', FILE_APPEND); });
add_action('init', function () { if (!wp_next_scheduled('bed_due')) { wp_schedule_single_event(time() - 60, 'bed_due'); } }, 1);";

#[test]
#[ignore = "boots a real host"]
fn wordpress_reaches_its_database_also_when_both_were_asleep_and_the_panels_question_gives_it_nothing_to_do() {
    let host = Host::shared();
    let session = host.session();
    let spec = sleepy(wordpress_pod("s-both"));
    session.call(PodApply { spec: spec.clone() }).unwrap();
    for _ in 0..3 {
        await_stopped(&host, "s-both", "pod-s-both_main.service");
        await_stopped(&host, "s-both", "pod-s-both-db.service");
        let (status, body) = host.fetch(&domain("s-both"), "/");
        assert!(status == 200 && body.contains("wp-content") && !body.contains("Error establishing a database connection"), "{status}: {body:.300}");
        assert_eq!(state(&host, "pod-s-both-db.service"), "active");
    }

    let plugins = "/srv/pods/s-both/sites/main/public/wp-content/mu-plugins";
    host.script(&format!("mkdir -p {plugins} && cat >{plugins}/due.php <<'EOF'\n{DUE}\nEOF\nchown -R p-s-both:p-s-both {plugins}"));
    let ask = "select count(*) from s_both.wp_options where option_name = '_transient_doing_cron'";
    let is_at_it = || host.script(&format!("mariadb --socket=/run/pods/s-both/db/mysqld.sock -N -e \"{ask}\"")) != "0";
    let done = || host.script("cat /srv/pods/s-both/tmp/ran");
    let end = Instant::now() + Duration::from_secs(180);
    while done().is_empty() || is_at_it() {
        assert!(Instant::now() < end, "a visit has it done");
        if done().is_empty() {
            title(&host, "s-both");
        }
    }
    let before = done();
    assert_eq!(observe(&session, &spec).sites[&main_site()].status, 200);
    assert!(!is_at_it() && done() == before, "the panel's question does not");
    remove(&session, &spec);
}

/// Asks for a page and reads its answer when it comes.
fn visit(host: &Arc<Host>, pod: &str, path: &'static str) -> thread::JoinHandle<String> {
    let (name, host) = (domain(pod), Arc::clone(host));
    thread::spawn(move || host.fetch_raw(&name, path))
}

#[test]
#[ignore = "boots a real host"]
fn a_program_in_use_is_not_put_to_sleep() {
    let host = Host::shared();
    let session = host.session();
    let (php, node) = (sleepy(php_pod("s-use")), sleepy(node_pod("s-open")));
    session.call(PodApply { spec: php.clone() }).unwrap();
    session.call(PodApply { spec: node.clone() }).unwrap();
    let wait = "touch(\"/tmp/begun\"); while (!file_exists(\"/tmp/go\")) { clearstatcache(); usleep(10000); }";
    let public = "/srv/pods/s-use/sites/main/public";
    host.script(&format!(
        "printf '%s' '<?php {wait} echo \"the end\";' >{public}/long.php
         printf '%s' '<?php echo \"sent\"; fastcgi_finish_request(); ignore_user_abort(true); {wait} touch(\"/tmp/done\");' >{public}/after.php"
    ));
    let begun = "timeout 30 sh -c 'until [ -e /srv/pods/s-use/tmp/begun ]; do sleep 0.02; done'; rm -f /srv/pods/s-use/tmp/begun";
    let unit = "pod-s-use_main.service";
    let pid = |unit: &str| host.script(&format!("systemctl show --property=MainPID --value {unit}"));
    let before = pid(unit);

    // A long request.
    let visitor = visit(&host, "s-use", "/long.php");
    host.script(begun);
    put_visits_back(&host, "s-use");
    look(&host);
    assert_eq!((state(&host, unit), pid(unit)), ("active".to_owned(), before.clone()));
    host.script("touch /srv/pods/s-use/tmp/go");
    let answer = visitor.join().unwrap();
    assert!(answer.ends_with("the end"), "{answer}");

    // One that goes on after its visitor has his page.
    host.script("rm /srv/pods/s-use/tmp/go");
    let answer = visit(&host, "s-use", "/after.php").join().unwrap();
    assert!(answer.ends_with("sent"), "{answer}");
    host.script(begun);
    put_visits_back(&host, "s-use");
    look(&host);
    assert_eq!((state(&host, unit), pid(unit)), ("active".to_owned(), before));
    host.script("touch /srv/pods/s-use/tmp/go; timeout 30 sh -c 'until [ -e /srv/pods/s-use/tmp/done ]; do sleep 0.02; done'");

    // A connection that stays open, as that of a WebSocket.
    let program = "require('http').createServer((_, answer) => answer.end('page')).on('upgrade', (_, socket) => { \
                   socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n'); \
                   socket.on('data', (piece) => socket.write(piece)); socket.on('end', () => socket.end()); }).listen(process.env.PORT);";
    host.script(&format!("cat >/srv/pods/s-open/sites/main/app/server.js <<'EOF'\n{program}\nEOF\nsystemctl restart pod-s-open_main.service"));
    let mut open = TcpStream::connect((host.address(), 80)).unwrap();
    open.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(open, "GET / HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", domain("s-open")).unwrap();
    let mut head = [0; 12];
    open.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 101");
    put_visits_back(&host, "s-open");
    look(&host);
    assert_eq!(state(&host, "pod-s-open_main.service"), "active");
    open.write_all(b"still here").unwrap();
    let mut said = Vec::new();
    while !said.ends_with(b"still here") {
        let mut byte = [0];
        open.read_exact(&mut byte).unwrap();
        said.push(byte[0]);
    }

    // With nobody there, both sleep.
    drop(open);
    for pod in ["s-use", "s-open"] {
        await_stopped(&host, pod, &format!("pod-{pod}_main.service"));
    }
    remove(&session, &php);
    remove(&session, &node);
}

#[test]
#[ignore = "boots a real host"]
fn scheduled_jobs_run_while_their_site_sleeps_and_keep_the_database_for_a_while() {
    let host = Host::shared();
    let session = host.session();
    let mut spec = sleepy(php_pod("s-jobs"));
    let key = CronJobKey::new("hello").unwrap();
    spec.sites[0].cron_jobs = vec![CronJob {
        key: key.clone(),
        schedule: CronSchedule::new("0 0 1 1 *").unwrap(),
        command: CronCommand::new("echo hello").unwrap(),
        limit_seconds: 60,
    }];
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let (unit, databases, result) = ("pod-s-jobs_main.service", "pod-s-jobs-db.service", "/var/lib/mpanel/jobs/s-jobs/main-hello.json");
    await_stopped(&host, "s-jobs", unit);
    await_stopped(&host, "s-jobs", databases);
    assert!(session.call(JobRun { pod: spec.pod.clone(), site: main_site(), job: key }).unwrap());
    host.script(&format!("timeout 30 sh -c 'until grep -q hello {result}; do sleep 0.05; done'"));
    assert_eq!(state(&host, unit), "inactive", "the web program sleeps on");
    let db = database("s-jobs");
    let ask = format!("--socket=/run/pods/s-jobs/db/mysqld.sock --user={} --password={} -N --execute='select 7'", db.user, db.password.expose());
    assert_eq!(host.script(&format!("mariadb {ask}")), "7", "whoever connects to the database wakes it");
    look(&host);
    assert_eq!(state(&host, databases), "active", "the next run of the job may need it soon");
    host.script(&format!("touch -d '2 hours ago' {result}"));
    await_stopped(&host, "s-jobs", databases);
    assert_eq!(observe(&session, &spec).standing, PodCondition::Running);
    remove(&session, &spec);
    assert_eq!(host.traces("s-jobs"), "");
}

#[test]
#[ignore = "boots a real host"]
fn a_program_that_does_not_start_is_failing_and_not_asleep() {
    let host = Host::shared();
    let session = host.session();
    let spec = sleepy(node_pod("s-fails"));
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let unit = "pod-s-fails_main.service";
    await_stopped(&host, "s-fails", unit);
    host.script("echo 'process.exit(1)' >/srv/pods/s-fails/sites/main/app/server.js");
    // A visitor who does not wait for long.
    let ask = "GET / HTTP/1.0\\r\\nHost: s-fails.example.test\\r\\n\\r\\n";
    host.script(&format!("timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/80; printf \"{ask}\" >&3; cat <&3'; true"));
    host.script(&format!("timeout 30 sh -c 'until [ $(systemctl show --property=NRestarts --value {unit}) -gt 0 ]; do sleep 0.1; done'"));
    for _ in 0..3 {
        put_visits_back(&host, "s-fails");
        look(&host);
        assert_ne!(state(&host, unit), "inactive");
    }
    let seen = observe(&session, &spec);
    assert!(seen.standing == PodCondition::Broken && seen.asleep.is_empty(), "{seen:?}");
    remove(&session, &spec);
    assert_eq!(host.traces("s-fails"), "");
}

#[test]
#[ignore = "boots a real host"]
fn a_program_that_ends_badly_when_it_is_stopped_sleeps_like_any_other() {
    let host = Host::shared();
    let session = host.session();
    let spec = sleepy(node_pod("s-bad"));
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let unit = "pod-s-bad_main.service";
    let program = "process.on('SIGTERM', () => process.exit(3)); \
                   require('http').createServer((_, answer) => answer.end('page')).listen(process.env.PORT);";
    host.script(&format!("cat >/srv/pods/s-bad/sites/main/app/server.js <<'EOF'\n{program}\nEOF\nsystemctl restart {unit}"));
    assert_eq!(host.fetch(&domain("s-bad"), "/"), (200, "page".to_owned()));
    await_stopped(&host, "s-bad", unit);
    let seen = observe(&session, &spec);
    assert!(seen.standing == PodCondition::Running && seen.asleep.len() == 1, "{seen:?}");
    assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());
    assert_eq!(host.fetch(&domain("s-bad"), "/"), (200, "page".to_owned()), "the next visitor wakes it");
    remove(&session, &spec);
}

#[test]
#[ignore = "boots a real host"]
fn a_request_in_progress_goes_on_while_php_stops() {
    let host = Host::shared();
    let session = host.session();
    let spec = php_pod("s-ends");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let page = "<?php touch(\"/tmp/begun\"); while (!file_exists(\"/tmp/go\")) { clearstatcache(); usleep(10000); } echo \"the end\";";
    host.script(&format!("printf '%s' '{page}' >/srv/pods/s-ends/sites/main/public/long.php"));
    let visitor = visit(&host, "s-ends", "/long.php");
    host.script("timeout 30 sh -c 'until [ -e /srv/pods/s-ends/tmp/begun ]; do sleep 0.02; done'");
    host.script("systemctl stop --no-block pod-s-ends_main.service; touch /srv/pods/s-ends/tmp/go");
    let answer = visitor.join().unwrap();
    assert!(answer.ends_with("the end"), "{answer}");
    remove(&session, &spec);
}

#[test]
#[ignore = "boots a real host"]
fn what_may_sleep_is_not_started_with_the_machine_and_what_is_always_on_is() {
    let host = Host::boot();
    let session = host.session();
    let (sleeper, always) = (sleepy(php_pod("s-boot")), php_pod("s-always"));
    session.call(PodApply { spec: sleeper.clone() }).unwrap();
    session.call(PodApply { spec: always.clone() }).unwrap();
    put_visits_back(&host, "s-always");
    await_stopped(&host, "s-boot", "pod-s-boot_main.service");
    assert_eq!(state(&host, "pod-s-always_main.service"), "active", "nobody visits it, and it does not sleep");
    assert_eq!(state(&host, "mpanel-sleep.timer"), "active");
    host.lose_power();
    let session = host.session();
    host.script("timeout 60 sh -c 'until systemctl is-active --quiet pod-s-always_main.service; do sleep 0.1; done'");
    assert_eq!(state(&host, "pod-s-boot_main.service"), "inactive");
    assert_eq!(state(&host, "pod-s-always_main.service"), "active");
    assert_eq!(state(&host, "mpanel-sleep.timer"), "active");
    for (spec, is_asleep) in [(&sleeper, true), (&always, false)] {
        let seen = observe(&session, spec);
        assert!(seen.standing == PodCondition::Running && seen.asleep.is_empty() != is_asleep, "{seen:?}");
    }
    assert_eq!(host.fetch(&domain("s-boot"), "/").0, 200);

    // Always on from now on, also when it sleeps at that moment.
    await_stopped(&host, "s-boot", "pod-s-boot_main.service");
    let mut spec = sleeper.clone();
    spec.sites[0].sleep_after_minutes = None;
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(state(&host, "pod-s-boot_main.service"), "active");
    put_visits_back(&host, "s-boot");
    look(&host);
    assert_eq!(state(&host, "pod-s-boot_main.service"), "active");
    let pid = || host.script("systemctl show --property=MainPID --value pod-s-boot_main.service");
    let before = pid();
    session.call(PodApply { spec: sleeper.clone() }).unwrap();
    assert_eq!(pid(), before, "nothing of it is started anew because it may sleep");
    assert!(session.call(PodPlan { spec: sleeper }).unwrap().is_noop());
}
