//! What the programs of a site get: environment variables, carried exactly, and scheduled jobs.

use std::time::{Duration, Instant};

use wire::cron::{CronCommand, CronJob, CronJobKey, CronJobResult, CronSchedule};
use wire::environment::{Variable, VariableName, VariableValue};
use wire::http_rules::{HeaderName, HeaderValue, Redirect, RedirectFrom, RedirectTo, ResponseHeader};
use wire::observation::PodCondition;
use wire::spec::PodSpec;
use wire::verb::{JobResults, JobRun, PodApply, PodObserve, PodPlan, PodRemove, RemoveMode};

use crate::bed::Host;
use crate::session::Session;
use crate::specs::{domain, node_pod, php_pod, suspended};

/// Values that try to be something else to systemd, to PHP and to a shell.
const HOSTILE: &[&str] = &[
    "",
    " leading and trailing ",
    "it's",
    "\"quoted\"",
    "\\back\\slash\\",
    "ends with \\",
    "$HOME ${PATH} $(reboot) `id`",
    "# no comment ; none either",
    "a\nb\n\n# c\nPORT=1\n",
    "\ttabs\t",
    "%n %h %%",
    "off",
    "null",
    "A=B&C|D^E!F~G(H){I}[J]",
    "\u{e9}\u{5d0}\u{202e}\u{1f980}",
    "1;\nphp_admin_value[open_basedir] = /",
];

fn variables() -> Vec<Variable> {
    let variable =
        |(at, value): (usize, &&str)| Variable { name: VariableName::new(format!("V{at}")).unwrap(), value: VariableValue::new(*value).unwrap() };
    let long = Variable { name: VariableName::new("LONG").unwrap(), value: VariableValue::new("x\"\\".repeat(1365)).unwrap() };
    HOSTILE.iter().enumerate().map(variable).chain([long]).collect()
}

/// The variables in hex, a line each, as a page shows them.
fn expected(variables: &[Variable]) -> String {
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    variables.iter().map(|one| format!("{}={}\n", one.name, hex(one.value.expose()))).collect()
}

fn put(host: &Host, path: &str, text: &str) {
    host.script(&format!("cat >{path} <<'EOF'\n{text}\nEOF"));
}

fn job(key: &str, schedule: &str, limit_seconds: u32, command: &str) -> CronJob {
    CronJob {
        key: CronJobKey::new(key).unwrap(),
        schedule: CronSchedule::new(schedule).unwrap(),
        command: CronCommand::new(command).unwrap(),
        limit_seconds,
    }
}

#[test]
#[ignore = "boots a real host"]
fn variables_reach_node_and_php_exactly_and_go_again() {
    let host = Host::shared();
    let session = host.session();
    let variables = variables();
    let names: Vec<&str> = variables.iter().map(|one| one.name.as_str()).collect();
    let (mut node, mut php) = (node_pod("v-node"), php_pod("v-php"));
    for spec in [&mut node, &mut php] {
        session.call(PodApply { spec: spec.clone() }).unwrap();
        spec.sites[0].environment = variables.clone();
    }
    let list = format!("'{}'", names.join(" "));
    let show = format!("{list}.split(' ').map((name) => name + '=' + Buffer.from(process.env[name] ?? 'unset').toString('hex') + '\\n').join('')");
    let program = format!("require('http').createServer((_, answer) => answer.end({show})).listen(process.env.PORT);");
    put(&host, "/srv/pods/v-node/sites/main/app/server.js", &program);
    let page = format!(
        "<?php foreach (explode(' ', {list}) as $name) {{ $value = getenv($name); echo $name, '=', bin2hex($value === false ? 'unset' : $value), \"\\n\"; }}"
    );
    put(&host, "/srv/pods/v-php/sites/main/public/environment.php", &page);
    for (spec, path) in [(&node, "/"), (&php, "/environment.php")] {
        session.call(PodApply { spec: spec.clone() }).unwrap();
        let name = domain(spec.pod.as_str());
        assert_eq!(host.fetch(&name, path), (200, expected(&variables)), "{name}");
        assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());
        let place = format!("/etc/mpanel/pods/{}/main/environment", spec.pod);
        assert_eq!(host.script(&format!("stat -c '%U %a' {place}")), "root 600");
        let mut without = spec.clone();
        without.sites[0].environment.clear();
        session.call(PodApply { spec: without.clone() }).unwrap();
        let unset: String = names.iter().map(|name| format!("{name}={}\n", "756e736574")).collect();
        assert_eq!(host.fetch(&name, path), (200, unset), "{name}");
        assert_eq!(host.script(&format!("grep -c . {place}")), "1", "no value is left");
        assert!(session.call(PodPlan { spec: without }).unwrap().is_noop());
        session.call(PodRemove { pod: spec.pod.clone(), mode: RemoveMode::Purge }).unwrap();
        assert_eq!(host.traces(spec.pod.as_str()), "");
    }
}

/// What the job came to, once it has.
fn result(session: &Session, spec: &PodSpec, key: &str) -> CronJobResult {
    let began = Instant::now();
    loop {
        let found = session.call(JobResults { pod: spec.pod.clone(), since: 0 }).unwrap();
        if let Some(found) = found.into_iter().find(|result| result.job.as_str() == key) {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{key} has come to nothing");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
#[ignore = "boots a real host"]
fn jobs_run_in_the_sandbox_of_their_site_within_their_time_and_stop_with_it() {
    let host = Host::shared();
    let session = host.session();
    let mut spec = node_pod("v-jobs");
    spec.sites[0].environment =
        vec![Variable { name: VariableName::new("SECRET").unwrap(), value: VariableValue::new("it's \"so\" $x\n\\").unwrap() }];
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let pid = || host.script("systemctl show --property=MainPID --value pod-v-jobs_main.service");
    let before = pid();
    let look = "id -un; pwd; printf '%s|' \"$SECRET\"; cat /proc/self/cgroup; ls /etc/mpanel /srv/pods 2>&1; head -c 200000 /dev/zero | tr '\\0' z; echo end; exit 7";
    spec.sites[0].cron_jobs = vec![
        job("look", "0 0 1 1 *", 60, look),
        job("late", "0 0 1 1 *", 1, "echo begun; sleep 600 & sleep 600"),
        job("often", "* * * * *", 60, "echo $$ >>often"),
        job("waits", "0 0 1 1 *", 60, "while [ ! -e go ]; do sleep 0.1; done"),
        job("either", "5,35 0-23/6 13 jan,jul fri", 60, "true"),
    ];
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(pid(), before, "its program was not started anew");
    assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());
    let (pod, site) = (spec.pod.clone(), spec.sites[0].name.clone());
    let run = |key: &str| session.call(JobRun { pod: pod.clone(), site: site.clone(), job: CronJobKey::new(key).unwrap() });

    let idle = |key: &str| {
        let unit = format!("pod-v-jobs_main-job-{key}.service");
        host.script(&format!("timeout 20 sh -c 'while systemctl is-active --quiet {unit}; do sleep 0.1; done'"));
    };
    assert!(run("look").unwrap());
    let found = result(&session, &spec, "look");
    idle("look");
    assert_eq!((found.code, found.timed_out, found.output.len()), (7, false, 8192), "only the end is kept");
    assert!(found.output.ends_with("zzzend\n"));
    spec.sites[0].cron_jobs[0].command = CronCommand::new(look.replace("200000", "1")).unwrap();
    session.call(PodApply { spec: spec.clone() }).unwrap();
    host.script("rm /var/lib/mpanel/jobs/v-jobs/main-look.json");
    assert!(run("look").unwrap());
    let found = result(&session, &spec, "look");
    assert!(found.output.starts_with("p-v-jobs\n/srv/pods/v-jobs/sites/main\nit's \"so\" $x\n\\|"), "{}", found.output);
    assert!(found.output.contains("pods-v_jobs.slice/pod-v-jobs_main-job-look.service"), "{}", found.output);
    assert!(found.output.contains("cannot access '/etc/mpanel'") && found.output.contains("\nv-jobs\n"), "{}", found.output);

    assert!(run("waits").unwrap());
    assert!(!run("waits").unwrap(), "one run at a time");
    host.script("touch /srv/pods/v-jobs/sites/main/go");
    assert_eq!(result(&session, &spec, "waits").code, 0);
    // What it came to stays while the next one goes on; one that dies is told of.
    idle("waits");
    let (unit, file) = ("pod-v-jobs_main-job-waits.service", "/var/lib/mpanel/jobs/v-jobs/main-waits.json");
    host.script("rm /srv/pods/v-jobs/sites/main/go");
    assert!(run("waits").unwrap());
    host.script(&format!("timeout 20 sh -c 'until grep -q begun {file}; do sleep 0.1; done'"));
    assert_eq!(result(&session, &spec, "waits").code, 0);
    host.script(&format!(
        "systemctl kill --kill-who=main --signal=KILL {unit}; timeout 20 sh -c 'until systemctl is-failed --quiet {unit}; do sleep 0.1; done'"
    ));
    assert_eq!(result(&session, &spec, "waits").code, 255);
    assert!(run("late").unwrap());
    let found = result(&session, &spec, "late");
    assert_eq!((found.code, found.timed_out, found.output.as_str()), (137, true, "begun\n"));
    idle("late");
    assert_eq!(host.script("pgrep -u p-v-jobs sleep; true"), "", "nothing of it is left");

    // The machine's own clock, and what systemd makes of the schedules.
    let calendars = spec.sites[0].cron_jobs[4].schedule.calendars().join("' '");
    let read =
        host.script(&format!("systemd-analyze calendar --base-time='2026-12-01 21:20:00 UTC' '{calendars}' | grep -E 'Normalized|Next elapse'"));
    assert!(read.contains("*-01,07-13 00,06,12,18:05,35:00 UTC") && read.contains("Fri *-01,07-* 00,06,12,18:05,35:00 UTC"), "{read}");
    let next =
        "echo $(($(date -d \"$(systemctl show --property=NextElapseUSecRealtime --value pod-v-jobs_main-job-often.timer)\" +%s) - $(date +%s)))";
    let seconds: i64 = host.script(next).parse().unwrap();
    assert!((-1..=90).contains(&seconds), "a job of every minute comes in {seconds} s");

    // Closed, nothing of it runs or is started, what goes on included; open again, all of it is.
    assert!(run("waits").unwrap());
    session.call(PodApply { spec: suspended(&spec) }).unwrap();
    let timers = || host.script("systemctl list-units --plain --no-legend --state=active 'pod-v-jobs_main-job-*.timer' | wc -l");
    assert_eq!(timers(), "0");
    assert_eq!(host.script("systemctl list-units --plain --no-legend --state=active,activating,deactivating 'pod-v-jobs_main-job-*' | wc -l"), "0");
    assert!(run("look").is_err());
    assert!(session.call(PodPlan { spec: suspended(&spec) }).unwrap().is_noop());
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(timers(), "5");
    assert_eq!(session.call(PodObserve { pod: spec.pod.clone() }).unwrap().standing, PodCondition::Running);

    // One that goes takes its run along; the others stay.
    spec.sites[0].cron_jobs.truncate(1);
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(
        host.script("ls /etc/systemd/system | grep v-jobs_main-job; ls /var/lib/mpanel/jobs/v-jobs"),
        "pod-v-jobs_main-job-look.service\npod-v-jobs_main-job-look.timer\nmain-look.json"
    );
    assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());
    session.call(PodRemove { pod: spec.pod.clone(), mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("v-jobs"), "");
    assert_eq!(host.script("find / -xdev -name '*v-jobs*' -not -path '/proc/*' -not -path '/var/log/*' 2>/dev/null; true"), "");
}

#[test]
#[ignore = "boots a real host"]
fn redirects_and_headers_are_answered_by_the_web_server_and_closed_with_the_site() {
    let host = Host::shared();
    let session = host.session();
    let mut spec = node_pod("v-answers");
    let redirect =
        |from: &str, below, to: &str, status| Redirect { from: RedirectFrom::new(from).unwrap(), below, to: RedirectTo::new(to).unwrap(), status };
    spec.sites[0].settings.redirects = vec![redirect("/old", false, "/new", 301), redirect("/blog/", true, "https://example.com/?a=b", 308)];
    let header = |name: &str, value: &str| ResponseHeader { name: HeaderName::new(name).unwrap(), value: HeaderValue::new(value).unwrap() };
    spec.sites[0].settings.headers =
        vec![header("Content-Security-Policy", "default-src 'self'; img-src \"x\" {a} # }"), header("X-Frame-Options", "DENY")];
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let program =
        "require('http').createServer((_, answer) => answer.writeHead(200, {'X-Frame-Options': 'ALLOW'}).end('own')).listen(process.env.PORT);";
    put(&host, "/srv/pods/v-answers/sites/main/app/server.js", program);
    host.script("systemctl restart pod-v-answers_main.service");
    let (name, head) = (domain("v-answers"), |answer: String| answer.split("\r\n\r\n").next().unwrap().to_owned());
    let page = host.fetch_raw(&name, "/");
    assert!(page.ends_with("own"), "{page}");
    let page = head(page);
    assert!(
        page.contains("\r\nContent-Security-Policy: default-src 'self'; img-src \"x\" {a} # }") && page.contains("\r\nX-Frame-Options: DENY"),
        "{page}"
    );
    assert!(!page.contains("ALLOW"), "{page}");
    for (path, status, to) in
        [("/old", "301", "/new"), ("/old?x=%0d%0aSet-Cookie:a", "301", "/new?x=%0d%0aSet-Cookie:a"), ("/blog/a/b", "308", "https://example.com/?a=b")]
    {
        let answer = head(host.fetch_raw(&name, path));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(&format!("\r\nLocation: {to}\r\n")), "{path}: {answer}");
    }
    assert!(host.fetch_raw(&name, "/old/x").ends_with("own") && host.fetch_raw(&name, "/blog").ends_with("own"));
    session.call(PodApply { spec: suspended(&spec) }).unwrap();
    assert_eq!(host.fetch(&name, "/old").0, 503);
    session.call(PodRemove { pod: spec.pod.clone(), mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("v-answers"), "");
}
