//! Copying a folder of unpacked packages so that nothing but files and folders remains: every link becomes its target.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use super::ArtifactError;

const MAX_LINKS: usize = 16;

/// Copies `tree/from` to `to`. Links are followed inside `tree` only, as if it were the root of a machine.
/// Top entries named in `without` are left out.
pub(super) fn copy_resolved(tree: &Path, from: &Path, to: &Path, without: &[&str]) -> Result<(), ArtifactError> {
    std::fs::create_dir_all(to).map_err(ArtifactError::file(to))?;
    let source = tree.join(from);
    let entries = std::fs::read_dir(&source).map_err(ArtifactError::file(&source))?;
    for entry in entries {
        let name = entry.map_err(ArtifactError::file(&source))?.file_name();
        if without.iter().any(|left_out| name == *left_out) {
            continue;
        }
        let real = resolve(tree, &from.join(&name))?;
        let (real_path, target) = (tree.join(&real), to.join(&name));
        if real_path.is_dir() {
            copy_resolved(tree, &real, &target, &[])?;
        } else {
            std::fs::copy(&real_path, &target).map_err(ArtifactError::file(&real_path))?;
        }
    }
    Ok(())
}

/// The path below `tree` that `path` stands for once all links are followed; `..` ends at the tree's root.
pub(super) fn resolve(tree: &Path, path: &Path) -> Result<PathBuf, ArtifactError> {
    let mut left: Vec<OsString> = parts(path).rev().collect();
    let mut done = PathBuf::new();
    let mut links = 0;
    while let Some(part) = left.pop() {
        if part == ".." {
            done.pop();
            continue;
        }
        let next = done.join(&part);
        let full = tree.join(&next);
        let found = std::fs::symlink_metadata(&full).map_err(ArtifactError::file(&full))?;
        if !found.is_symlink() {
            done = next;
            continue;
        }
        links += 1;
        if links > MAX_LINKS {
            return Err(ArtifactError::Content(format!("{} is a circle of links", path.display())));
        }
        let target = std::fs::read_link(&full).map_err(ArtifactError::file(&full))?;
        if target.is_absolute() {
            done = PathBuf::new();
        }
        left.extend(parts(&target).rev());
    }
    Ok(done)
}

fn parts(path: &Path) -> impl DoubleEndedIterator<Item = OsString> + '_ {
    path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    })
}
