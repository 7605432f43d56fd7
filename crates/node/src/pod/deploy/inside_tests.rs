use super::*;

#[test]
fn a_shared_folder_keeps_what_all_releases_have_whatever_a_release_links_to() {
    let base = std::env::temp_dir().join(format!("mpanel-share-{}", std::process::id()));
    let (release, home) = (base.join("r2"), base.join("shared"));
    for folder in [&release.join("uploads"), &home.join("uploads/cache")] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(home.join("uploads/cache/photo"), "kept").unwrap();
    share(&release, &release, "uploads", &home).unwrap();
    assert_eq!(fs::read_link(release.join("uploads")).unwrap(), home.join("uploads"));
    // Inside of what is shared already, and by a link of the repository's own.
    let refused = share(&release, &release, "uploads/cache", &home).unwrap_err();
    assert!(refused.message.contains("is not in the release"), "{refused}");
    symlink(&home, release.join("dist")).unwrap();
    assert!(share(&release, &release.join("dist"), "uploads", &home).is_err());
    assert_eq!(fs::read_to_string(home.join("uploads/cache/photo")).unwrap(), "kept");
    share(&release, &release, "storage/logs", &home).unwrap();
    assert_eq!(fs::read_link(release.join("storage/logs")).unwrap(), home.join("storage/logs"));
    fs::remove_dir_all(base).unwrap();
}
