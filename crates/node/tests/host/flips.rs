//! A tenant that exchanges folders and links, without a pause, while the program looks at its tree, applies and removes.

use std::thread;
use std::time::{Duration, Instant};

use wire::observation::{PartState, PodCondition};
use wire::verb::{PodApply, PodObserve, PodRemove, RemoveMode};

use crate::bed::Host;
use crate::specs::{domain, static_pod, wordpress_pod};

/// Number of renameat2(2), which exchanges two names in one step; Perl has no word for it.
const RENAMEAT2: u32 = if cfg!(target_arch = "x86_64") { 316 } else { 276 };

/// At each place there is a folder in one moment and a link that leads out of the tree in the next. Behind the link lies what the
/// program looks for at that place. One of the processes is another one after every round: whoever kills by number comes too late.
const FLIPPER: &str = r#"my ($call, $hops) = @ARGV;
my %out = (
  'private/database.php' => '/srv/outside/database.php', 'public/wp-config.php' => '/srv/outside/wp-config.php',
  'public/folder' => '/srv/outside', 'public/closed' => '/srv/closed', 'public/nest' => '/srv/outside', 'public/other' => '/srv/pods/d-other/sites/main/public',
);
my @places = keys %out;
for (@places) { mkdir $_; symlink $out{$_}, "$_.flip" }
while (1) {
  for my $place (@places) { my $flip = "$place.flip"; syscall $call, -100, $place, -100, $flip, 2 }
  if ($hops) { my $next = fork; exit if $next }
}
"#;

/// The same from inside the pod, with what PHP has.
const PAGE: &str = r#"<?php
set_time_limit(0);
ignore_user_abort(true);
chdir('/srv/pods/d-flip/sites/main/public');
mkdir('a');
symlink('/srv/outside', 'b');
while (true) { rename('a', 'c'); rename('b', 'a'); rename('c', 'b'); }
"#;

/// Everything about everything that is not the tenant's.
fn around(host: &Host) -> String {
    host.script(r"find /srv/outside /srv/closed /srv/pods/d-other/sites -printf '%p %i %y %m %U %n %s %l %T@ %C@\n'; cat /srv/outside/*")
}

/// Starts the tenant's programs, and gives the number of its user. They are not in the pod's slice: only their user tells whose they are.
fn start(host: &Host) -> String {
    host.script(&format!(
        r#"cat > /usr/local/share/flip.pl <<'TEXT'
{FLIPPER}
TEXT
cat > /srv/pods/d-flip/sites/main/public/flip.php <<'TEXT'
{PAGE}
TEXT
cd /srv/pods/d-flip/sites/main
cp private/database.php public/wp-config.php /srv/outside; chmod 644 /srv/outside/*; chown -R p-d-flip: /srv/outside
rm private/database.php public/wp-config.php
as() {{ setsid setpriv --reuid p-d-flip --regid p-d-flip --clear-groups "$@" </dev/null >/dev/null 2>&1 & }}
setpriv --reuid p-d-flip --regid p-d-flip --clear-groups btrfs subvolume create public/nest >/dev/null
as perl /usr/local/share/flip.pl {RENAMEAT2} 0
as perl /usr/local/share/flip.pl {RENAMEAT2} 1
as sh -c 'while :; do btrfs subvolume create public/brief; rmdir public/brief; done'
id -u p-d-flip"#
    ))
}

/// Waits until each of these places was seen as a folder and as a link.
fn await_both(host: &Host) {
    for place in ["private/database.php", "public/wp-config.php", "public/closed", "public/nest", "public/a"] {
        let seen = host.script(&format!(
            r#"both() {{ [ -n "$folder" ] && [ -n "$link" ]; }}
until both || [ $SECONDS -ge 60 ]; do
  case $(stat -c %F /srv/pods/d-flip/sites/main/{place} 2>/dev/null) in directory) folder=1 ;; 'symbolic link') link=1 ;; esac
done
both && echo both"#
        ));
        assert_eq!(seen, "both", "{place} is exchanged");
    }
}

#[test]
#[ignore = "boots a real host"]
fn a_tenant_that_exchanges_folders_and_links_all_the_time_leads_nothing_out_of_its_tree_and_is_removed() {
    let host = Host::boot();
    let session = host.session();
    let (spec, other) = (wordpress_pod("d-flip"), static_pod("d-other"));
    session.call(PodApply { spec: other.clone() }).unwrap();
    host.script("mkdir /srv/outside /srv/closed; echo secret > /srv/closed/file");
    let mut longest = Duration::ZERO;
    for round in 0..5 {
        session.call(PodApply { spec: spec.clone() }).unwrap();
        let user = start(&host);
        thread::scope(|scope| {
            let page = scope.spawn(|| host.fetch(&domain("d-flip"), "/flip.php"));
            await_both(&host);
            let before = around(&host);
            for _ in 0..10 {
                let seen = session.call(PodObserve { pod: spec.pod.clone() }).unwrap();
                // Who followed the link would find the right files.
                let files = seen.parts.iter().find(|part| part.name == "files").map(|part| part.state);
                assert_eq!(files, Some(PartState::Wrong), "round {round}: {seen:?}");
                // Nor is the neighbour held up by what this tenant does to its own tree.
                let seen = session.call(PodObserve { pod: other.pod.clone() }).unwrap();
                assert_eq!(seen.standing, PodCondition::Running, "round {round}: {seen:?}");
                assert_eq!(host.fetch(&domain("d-other"), "/").0, 200);
                for path in ["/closed/file", "/closed.flip/file"] {
                    assert!(!host.fetch(&domain("d-flip"), path).1.contains("secret"), "round {round}: {path}");
                }
            }
            // It may fail, as its tenant is in its way; it may not reach out.
            let _ = session.call(PodApply { spec: spec.clone() });
            assert_ne!(host.script(&format!("pgrep -U {user}")), "", "the tenant's programs still run");
            let began = Instant::now();
            session.call(PodRemove { pod: spec.pod.clone(), mode: RemoveMode::Purge }).unwrap_or_else(|f| panic!("round {round}: {f}"));
            assert_eq!(host.traces("d-flip"), "", "round {round}");
            longest = longest.max(began.elapsed());
            assert_eq!(host.script(&format!("pgrep -U {user}")), "", "round {round}");
            assert_eq!(around(&host), before, "round {round}");
            assert_eq!(host.script("btrfs subvolume list /srv/pods | wc -l"), "1");
            page.join().unwrap();
        });
    }
    println!("folders and links exchanged all the time: nothing left after at most {longest:.1?}");
}
