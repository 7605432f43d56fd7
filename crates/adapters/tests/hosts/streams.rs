use super::{Yard, static_pod, within};
use mpanel_adapters::node::NodeClient;
use sha2::{Digest, Sha256 as Hasher};
use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};
use tokio::sync::mpsc;
use wire::{
    ArtifactName, PodName, Sha256,
    verb::{ArtifactKind, ArtifactPut, PodApply, PodList, PodLog, Reply, Sent, WebLog},
};

const LOG: &str = "/srv/pods/p1/web/main.access.log";

fn log() -> wire::verb::Verb {
    PodLog { pod: PodName::new("p1").unwrap(), log: WebLog::Access }.into()
}

/// Takes a whole log and gives its length and checksum.
async fn download(yard: &Yard) -> (u64, String) {
    let ((to, mut from), client, target) = (mpsc::channel(4), Arc::clone(&yard.links), yard.target.clone());
    let answer = tokio::spawn(async move { client.download(&target, log(), to, within(600)).await });
    let (mut length, mut hash) = (0, Hasher::new());
    while let Some(piece) = from.recv().await {
        length += piece.len() as u64;
        hash.update(&piece);
    }
    assert_eq!(answer.await.unwrap().unwrap(), Reply::PodLog(Sent { bytes: length }));
    (length, hex::encode(hash.finalize()))
}

/// A file of so many MiB that cannot be packed smaller, and the request that ships it.
fn file(folder: &Path, mib: usize) -> (PathBuf, ArtifactPut) {
    let (path, mut hash, mut block) = (folder.join("big"), Hasher::new(), vec![0_u8; 1 << 20]);
    let mut file = std::fs::File::create(&path).unwrap();
    for number in 0..mib as u64 {
        for (at, bytes) in block.chunks_mut(8).enumerate() {
            bytes.copy_from_slice(&(number << 32 | at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        }
        file.write_all(&block).unwrap();
        hash.update(&block);
    }
    let sha256 = Sha256::new(hex::encode(hash.finalize())).unwrap();
    (path, ArtifactPut { name: ArtifactName::new("big").unwrap(), kind: ArtifactKind::Archive, sha256, size: (mib as u64) << 20 })
}

#[tokio::test]
async fn streams_run_both_ways_at_once_beside_other_requests_and_arrive_whole() {
    let Some(yard) = Yard::enrolled("str").await else { return };
    yard.ask(PodApply { spec: static_pod("p1", "Ana") }, 60).await;
    // It is rotated within a minute otherwise.
    yard.host.must(&["systemctl", "stop", "mpanel-logs.timer", "mpanel-logs.service"]).await.unwrap();
    yard.host.must(&["sh", "-c", &format!("head -c 40000003 /dev/urandom >{LOG}")]).await.unwrap();
    let expected = yard.host.must(&["sha256sum", LOG]).await.unwrap();
    let (path, put) = file(&yard.keys, 40);

    let upload = yard.links.upload(&yard.target, put.into(), &path, within(300));
    let others = async {
        for _ in 0..10 {
            yard.links.call(&yard.target, PodList {}.into(), within(10)).await.unwrap();
        }
    };
    let (stored, (length, sum), again, ()) = tokio::join!(upload, download(&yard), download(&yard), others);

    assert!(matches!(stored.unwrap(), Reply::ArtifactPut(_)));
    assert_eq!((length, again.0), (40_000_003, 40_000_003));
    assert!(expected.starts_with(&sum) && again.1 == sum, "{expected} {sum}");

    // Nobody takes the rest: the agent stops, and goes on with others.
    let (to, mut from) = mpsc::channel(1);
    let call = yard.links.download(&yard.target, log(), to, within(60));
    let (ended, ()) = tokio::join!(call, async {
        from.recv().await.unwrap();
        from.close();
    });
    assert!(ended.is_err());
    yard.ask(PodList {}, 10).await;
}

/// `bench/stream/run.sh`: how fast a gigabyte goes each way.
#[tokio::test]
#[ignore = "a benchmark; bench/stream/run.sh runs it beside plain ssh"]
async fn a_gigabyte_each_way() {
    let Some(yard) = Yard::enrolled("gig").await else { return };
    yard.ask(PodApply { spec: static_pod("p1", "Ana") }, 60).await;
    yard.host.must(&["systemctl", "stop", "mpanel-logs.timer", "mpanel-logs.service"]).await.unwrap();
    yard.host.must(&["sh", "-c", &format!("head -c 1073741824 /dev/urandom >{LOG}")]).await.unwrap();
    let (path, put) = file(&yard.keys, 1024);
    let key = yard.keys.join("plain");
    plain_key(&yard, &key).await;
    for round in 1..=3 {
        let begun = Instant::now();
        assert_eq!(download(&yard).await.0, 1 << 30);
        println!("round {round}: download {:.1} s", begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        yard.links.upload(&yard.target, put.clone().into(), &path, within(600)).await.unwrap();
        println!("round {round}: upload {:.1} s", begun.elapsed().as_secs_f64());
        yard.host.must(&["sh", "-c", "rm /var/lib/mpanel/artifacts/*"]).await.unwrap();
        let ssh = |script: &str| {
            let begun = Instant::now();
            let options = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes -o LogLevel=ERROR";
            let line = script.replace("SSH", &format!("ssh {options} -i {} root@{}", key.display(), yard.target.address));
            assert!(std::process::Command::new("sh").args(["-c", &line]).status().unwrap().success(), "{line}");
            begun.elapsed().as_secs_f64()
        };
        println!("round {round}: plain ssh, from the server {:.1} s", ssh(&format!("SSH cat {LOG} | sha256sum >/dev/null")));
        println!(
            "round {round}: plain ssh, to the server {:.1} s",
            ssh(&format!("SSH 'cat >~/big && sha256sum ~/big >/dev/null && sync ~/big' <{}", path.display()))
        );
    }
}

/// A second key that opens a shell, for the comparison only.
async fn plain_key(yard: &Yard, key: &Path) {
    let made = std::process::Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(key).status();
    assert!(made.unwrap().success());
    let public = std::fs::read(key.with_extension("pub")).unwrap();
    let output = yard.host.exec_with(&["sh", "-c", "cat >>~root/.ssh/authorized_keys"], &public).await.unwrap();
    assert_eq!(output.code, 0, "{output:?}");
}
