use std::path::PathBuf;

use super::*;

/// A file on the disk that is to have the text `new`, and what was written into it.
fn judged(found: Option<&str>, drop_ins: usize, written: Option<&[&str]>, wanted: HandEdits) -> Edit {
    let path = std::env::temp_dir().join(format!("mpanel-edits{}", files::unique()));
    if let Some(text) = found {
        fs::write(&path, text).unwrap();
    }
    let mut file = Managed::new(path.clone(), "new".to_owned());
    file.drop_ins = vec![PathBuf::from("/x.d/y.conf"); drop_ins];
    let written = written.map(|texts| texts.iter().map(|text| checksum(text.as_bytes())).collect());
    let edit = judge(&file, written.as_ref(), wanted);
    // Of a file that was never made there is nothing to remove.
    let _ = fs::remove_file(path);
    edit
}

#[test]
fn what_this_program_wrote_is_nobody_elses_change_however_old_it_is() {
    for wanted in [HandEdits::Keep, HandEdits::Replace] {
        assert_eq!(judged(Some("new"), 0, Some(&["new"]), wanted), Edit::None);
        assert_eq!(judged(Some("old"), 0, Some(&["old"]), wanted), Edit::None, "out of date");
        assert_eq!(judged(Some("old"), 0, Some(&["old", "new"]), wanted), Edit::None, "an apply that did not reach its end");
        assert_eq!(judged(None, 0, Some(&["new"]), wanted), Edit::None, "gone");
        assert_eq!(judged(Some("other"), 0, None, wanted), Edit::Unknown, "nobody remembers");
    }
}

#[test]
fn a_change_by_hand_is_kept_where_that_is_wanted_and_nothing_else_has_to_change_there() {
    assert_eq!(judged(Some("mine"), 0, Some(&["new"]), HandEdits::Keep), Edit::Kept);
    assert_eq!(judged(Some("mine"), 0, Some(&["new"]), HandEdits::Replace), Edit::Replaced);
    assert_eq!(judged(Some("mine"), 0, Some(&["old"]), HandEdits::Keep), Edit::Replaced, "it has to change");
}

#[test]
fn what_adds_to_a_unit_is_a_change_of_it() {
    assert_eq!(judged(Some("new"), 1, Some(&["new"]), HandEdits::Keep), Edit::Kept);
    assert_eq!(judged(Some("new"), 1, Some(&["old"]), HandEdits::Keep), Edit::Replaced);
    assert_eq!(judged(Some("new"), 1, None, HandEdits::Keep), Edit::Replaced);
    assert_eq!(judged(None, 1, Some(&["new"]), HandEdits::Keep), Edit::Replaced, "its own file is missing");
}
