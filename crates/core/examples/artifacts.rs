//! Builds every runtime and application artifact into the folder named on the command line, and prints what there is.

use mpanel_core::hosting::artifacts::{ArtifactKind, ArtifactStore};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or_else(|| anyhow::anyhow!("usage: artifacts FOLDER [NAME...]"))?;
    let names: Vec<String> = args.collect();
    let store = ArtifactStore::new(dir);
    for kind in ArtifactKind::all() {
        if names.is_empty() || names.iter().any(|name| name == kind.name()) {
            store.build(&kind, &|line| eprintln!("{}: {line}", kind.name())).await?;
        }
    }
    for artifact in store.list()? {
        println!("{} {} {} bytes sha256 {} {}", artifact.name, artifact.version, artifact.size, artifact.sha256, artifact.path.display());
    }
    Ok(())
}
