//! What the targets run: the checks of the crates' own property tests, and the readers of two crates that are too heavy to be
//! built here whole.

/// Frames, messages and names of the link to a server.
#[path = "../../crates/wire/tests/hostile/checks.rs"]
pub mod link;

/// Closed sets of words, ids, money, inputs of a browser.
#[path = "../../crates/model/tests/hostile/checks.rs"]
pub mod words;

/// Builders and readers of configuration and pages.
#[path = "../../crates/node/tests/hostile/texts.rs"]
pub mod texts;

/// All files of a pod.
#[path = "../../crates/node/tests/hostile/pods.rs"]
pub mod pods;

pub mod certificates;

pub mod payments;

pub mod statements;

pub mod zones;

/// What the readers of zones take from the module beside them.
mod domains {
    /// A name as people write it.
    pub(crate) fn display(name: &str) -> String {
        idna::domain_to_unicode(name).0
    }
}

/// Cursors of lists, as `crates/db` reads them.
#[path = "../../crates/db/src/keyset.rs"]
pub mod keyset;

/// Messages of repositories' hosts, as `crates/core/hosting` reads them.
#[path = "../../crates/core/hosting/src/cloudpods/deploys/webhook/message.rs"]
pub mod push_message;

/// Prices that a person types, as `crates/core` reads them.
#[path = "../../crates/core/billing/src/products/price.rs"]
pub mod price;

/// Any text as a cursor: refused, or it names one key on one side.
pub fn cursor(text: &str) {
    let read = |cursor: String| {
        let request = model::page::PageRequest { cursor: Some(cursor), ..Default::default() };
        keyset::Keyset::<uuid::Uuid>::from_request(&request)
    };
    let Ok(keyset) = read(text.to_owned()) else { return };
    let again = match (keyset.before, keyset.after) {
        (Some(key), None) => format!("older.{key}"),
        (None, Some(key)) => format!("newer.{key}"),
        both => return assert_eq!(both, (None, None)),
    };
    assert_eq!(read(again), Ok(keyset));
}

/// Any text as a price: refused with words for a person, or exactly the amount that is shown again.
pub fn price_of(text: &str) {
    for currency in model::money::Currency::ALL {
        match price::parse(text, *currency) {
            Ok(money) => {
                assert!((0..=price::HIGHEST).contains(&money.minor));
                assert_eq!(price::parse(&price::typed(money), *currency), Ok(money));
            }
            Err(words) => assert!(!words.is_empty()),
        }
    }
}

/// Any message and signature: nothing comes of it, or a commit that can be stored.
pub fn push(body: &[u8], branch: &str, text: &str) {
    let _ = push_message::is_deleted(body, branch);
    if let Some(commit) = push_message::pushed(body, branch) {
        let is_commit = (7..=64).contains(&commit.len()) && commit.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        assert!(is_commit || commit == "unknown", "{commit:?}");
    }
    if let Some(signature) = push_message::signature(text) {
        assert_eq!(push_message::signature(&format!("sha256={}", hex::encode(&signature))), Some(signature));
    }
}

/// Any bytes as an archive, and as what gzip has packed: refused, or its entries stay below the folder that they are unpacked into.
pub fn archive(bytes: &[u8]) {
    use mpanel_node::foreign::{ArchivedKind, MostOfArchive, survey_archive};
    use std::io::{Cursor, Write};
    let most = MostOfArchive { bytes: 1 << 20, entries: 200 };
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let packed = gz.write_all(bytes).and_then(|()| gz.finish()).unwrap_or_default();
    for (bytes, kind) in [(bytes, wire::deploy::ArchiveKind::Zip), (bytes, wire::deploy::ArchiveKind::TarGz), (packed.as_slice(), wire::deploy::ArchiveKind::TarGz)] {
        let Ok(found) = survey_archive(Cursor::new(bytes), kind, most) else { continue };
        let sizes = found.iter().map(|(_, kind)| if let ArchivedKind::File { size, .. } = kind { *size } else { 0 });
        assert!(sizes.sum::<u64>() <= most.bytes);
        for (path, kind) in &found {
            assert!(path.components().all(|part| matches!(part, std::path::Component::Normal(_))), "{path:?}");
            if let ArchivedKind::Link { to } = kind {
                assert!(stays(path, &String::from_utf8_lossy(to)), "{path:?} {to:?}");
            }
        }
    }
}

/// Any name and target of a link.
pub fn archive_name(name: &[u8], target: &[u8], depth: u8) {
    use mpanel_node::foreign::archive_name::{parts, target as target_of};
    if let Ok(parts) = parts(name) {
        assert!(parts.iter().all(|part| !part.is_empty() && *part != "." && *part != ".." && !part.contains(['/', '\0'])));
    }
    let depth = usize::from(depth % 4);
    if let Ok(target) = target_of(target, depth) {
        let place: std::path::PathBuf = (0..depth).map(|_| "d").chain(["link"]).collect();
        assert!(stays(&place, &target), "{target:?} {depth}");
    }
}

/// Whether a link at this place leads to somewhere below the folder, part by part.
fn stays(place: &std::path::Path, target: &str) -> bool {
    let mut depth = place.components().count() as isize - 1;
    let steps = target.split('/').filter(|part| !part.is_empty() && *part != ".");
    !target.starts_with('/')
        && steps.into_iter().all(|part| {
            depth += if part == ".." { -1 } else { 1 };
            depth >= 0
        })
}

/// The text with each sign replaced by one of these: what a name may be made of, so that whole names are met often enough.
pub fn made_of(text: &str, signs: &str) -> String {
    text.bytes().map(|byte| char::from(signs.as_bytes()[usize::from(byte) % signs.len()])).collect()
}
