use std::time::SystemTime;

use super::*;

#[test]
fn an_archive_on_its_way_outlives_a_deploy_beside_it_and_what_nobody_comes_for_goes() {
    let folder = std::env::temp_dir().join(format!("mpanel-archives-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let name = |digit: char| ArchiveName::new(digit.to_string().repeat(32)).unwrap();
    let put = |name: String, age: u64| {
        let file = fs::File::create(folder.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    };
    let left = || {
        let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()[..1].to_owned()).collect();
        names.sort();
        names.concat()
    };
    put(format!("{}{PART}", name('a')), 60);
    put(format!("{}{PART}", name('b')), 3600);
    put(name('c').to_string(), 60);
    put(name('d').to_string(), 60);
    forget_archives(&folder, Some(&name('c'))).unwrap();
    assert_eq!(left(), "ac");
    put(name('e').to_string(), 3600);
    remove_archives(&folder, |_, is_left_over| is_left_over).unwrap();
    assert_eq!(left(), "ac");
    forget_archives(&folder, None).unwrap();
    assert_eq!(left(), "a");
    fs::remove_dir_all(&folder).unwrap();
    forget_archives(&folder, None).unwrap();
}
