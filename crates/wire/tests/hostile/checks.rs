//! What must hold of the wire for any bytes. The fuzz targets call the same functions; a broken promise is a panic.

use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;
use wire::deploy::{BranchName, BuildCommand, GitRemote, HostKeys, StartFile};
use wire::frame::{Decoder, Frame, FrameError, MAX_CHUNK, MAX_JSON};
use wire::message::{FromNode, ToNode};
use wire::settings::RootFolder;
use wire::verb::Verb;
use wire::{ArtifactName, DbName, DomainName, Email, Key, LoginName, PodName, Secret, Sha256, SiteUrl, Title};

/// Frames up to the first fault, which is final.
fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Frame>, Option<FrameError>) {
    let mut decoder = Decoder::new();
    let mut frames = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.pop() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => {
                    decoder.push(b"\0\0\0\x01\0");
                    assert_eq!(decoder.pop(), Err(error.clone()), "there is no way back to the frames");
                    return (frames, Some(error));
                }
            }
        }
    }
    (frames, None)
}

/// Bytes of a channel give the same frames however they were cut, and the frames give the same bytes.
pub fn frames(bytes: &[u8], piece: usize) {
    let whole = decode(std::iter::once(bytes));
    assert_eq!(decode(bytes.chunks(piece.max(1))), whole);
    let mut again = Vec::new();
    for frame in &whole.0 {
        match frame {
            Frame::Json(body) => assert!(body.len() <= MAX_JSON),
            Frame::Chunk { bytes, .. } => assert!(bytes.len() <= MAX_CHUNK),
        }
        frame.encode(&mut again).expect("what came in within the limits goes out within them");
    }
    assert!(bytes.starts_with(&again), "frames are written as they were read");
}

/// A value that was read is written so that it reads the same, and is written the same from then on.
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).expect("what was read can be written");
    let again: T = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!(&again, value);
}

/// Any bytes as a message to a server: refused, or understood and carried exactly.
pub fn to_node(bytes: &[u8]) {
    let Ok(message) = serde_json::from_slice::<ToNode>(bytes) else { return };
    comes_back(&message);
    if let ToNode::Request { verb: Verb::PodApply(wire::verb::PodApply { spec }) | Verb::PodPlan(wire::verb::PodPlan { spec }), .. } = &message
        && spec.check().is_ok()
    {
        assert!(spec.sites.iter().all(|site| (1..=50).contains(&site.domains.len())));
        assert!(spec.databases.iter().all(|database| database.password.is_plain()));
    }
}

/// Any bytes as a message of a server.
pub fn from_node(bytes: &[u8]) {
    if let Ok(message) = serde_json::from_slice::<FromNode>(bytes) {
        comes_back(&message);
    }
}

/// Only these bytes, and nothing that a program takes for an option or for a way up.
fn inert(text: &str, more: &str) {
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || more.as_bytes().contains(&b)), "{text:?}");
    assert!(!text.is_empty() && !text.starts_with('-') && !text.contains(".."), "{text:?}");
}

/// A path of plain names below a folder: none is hidden, an option, or leads up.
fn below(text: &str) {
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b)), "{text:?}");
    assert!(text.split('/').all(|part| !part.is_empty() && !part.starts_with(['.', '-'])), "{text:?}");
}

/// What git is given as the address of a repository: over HTTPS or SSH alone, without a password, and no part of it is an option to git or to ssh.
fn remote(text: &str) {
    assert!(text.len() <= 400, "{text:?}");
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/~+%:@".contains(&b)), "{text:?}");
    let (at, path) = match text.strip_prefix("https://").or_else(|| text.strip_prefix("ssh://")) {
        Some(rest) => rest.split_once('/').expect("an address has a path"),
        None => text.split_once(':').filter(|(at, _)| at.contains('@')).expect("a host without a protocol has a user before it"),
    };
    assert!(!text.starts_with("https://") || !at.contains('@'), "{text:?} has no user and no password");
    assert!(at.split('@').all(|part| part.starts_with(|c: char| c.is_ascii_alphanumeric())), "{text:?}");
    assert!(!path.is_empty() && !path.starts_with('-'), "{text:?}");
    let remote = GitRemote::new(text).expect("it was taken a moment ago");
    assert_eq!(remote.is_ssh(), !text.starts_with("https://"));
    assert_eq!(remote.host(), at.rsplit('@').next().unwrap_or_default().to_ascii_lowercase());
}

macro_rules! carried {
    ($text:ident: $($name:ident => $look:expr;)*) => {$({
        let made = $name::new($text);
        if let Ok(value) = &made {
            assert_eq!(value.as_str(), $text, "carried exactly");
            let look: fn(&str) = $look;
            look($text);
        } else if let Err(refused) = &made {
            assert!(!refused.what.is_empty() && !refused.why.is_empty());
        }
        let json = serde_json::to_string($text).expect("text is JSON");
        assert_eq!(serde_json::from_str::<$name>(&json).ok(), made.ok(), "no other way in");
    })*};
}

/// Any text as each of the checked names: refused, or carried exactly and of harmless signs only.
pub fn names(text: &str) {
    carried! { text:
        PodName => |text| { inert(text, "-"); assert!(text.len() <= 24); };
        DomainName => |text| { inert(text, "-."); assert!(text.len() <= 253 && text.contains('.')); assert!(text.parse::<std::net::IpAddr>().is_err()); };
        DbName => |text| { inert(text, "_"); assert!(text.len() <= 32); };
        LoginName => |text| { assert!(text.len() <= 60 && !text.starts_with(['-', '.'])); inert(&text.replace('.', ""), "_-"); };
        Email => |text| { inert(text, "._+-'&=~@"); assert!(text.len() <= 254 && text.matches('@').count() == 1); };
        SiteUrl => |text| { inert(text, "-.:/"); assert!(text.starts_with("http://") || text.starts_with("https://")); };
        ArtifactName => |text| { inert(text, ".-"); assert!(text.len() <= 48 && !text.starts_with('.')); };
        Sha256 => |text| { inert(text, ""); assert_eq!(text.len(), 64); };
        GitRemote => remote;
        BranchName => |text| { below(text); inert(text, "._-/"); assert!(text.len() <= 100 && text.split('/').all(|part| !part.ends_with('.') && !part.ends_with(".lock"))); };
        RootFolder => |text| { below(text); assert!(text.len() <= 200); };
        StartFile => |text| { below(text); assert!(text.len() <= 200); };
        BuildCommand => |text| { assert!(!text.trim().is_empty() && text.len() <= 2000 && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'))); };
        HostKeys => |text| { assert!(!text.trim().is_empty() && text.len() <= 8000); assert!(text.lines().all(|line| line.split_ascii_whitespace().count() >= 3)); };
        Key => |text| { assert!((1..=128).contains(&text.len())); assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:/-".contains(&b))); };
        Title => |text| { assert!(text.chars().count() <= 200 && !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))); };
    }
    if let Ok(url) = SiteUrl::new(text) {
        assert!(DomainName::new(url.host()).is_ok(), "{text:?} has a host");
    }
    if let Ok(secret) = Secret::new(text) {
        assert_eq!(secret.expose(), text);
        assert!(text.bytes().all(|b| (0x20..0x7f).contains(&b)));
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
    }
}
