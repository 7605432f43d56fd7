use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;

/// A tree like a pod's, in a folder of its own, removed at the end.
struct Tree(PathBuf);

impl Tree {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("mpanel-tree{}", unique()));
        for folder in ["public", "app", "private"] {
            fs::create_dir_all(path.join(folder)).unwrap();
        }
        Self(path)
    }

    fn ask(&self, ask: &HelperRequest) -> Result<String> {
        let mut out = Vec::new();
        answer(&open_root(&self.0)?, serde_json::to_vec(ask).unwrap().as_slice(), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn look(&self) -> FolderState {
        serde_json::from_str(&self.ask(&HelperRequest::Look(".".into())).unwrap()).unwrap()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn file(folder: &str, name: &str, only_into_empty: bool) -> HelperRequest {
    let text = "new".to_owned();
    HelperRequest::Write(vec![TenantFile { folder: folder.into(), name: name.into(), text, mode: 0o640, only_into_empty }])
}

#[test]
fn a_file_is_written_and_seen() {
    let tree = Tree::new();
    assert!(tree.look().public_empty);
    tree.ask(&file("public", "index.html", true)).unwrap();
    assert_eq!(fs::read_to_string(tree.0.join("public/index.html")).unwrap(), "new");
    assert!(!tree.look().public_empty);
    assert_eq!(fs::read_dir(tree.0.join("public")).unwrap().count(), 1);
}

#[test]
fn a_starter_page_never_replaces_what_is_there() {
    let tree = Tree::new();
    fs::write(tree.0.join("public/other.txt"), "mine").unwrap();
    tree.ask(&file("public", "index.html", true)).unwrap();
    assert!(!tree.0.join("public/index.html").exists());
}

#[test]
fn a_folder_that_became_a_link_is_not_entered() {
    let tree = Tree::new();
    let outside = Tree::new();
    fs::remove_dir(tree.0.join("public")).unwrap();
    symlink(outside.0.join("public"), tree.0.join("public")).unwrap();
    assert!(tree.ask(&file("public", "index.html", false)).is_err());
    assert_eq!(fs::read_dir(outside.0.join("public")).unwrap().count(), 0);
}

#[test]
fn a_link_in_the_place_of_a_file_is_replaced_and_its_target_untouched() {
    let tree = Tree::new();
    let target = tree.0.join("private/target");
    fs::write(&target, "old").unwrap();
    symlink(&target, tree.0.join("public/wp-config.php")).unwrap();
    assert!(!tree.look().wp_config);
    tree.ask(&file("public", "wp-config.php", false)).unwrap();
    assert_eq!(fs::read_to_string(target).unwrap(), "old");
    assert!(tree.look().wp_config);
}

#[test]
fn a_named_pipe_does_not_hold_the_look() {
    let tree = Tree::new();
    rustix::fs::mknodat(CWD, tree.0.join("private/database.php"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    assert_eq!(tree.look().database_file, None);
}

#[test]
fn paths_that_lead_out_are_refused() {
    let tree = Tree::new();
    for (folder, name) in [("..", "x"), ("public/../..", "x"), ("public", "../x"), ("/tmp", "x"), ("public", "")] {
        assert!(tree.ask(&file(folder, name, false)).is_err(), "{folder} {name}");
    }
}
