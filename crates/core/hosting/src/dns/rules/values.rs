//! Record values, by type.

use super::{names::Names, svc};
use model::hosting::dns::RecordType;
use wire::zone::{CaaTag, CaaValue, Hex, RecordData, RecordName, TxtText};

/// Parses the value of a record of this type; or what is wrong with it, for people.
pub(crate) fn read(kind: RecordType, text: &str, names: Names<'_>) -> Result<RecordData, String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err("Control characters are not allowed.".to_owned());
    }
    if text.is_empty() {
        return Err("Enter a value.".to_owned());
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    match (kind, words.as_slice()) {
        (RecordType::A, [address]) => {
            Ok(RecordData::A { address: address.parse().map_err(|_| "Enter an IPv4 address, such as 192.0.2.10.".to_owned())? })
        }
        (RecordType::Aaaa, [address]) => {
            Ok(RecordData::Aaaa { address: address.parse().map_err(|_| "Enter an IPv6 address, such as 2001:db8::10.".to_owned())? })
        }
        (RecordType::Cname, [target]) => not_root(names.target(target)?).map(|target| RecordData::Cname { target }),
        // Its target is read as that of another alias; what name servers get are the addresses that it leads to.
        (RecordType::Alias, [target]) => not_root(names.host(target)?).map(|target| RecordData::Cname { target }),
        (RecordType::Ns, [target]) => not_root(names.host(target)?).map(|target| RecordData::Ns { target }),
        (RecordType::Ptr, [target]) => not_root(names.target(target)?).map(|target| RecordData::Ptr { target }),
        (RecordType::Mx, [preference, target]) => {
            Ok(RecordData::Mx { preference: number(preference, "The preference")?, target: names.host(target)? })
        }
        (RecordType::Srv, [priority, weight, port, target]) => Ok(RecordData::Srv {
            priority: number(priority, "The priority")?,
            weight: number(weight, "The weight")?,
            port: number(port, "The port")?,
            target: names.host(target)?,
        }),
        (RecordType::Txt, _) => txt(text, names.origin.is_some()),
        (RecordType::Caa, [flags, tag, ..]) => caa(text, flags, tag),
        (RecordType::Sshfp, [algorithm, kind, rest @ ..]) if !rest.is_empty() => sshfp(algorithm, kind, &rest.concat()),
        (RecordType::Tlsa, [usage, selector, matching, rest @ ..]) if !rest.is_empty() => tlsa(usage, selector, matching, &rest.concat()),
        (RecordType::Ds, [tag, algorithm, kind, rest @ ..]) if !rest.is_empty() => ds(tag, algorithm, kind, &rest.concat()),
        (RecordType::Https | RecordType::Svcb, [priority, target, params @ ..]) => {
            let priority = number(priority, "The priority")?;
            let (target, params) = (names.target(target)?, svc::read(priority, params)?);
            Ok(match kind {
                RecordType::Https => RecordData::Https { priority, target, params },
                _ => RecordData::Svcb { priority, target, params },
            })
        }
        _ => Err(kind.value_help().to_owned()),
    }
}

fn not_root(name: RecordName) -> Result<RecordName, String> {
    if name.as_str() == "." { Err("Enter a name.".to_owned()) } else { Ok(name) }
}

fn number<T: std::str::FromStr>(word: &str, what: &str) -> Result<T, String> {
    let is_plain = word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse()
        .ok()
        .filter(|_| is_plain)
        .ok_or_else(|| format!("{what} must be a number from 0 to {}.", if size_of::<T>() == 1 { 255 } else { 65_535 }))
}

fn one_of(word: &str, what: &str, known: &[u8]) -> Result<u8, String> {
    let found: u8 = number(word, what)?;
    if known.contains(&found) { Ok(found) } else { Err(format!("{what} {found} is not supported.")) }
}

fn digits(text: &str, bytes: Option<usize>) -> Result<Hex, String> {
    let hex = Hex::new(text.to_ascii_lowercase()).map_err(|_| "Use pairs of hexadecimal digits, at most 1,024.".to_owned())?;
    match bytes {
        Some(bytes) if hex.as_str().len() != 2 * bytes => Err(format!("Enter {} hexadecimal digits, not {}.", 2 * bytes, hex.as_str().len())),
        _ => Ok(hex),
    }
}

fn sshfp(algorithm: &str, kind: &str, fingerprint: &str) -> Result<RecordData, String> {
    let algorithm = one_of(algorithm, "Algorithm", &[1, 2, 3, 4, 6])?;
    let fingerprint_type = one_of(kind, "Fingerprint type", &[1, 2])?;
    let fingerprint = digits(fingerprint, Some(if fingerprint_type == 1 { 20 } else { 32 }))?;
    Ok(RecordData::Sshfp { algorithm, fingerprint_type, fingerprint })
}

fn tlsa(usage: &str, selector: &str, matching: &str, data: &str) -> Result<RecordData, String> {
    let usage = one_of(usage, "Usage", &[0, 1, 2, 3])?;
    let selector = one_of(selector, "Selector", &[0, 1])?;
    let matching = one_of(matching, "Matching type", &[0, 1, 2])?;
    let bytes = [None, Some(32), Some(64)].get(usize::from(matching)).copied().flatten();
    Ok(RecordData::Tlsa { usage, selector, matching, data: digits(data, bytes)? })
}

fn ds(tag: &str, algorithm: &str, kind: &str, digest: &str) -> Result<RecordData, String> {
    let key_tag = number(tag, "The key tag")?;
    let algorithm = one_of(algorithm, "Algorithm", &[5, 7, 8, 10, 13, 14, 15, 16])?;
    let digest_type = one_of(kind, "Digest type", &[1, 2, 4])?;
    let bytes = match digest_type {
        1 => 20,
        2 => 32,
        _ => 48,
    };
    Ok(RecordData::Ds { key_tag, algorithm, digest_type, digest: digits(digest, Some(bytes))? })
}

fn caa(text: &str, flags: &str, tag: &str) -> Result<RecordData, String> {
    let flags = one_of(flags, "Flags", &[0, 128])?;
    let tag = CaaTag::new(tag.to_ascii_lowercase()).map_err(|_| "The tag can contain letters and digits only.".to_owned())?;
    // What follows the second word.
    let rest = text.splitn(2, char::is_whitespace).nth(1).unwrap_or_default().trim_start();
    let rest = rest.splitn(2, char::is_whitespace).nth(1).unwrap_or_default().trim();
    let value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').ok_or_else(|| "Missing closing quote.".to_owned())?,
        None if rest.contains(char::is_whitespace) => return Err("Put the value in quotes.".to_owned()),
        None if rest.is_empty() => return Err(RecordType::Caa.value_help().to_owned()),
        None => rest,
    };
    let is_address = ["mailto:", "http://", "https://"].iter().any(|start| value.starts_with(start));
    if tag.as_str() == "iodef" && !is_address {
        return Err("The value of iodef must begin with mailto:, http:// or https://.".to_owned());
    }
    let value = CaaValue::new(value).map_err(|_| "The value can have up to 255 printable characters, without quotes and backslashes.".to_owned())?;
    Ok(RecordData::Caa { flags, tag, value })
}

/// Typed by people, unquoted text is taken as is; in a zone file each word is a string.
fn txt(text: &str, in_file: bool) -> Result<RecordData, String> {
    let bytes = if text.starts_with('"') || in_file { strings(text)? } else { text.as_bytes().to_vec() };
    let text = String::from_utf8(bytes).map_err(|_| "The text must be UTF-8.".to_owned())?;
    let text = TxtText::new(text).map_err(|_| "The text must be 1 to 2,048 bytes, without control characters.".to_owned())?;
    Ok(RecordData::Txt { text })
}

/// The bytes of zone-file strings, concatenated.
fn strings(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = text.bytes().peekable();
    let (mut found, mut in_quotes) = (Vec::new(), false);
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_quotes = !in_quotes,
            b'\\' => found.push(escaped(&mut bytes)?),
            b' ' | b'\t' if !in_quotes => {}
            _ => found.push(byte),
        }
    }
    if in_quotes { Err("Missing closing quote.".to_owned()) } else { Ok(found) }
}

fn escaped(bytes: &mut std::iter::Peekable<std::str::Bytes<'_>>) -> Result<u8, String> {
    let fault = || "Invalid escape: use \\ and a character or three digits.".to_owned();
    let first = bytes.next().ok_or_else(fault)?;
    if !first.is_ascii_digit() {
        return Ok(first);
    }
    let mut number = u16::from(first - b'0');
    for _ in 0..2 {
        let digit = bytes.next().filter(u8::is_ascii_digit).ok_or_else(fault)?;
        number = number * 10 + u16::from(digit - b'0');
    }
    u8::try_from(number).map_err(|_| fault())
}
