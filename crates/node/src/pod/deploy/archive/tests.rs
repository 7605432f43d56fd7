use std::io::{Cursor, Write};
use std::os::unix::fs::PermissionsExt;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use proptest::prelude::*;
use tar::{EntryType, Header};
use wire::message::FailureKind;

use super::*;

const MOST: Most = Most { bytes: 1 << 20, entries: 100 };

/// An entry to be packed: its name, its mode as Unix has it, and its content.
type Packed<'a> = (&'a str, u32, &'a [u8]);

const FILE: u32 = 0o100_644;
const LINK: u32 = 0o120_777;

fn zip(entries: &[Packed<'_>]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, mode, content) in entries {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        let packed = encoder.finish().unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let offset = bytes.len() as u32;
        let sizes = [crc.sum(), packed.len() as u32, content.len() as u32].map(u32::to_le_bytes).concat();
        let common = [&[20, 0, 0, 0, 8, 0, 0, 0, 0, 0][..], &sizes, &(name.len() as u16).to_le_bytes(), &[0, 0]].concat();
        bytes.extend([b"PK\x03\x04", &*common, name.as_bytes(), &packed].concat());
        let more = [&[0, 0, 0, 0, 0, 0][..], &(mode << 16).to_le_bytes(), &offset.to_le_bytes()].concat();
        directory.extend([b"PK\x01\x02", &[20, 3][..], &common, &more, name.as_bytes()].concat());
    }
    let (count, size, offset) = (entries.len() as u16, directory.len() as u32, bytes.len() as u32);
    let end = [&count.to_le_bytes()[..], &count.to_le_bytes(), &size.to_le_bytes(), &offset.to_le_bytes(), &[0, 0]].concat();
    [bytes, directory, b"PK\x05\x06\0\0\0\0".to_vec(), end].concat()
}

fn tar_gz(entries: &[Packed<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, mode, content) in entries {
        let is_link = mode & 0o170_000 == LINK & 0o170_000;
        let kind = if is_link { EntryType::Symlink } else { EntryType::Regular };
        put(&mut bytes, kind, name.as_bytes(), *mode, if is_link { b"" } else { content }, if is_link { content } else { b"" });
    }
    gz(&bytes)
}

/// As no library would write it: any name, any kind.
fn put(bytes: &mut Vec<u8>, kind: EntryType, name: &[u8], mode: u32, content: &[u8], link: &[u8]) {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode & 0o7777);
    header.set_size(content.len() as u64);
    let raw = header.as_old_mut();
    raw.name[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    raw.linkname[..link.len().min(100)].copy_from_slice(&link[..link.len().min(100)]);
    header.set_cksum();
    bytes.extend(header.as_bytes());
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.write_all(&[0; 1024]).unwrap();
    encoder.finish().unwrap()
}

const KINDS: [(ArchiveKind, fn(&[Packed<'_>]) -> Vec<u8>); 2] = [(ArchiveKind::Zip, zip), (ArchiveKind::TarGz, tar_gz)];

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mpanel-archive-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn refused_with(kind: ArchiveKind, bytes: Vec<u8>) -> String {
    let folder = Folder::new("refused");
    let length = bytes.len() as u64;
    let failure = unpack(Cursor::new(bytes), length, kind, &folder.0, 1 << 20).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused, "{failure}");
    failure.message
}

#[test]
fn files_folders_and_links_inside_are_unpacked_without_the_single_folder_on_top_and_with_nobodys_rights() {
    for (kind, pack) in KINDS {
        let bytes = pack(&[
            ("shop-main/index.html", FILE, b"hello"),
            ("shop-main/bin/run", 0o104_755, b"#!/bin/sh\n"),
            ("shop-main/a/b/deep.txt", FILE, &[b'x'; 5000]),
            ("shop-main/current", LINK, b"a/./b"),
            ("shop-main/a/up", LINK, b"../index.html"),
            ("__MACOSX/shop-main/._index.html", FILE, b"shadow"),
            ("shop-main/.DS_Store", FILE, b"shadow"),
        ]);
        let folder = Folder::new("inside");
        let written = unpack(Cursor::new(&bytes), bytes.len() as u64, kind, &folder.0, 1 << 20).unwrap();
        assert_eq!(written, Written { files: 3, bytes: 5015 }, "{kind:?}");
        assert_eq!(fs::read_to_string(folder.0.join("index.html")).unwrap(), "hello");
        assert_eq!(fs::read(folder.0.join("current/deep.txt")).unwrap().len(), 5000);
        assert_eq!(fs::read_to_string(folder.0.join("a/up")).unwrap(), "hello");
        let mode = fs::metadata(folder.0.join("bin/run")).unwrap().permissions().mode();
        assert_eq!((mode & 0o7000, mode & 0o100), (0, 0o100), "{kind:?}");
        assert!(!folder.0.join("__MACOSX").exists() && !folder.0.join(".DS_Store").exists());
    }
}

#[test]
fn several_things_on_top_stay_where_they_are() {
    for (kind, pack) in KINDS {
        let bytes = pack(&[("dist/index.html", FILE, b"a"), ("package.json", FILE, b"{}")]);
        let found = survey(Cursor::new(bytes), kind, MOST).unwrap();
        assert_eq!(found.into_iter().map(|(path, _)| path).collect::<Vec<_>>(), [Path::new("dist/index.html"), Path::new("package.json")]);
    }
}

#[test]
fn what_leads_out_is_refused_and_the_entry_is_named() {
    for (kind, pack) in KINDS {
        for name in ["../x", "a/../../x", "/etc/x", "a/..", "a\\..\\x", "c:\\x", "a\u{7}b", "..", "./../x"] {
            let told = refused_with(kind, pack(&[("ok", FILE, b"ok"), (name, FILE, b"x")]));
            let shown = one_line(name);
            assert!(told.starts_with(&format!("The archive cannot be used: {shown}: its name ")), "{kind:?} {name:?}: {told}");
        }
        for target in ["/etc/passwd", "../x", "a/../x", "..", "a/b/../../../x", ""] {
            let told = refused_with(kind, pack(&[("ok", FILE, b"ok"), ("link", LINK, target.as_bytes())]));
            assert!(told.contains("link: it is a link"), "{kind:?} {target:?}: {told}");
        }
        // Through a link of its own.
        let told = refused_with(kind, pack(&[("ok", FILE, b"ok"), ("down", LINK, b"."), ("down/x", FILE, b"x")]));
        assert!(told.contains("down: it is no folder, and others are inside it"), "{told}");
        for twice in [("a", FILE), ("a", LINK)] {
            let told = refused_with(kind, pack(&[("ok", FILE, b"ok"), ("a", FILE, b"1"), (twice.0, twice.1, b"ok")]));
            assert!(told.contains("a: it is there twice"), "{told}");
        }
    }
}

#[test]
fn devices_pipes_hard_links_and_files_with_holes_are_refused() {
    for (kind, why) in [
        (EntryType::Char, "it is a device"),
        (EntryType::Block, "it is a device"),
        (EntryType::Fifo, "neither a file nor a folder nor a link"),
        (EntryType::Link, "it is a hard link"),
        (EntryType::GNUSparse, "it is a file with holes"),
    ] {
        let mut bytes = Vec::new();
        put(&mut bytes, EntryType::Regular, b"ok", FILE, b"ok", b"");
        put(&mut bytes, kind, b"odd", FILE, b"", b"ok");
        let told = refused_with(ArchiveKind::TarGz, gz(&bytes));
        assert!(told.contains("odd: ") && told.contains(why), "{kind:?}: {told}");
    }
    let told = refused_with(ArchiveKind::Zip, zip(&[("ok", FILE, b"ok"), ("odd", 0o020_666, b"")]));
    assert!(told.contains("odd: it is neither a file nor a folder nor a link"), "{told}");
}

#[test]
fn long_names_are_read_and_heads_without_end_are_not() {
    let long = format!("top/{}/x", "a".repeat(150));
    let record = |key: &str, value: &str| {
        let rest = format!(" {key}={value}\n");
        let length = (1..).map(|digits| digits + rest.len()).find(|length| length.to_string().len() + rest.len() == *length).unwrap();
        format!("{length}{rest}").into_bytes()
    };
    for (head, content) in [(EntryType::GNULongName, [long.as_bytes(), b"\0"].concat()), (EntryType::XHeader, record("path", &long))] {
        let mut bytes = Vec::new();
        put(&mut bytes, head, b"head", FILE, &content, b"");
        put(&mut bytes, EntryType::Regular, b"short", FILE, b"1", b"");
        put(&mut bytes, EntryType::Regular, b"top/y", FILE, b"1", b"");
        let found = survey(Cursor::new(gz(&bytes)), ArchiveKind::TarGz, MOST).unwrap();
        assert_eq!(found[0].0, Path::new(&"a".repeat(150)).join("x"), "{head:?}");
    }
    let mut endless = Vec::new();
    put(&mut endless, EntryType::XHeader, b"head", FILE, &vec![b'a'; 100_000], b"");
    assert!(refused_with(ArchiveKind::TarGz, gz(&endless)).contains("a head that is too long"));
}

#[test]
fn little_that_becomes_much_is_refused_before_anything_is_written() {
    let zeros = vec![0; 3 << 20];
    for (kind, pack) in KINDS {
        let told = refused_with(kind, pack(&[("ok", FILE, b"ok"), ("bomb", FILE, &zeros)]));
        assert!(told.contains("more than is allowed"), "{kind:?}: {told}");
        let names: Vec<String> = (0..=100).map(|n| format!("f{n}")).collect();
        let many: Vec<Packed<'_>> = names.iter().map(|name| (name.as_str(), FILE, &b""[..])).collect();
        assert!(survey(Cursor::new(pack(&many)), kind, MOST).unwrap_err().to_string().contains("more than 100 entries"));
    }
    // Many times what it is long itself, however much room there is.
    let folder = Folder::new("ratio");
    let zeros = vec![0; FREE as usize + (8 << 20)];
    for (kind, pack) in KINDS {
        let bytes = pack(&[("ok", FILE, b"ok"), ("bomb", FILE, &zeros)]);
        assert!((bytes.len() as u64) * MAX_RATIO < 8 << 20, "{}", bytes.len());
        let length = bytes.len() as u64;
        let failure = unpack(Cursor::new(bytes), length, kind, &folder.0, u64::MAX).unwrap_err();
        assert!(failure.message.contains("more than is allowed"), "{failure}");
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0);
    }
}

#[test]
fn a_zip_file_that_lies_about_lengths_places_and_checksums_is_refused() {
    let right = zip(&[("one", FILE, b"the first one"), ("two", FILE, b"the second one")]);
    assert_eq!(survey(Cursor::new(&right), ArchiveKind::Zip, MOST).unwrap().len(), 2);
    let directory = right.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    // Checksum, length, and place of the first entry, as its directory has them.
    for (at, why) in [(16, "length or checksum"), (24, "directory says"), (42, "directory says")] {
        let mut wrong = right.clone();
        wrong[directory + at] ^= 5;
        let told = refused_with(ArchiveKind::Zip, wrong);
        assert!(told.contains("one: ") && (told.contains(why) || told.contains("is broken") || told.contains("cannot")), "{at}: {told}");
    }
    let mut encrypted = right.clone();
    encrypted[directory + 8] |= 1;
    assert!(refused_with(ArchiveKind::Zip, encrypted).contains("one: it is encrypted"));
    let mut unknown = right.clone();
    unknown[directory + 10] = 14;
    assert!(refused_with(ArchiveKind::Zip, unknown).contains("one: it is packed in a way"));
    for cut in [0, 10, right.len() - 1] {
        assert!(refused_with(ArchiveKind::Zip, right[..cut].to_vec()).contains("no ZIP file"), "{cut}");
    }
    assert!(refused_with(ArchiveKind::Zip, zip(&[("folder/", 0o040_755, b"")])).contains("it has no files"));
    assert!(refused_with(ArchiveKind::TarGz, right).contains("cannot be read"));
}

proptest! {
    #[test]
    fn no_bytes_break_what_reads_them_and_no_name_leads_out(bytes in prop::collection::vec(any::<u8>(), 0..300), name in "[a./\\\\x\\-\u{0}é]{0,40}", target in "[a./]{0,20}") {
        for kind in [ArchiveKind::Zip, ArchiveKind::TarGz] {
            let _ = survey(Cursor::new(&bytes), kind, MOST);
            let _ = survey(Cursor::new(gz(&bytes)), kind, MOST);
        }
        for (kind, pack) in KINDS {
            for (path, _) in survey(Cursor::new(pack(&[("top", FILE, b""), (name.as_str(), FILE, b""), ("deep/link", LINK, target.as_bytes())])), kind, MOST).unwrap_or_default() {
                prop_assert!(path.components().all(|part| matches!(part, std::path::Component::Normal(_))), "{path:?}");
            }
        }
    }

    #[test]
    fn a_zip_file_with_any_byte_changed_is_read_or_refused(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = zip(&[("one", FILE, b"the first one"), ("two/three", FILE, &[b'x'; 400])]);
        let at = at.index(bytes.len());
        bytes[at] = to;
        let folder = Folder::new(&format!("flip-{at}-{to}"));
        let length = bytes.len() as u64;
        let _ = unpack(Cursor::new(bytes), length, ArchiveKind::Zip, &folder.0, 1 << 20);
    }
}
