use super::*;

/// A folder with a program that was replaced and is on trial.
fn replaced() -> (PathBuf, Trial) {
    let place = replaced_and_marked();
    let trial = Trial::default();
    let mark = lock::try_take(mark_of(&place)).unwrap().unwrap();
    *trial.lock() = Some(OnTrial { place: place.clone(), mark });
    (place, trial)
}

fn replaced_and_marked() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("mpanel-trial-{}-{}", std::process::id(), files::unique()));
    fs::create_dir_all(&folder).unwrap();
    let place = folder.join("mpanel-node");
    fs::write(&place, "old").unwrap();
    keep_previous(&place).unwrap();
    write_mark(&place).unwrap();
    fs::write(folder.join("new"), "new").unwrap();
    fs::rename(folder.join("new"), &place).unwrap();
    place
}

#[test]
fn a_program_that_is_confirmed_stays_and_the_one_before_is_kept_beside_it() {
    let (place, trial) = replaced();
    assert!(trial.end(true).unwrap());
    trial.give_up();
    assert!(!trial.end(false).unwrap(), "it is over");
    assert!(!mark_of(&place).exists());
    assert_eq!((fs::read_to_string(&place).unwrap(), fs::read_to_string(previous(&place)).unwrap()), ("new".into(), "old".into()));
    fs::remove_dir_all(place.parent().unwrap()).unwrap();
}

#[test]
fn a_program_that_nobody_confirms_gives_way_to_the_one_before() {
    let (place, trial) = replaced();
    trial.give_up();
    assert_eq!(fs::read_to_string(&place).unwrap(), "old");
    assert!(!trial.end(true).unwrap(), "it is over");
    fs::remove_dir_all(place.parent().unwrap()).unwrap();
}

#[test]
fn a_trial_that_its_watcher_did_not_live_to_end_is_ended_once_and_a_watched_one_is_not() {
    let (place, trial) = replaced();
    assert!(take_mark(&place).unwrap().is_none(), "it is watched");
    assert_eq!(fs::read_to_string(&place).unwrap(), "new");
    // The watcher dies: its lock goes, its mark stays.
    drop(trial);
    let (mark, was_left) = take_mark(&place).unwrap().unwrap();
    assert!(was_left);
    assert_eq!(fs::read_to_string(&place).unwrap(), "old");
    // Whoever put it back dies before the mark is gone: the next one finds nothing to put back.
    drop(mark);
    take_mark(&place).unwrap().unwrap().0.discard().unwrap();
    assert_eq!(fs::read_to_string(&place).unwrap(), "old");
    assert!(!mark_of(&place).exists() && !take_mark(&place).unwrap().unwrap().1);
    fs::remove_dir_all(place.parent().unwrap()).unwrap();
}
