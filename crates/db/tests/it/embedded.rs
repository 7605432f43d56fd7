//! Our own PostgreSQL, and what it survives.

use mpanel_db::{
    AuditKey, Db, DbConfig,
    embedded::{Embedded, EmbeddedConfig, EmbeddedError},
};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mpanel-embedded-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(number as i32).expect("a process id")
}

async fn start(folder: &Path) -> Result<Embedded, EmbeddedError> {
    let config = EmbeddedConfig { die_with_parent: true, ..EmbeddedConfig::new(folder) };
    tokio::task::spawn_blocking(move || Embedded::start(&config)).await.expect("a thread")
}

async fn eventually(what: &str, mut check: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !check().await {
        assert!(Instant::now() < until, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn connect(pg: &Embedded) -> Db {
    Db::connect(DbConfig::new(pg.logins(), AuditKey::new([7; 32]))).await.expect("connects")
}

#[tokio::test]
async fn it_survives_the_sudden_death_of_postgresql() {
    let folder = Folder::new("kill");
    let pg = start(&folder.0).await.expect("starts");
    Db::migrate(&pg.owner_url()).await.expect("migrates");
    let db = connect(&pg).await;
    crate::record::write(&db, None, 3).await;

    let before = pg.pid().expect("runs");
    kill_process(pid(before), Signal::KILL).expect("killed");
    eventually("it is started again", async || pg.pid().is_some_and(|now| now != before) && db.ready().await.is_ok()).await;
    let report = db.verify_audit(&[]).await.expect("reads");
    assert_eq!((report.events, report.findings), (3, vec![]));
    crate::record::write(&db, None, 1).await;
}

#[tokio::test]
async fn it_keeps_what_was_committed_over_a_stop_and_waits_for_the_disk() {
    let folder = Folder::new("stop");
    let pg = start(&folder.0).await.expect("starts");
    Db::migrate(&pg.owner_url()).await.expect("migrates");
    let db = connect(&pg).await;
    crate::record::write(&db, None, 2).await;
    db.close().await;
    let old = pg.pid().expect("runs");
    tokio::task::spawn_blocking(move || pg.stop()).await.expect("stops");
    assert!(test_kill_process(pid(old)).is_err());

    let pg = start(&folder.0).await.expect("starts again");
    Db::migrate(&pg.owner_url()).await.expect("nothing to do");
    assert_eq!(connect(&pg).await.verify_audit(&[]).await.expect("reads").events, 2);
    use sqlx::Connection;
    let mut owner = sqlx::PgConnection::connect(&pg.owner_url()).await.expect("connects");
    for (setting, wanted) in [("fsync", "on"), ("synchronous_commit", "on"), ("listen_addresses", "")] {
        let value: String = sqlx::query_scalar("select current_setting($1)").bind(setting).fetch_one(&mut owner).await.expect("reads");
        assert_eq!(value, wanted, "{setting}");
    }
}

/// Run by the test below as another process, which is then killed.
#[test]
#[ignore = "a part of the next test"]
fn a_process_that_will_be_killed() {
    let Some(folder) = std::env::var_os("MPANEL_TEST_FOLDER") else {
        return;
    };
    let pg = Embedded::start(&EmbeddedConfig::new(PathBuf::from(folder))).expect("starts");
    println!("\nrunning {}", pg.pid().expect("runs"));
    // Until it is killed, or the test that started it is gone.
    let _ = std::io::stdin().lines().next();
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn it_survives_the_sudden_death_of_mpanel() {
    let folder = Folder::new("orphan");
    let child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "--nocapture", "embedded::a_process_that_will_be_killed"])
        .env("MPANEL_TEST_FOLDER", &folder.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("another process");
    let mut child = Killed(child);
    let stdout = BufReader::new(child.0.stdout.take().expect("its output"));
    let orphan =
        tokio::task::spawn_blocking(move || stdout.lines().map_while(Result::ok).find_map(|line| line.strip_prefix("running ")?.parse::<u32>().ok()));
    let orphan = orphan.await.expect("a thread").expect("it runs");

    assert!(matches!(start(&folder.0).await, Err(EmbeddedError::InUse(_))), "two of them on one folder");
    child.0.kill().expect("kill -9");
    child.0.wait().expect("gone");
    assert!(test_kill_process(pid(orphan)).is_ok(), "its PostgreSQL is left behind");

    let pg = start(&folder.0).await.expect("starts over the orphan");
    eventually("the orphan is gone", async || test_kill_process(pid(orphan)).is_err()).await;
    Db::migrate(&pg.owner_url()).await.expect("migrates");
    connect(&pg).await.ready().await.expect("ready");
}

#[tokio::test]
async fn a_stale_process_number_does_not_keep_it_from_starting() {
    let folder = Folder::new("stale");
    let pg = start(&folder.0).await.expect("starts");
    let data = folder.0.join("postgresql/data");
    let stale = std::fs::read_to_string(data.join("postmaster.pid")).expect("reads");
    tokio::task::spawn_blocking(move || pg.stop()).await.expect("stops");
    // The number is by now that of somebody else, here our own.
    let lines: Vec<String> = std::iter::once(std::process::id().to_string()).chain(stale.lines().skip(1).map(str::to_owned)).collect();
    std::fs::write(data.join("postmaster.pid"), lines.join("\n")).expect("writes");
    let pg = start(&folder.0).await.expect("starts");
    assert!(pg.pid().is_some());
}

#[tokio::test]
async fn a_closed_folder_is_named_before_anything_is_made() {
    if !rustix::process::geteuid().is_root() {
        return; // only root steps down to another user
    }
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("closed");
    std::fs::set_permissions(&folder.0, std::fs::Permissions::from_mode(0o700)).expect("closed");
    match start(&folder.0.join("data")).await {
        Err(EmbeddedError::OutOfReach { folder: named, .. }) => {
            assert_eq!(named, folder.0.canonicalize().expect("there"))
        }
        other => panic!("{:?}", other.map(|_| ())),
    }
}

#[tokio::test]
async fn a_folder_with_an_odd_and_long_name_works() {
    let folder = Folder::new("odd");
    let long = folder.0.join("a folder with spaces & ümlauts?").join("x".repeat(120));
    let pg = start(&long).await.expect("starts");
    Db::migrate(&pg.owner_url()).await.expect("connects");
}
