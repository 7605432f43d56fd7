use super::*;

/// A folder with a program that was replaced and is on trial.
fn replaced() -> (PathBuf, Trial) {
    let folder = std::env::temp_dir().join(format!("mpanel-trial-{}-{}", std::process::id(), files::unique()));
    fs::create_dir_all(&folder).unwrap();
    let place = folder.join("mpanel-node");
    fs::write(&place, "old").unwrap();
    keep_previous(&place).unwrap();
    fs::write(folder.join("new"), "new").unwrap();
    fs::rename(folder.join("new"), &place).unwrap();
    let trial = Trial::default();
    *trial.lock() = Some(place.clone());
    (place, trial)
}

#[test]
fn a_program_that_is_confirmed_stays_and_the_one_before_is_kept_beside_it() {
    let (place, trial) = replaced();
    assert!(trial.end(true).unwrap());
    trial.give_up();
    assert!(!trial.end(false).unwrap(), "it is over");
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
