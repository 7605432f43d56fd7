//! A new program on trial, and the death of the program that watches it.

use std::fs;
use std::time::Duration;

use sha2::{Digest, Sha256};
use wire::verb::{PodList, Upgrade, UpgradeEnd};

use crate::bed::Host;
use crate::session::Session;

/// The program, as another file.
fn offer(session: &Session, host: &Host) -> String {
    let mut file = fs::read(env!("CARGO_BIN_EXE_mpanel-node")).unwrap();
    file.push(b'\n');
    let path = std::env::temp_dir().join(format!("mpanel-trial-{}", std::process::id()));
    fs::write(&path, &file).unwrap();
    let verb = Upgrade { sha256: hex::encode(Sha256::digest(&file)).parse().unwrap(), size: file.len() as u64, trial: true };
    session.upload(verb, Duration::from_secs(60), &path).unwrap();
    fs::remove_file(path).unwrap();
    in_place(host)
}

/// The program's checksum, and what lies beside it.
fn in_place(host: &Host) -> String {
    host.script(&format!("sha256sum <{0}; ls {0}*", wire::NODE_PATH))
}

#[test]
#[ignore = "boots a real host"]
fn a_trial_whose_watcher_was_killed_or_lost_its_power_ends_with_the_program_before_at_the_next_start() {
    let host = Host::boot();
    let before = in_place(&host);
    let kill = || drop(host.script("kill -9 $(pgrep -x mpanel-node)"));
    let deaths: [(&str, &dyn Fn()); 2] = [("killed", &kill), ("power lost", &|| host.lose_power())];
    for (death, die) in deaths {
        let watcher = host.session();
        let on_trial = offer(&watcher, &host);
        assert_ne!(on_trial, before, "{death}");
        host.session().call(PodList {}).unwrap();
        assert_eq!(in_place(&host), on_trial, "{death}: while it is watched it serves");
        die();
        assert_eq!(in_place(&host), on_trial, "{death}: nobody was there to put the one before back");
        host.session().call(PodList {}).unwrap();
        assert_eq!(in_place(&host), before, "{death}");
    }
    // What was confirmed stays, whatever happens then.
    let watcher = host.session();
    offer(&watcher, &host);
    assert!(watcher.call(UpgradeEnd { keep: true }).unwrap());
    let confirmed = in_place(&host);
    host.lose_power();
    host.session().call(PodList {}).unwrap();
    assert_eq!(in_place(&host), confirmed);
    assert_ne!(confirmed, before);
}
