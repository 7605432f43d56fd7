//! What the helper that acts as a tenant sees of the host, and what the pod's programs see of the helper.

use wire::plan::Op;
use wire::verb::{PodApply, PodPlan};

use crate::bed::Host;
use crate::isolation::remove;
use crate::specs::wordpress_pod;

/// Starts a helper that waits for its question as long as it is looked at, in the way in which the agent starts its own; and two who look at every
/// helper of this pod, each from outside of all sandboxes, and write down what they see: root and the pod's user.
const START: &str = r#"cat >/usr/local/share/i-proc.pl <<'TEXT'
use IO::Handle;
my ($uid, $said) = @ARGV;
open(my $out, ">>", $said) or die "$said: $!";
$out->autoflush(1);
while (1) {
  for my $process (glob "/proc/[0-9]*") {
    local $/;
    open(my $words, "<", "$process/cmdline") or next;
    (<$words> // "") =~ m{^/[^\0]*\0as-tenant\0} or next;
    open(my $status, "<", "$process/status") or next;
    (<$status> // "") =~ /^Uid:\t\d+\t$uid\t/m or next;
    my @seen = map { my $to = readlink "$process/$_"; defined $to ? "$_=$to" : () } qw(root cwd);
    push @seen, "files" if opendir(my $files, "$process/fd");
    push @seen, "memory" if open(my $memory, "<", "$process/environ");
    push @seen, "HOST" if -e "$process/root/etc/mpanel";
    push @seen, "PROCESSES" if -e "$process/root/proc";
    print $out join(" ", "met", @seen), "\n";
  }
  select(undef, undef, undef, 0.002);
}
TEXT
uid=$(id -u p-i-proc)
systemd-run --quiet --unit=i-proc-helper sh -c "sleep 1000 | exec unshare --pid --fork --kill-child -- NODE as-tenant ask /srv/pods/i-proc $uid"
systemd-run --quiet --unit=i-proc-root perl /usr/local/share/i-proc.pl $uid /tmp/i-proc.root
systemd-run --quiet --unit=i-proc-pod --uid=p-i-proc --gid=p-i-proc perl /usr/local/share/i-proc.pl $uid /tmp/i-proc.pod"#;

#[test]
#[ignore = "boots a real host"]
fn the_tenants_helper_sees_no_process_and_nothing_but_the_pods_folder_and_leads_the_pods_programs_nowhere() {
    let host = Host::shared();
    let session = host.session();
    let spec = wordpress_pod("i-proc");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    host.script(&START.replace("NODE", wire::NODE_PATH));
    let seen_by =
        |who: &str| host.script(&format!("for n in $(seq 600); do [ -s /tmp/i-proc.{who} ] && break; sleep 0.05; done; sort -u /tmp/i-proc.{who}"));
    // Root sees where the helper is: shut into the folder of its pod, where there is no /proc. The pod's user, whose rights the helper has, sees
    // that it is there, and would get at the host's whole tree if it could follow it.
    assert_eq!(seen_by("root"), "met root=/srv/pods/i-proc cwd=/srv/pods/i-proc files memory");
    assert_eq!(seen_by("pod"), "met");

    // The same holds for those that the agent starts, at whatever moment of their lives they are met.
    for round in 0..20 {
        let plan = session.call(PodPlan { spec: spec.clone() }).unwrap_or_else(|failure| panic!("{round}: {failure}"));
        assert!(plan.changes.iter().any(|change| change.what == "files" && change.op == Op::Keep), "{round}: {plan:?}");
    }
    assert_eq!(seen_by("pod"), "met");
    // One that ends while root looks shows less.
    let other = "grep -v -E '^met( root=/srv/pods/i-proc)?( cwd=/srv/pods/i-proc)?( files)?( memory)?$' /tmp/i-proc.root; true";
    assert_eq!(host.script(other), "");

    host.script("systemctl stop i-proc-helper i-proc-root i-proc-pod; rm /tmp/i-proc.root /tmp/i-proc.pod /usr/local/share/i-proc.pl");
    remove(&host, [spec]);
}
