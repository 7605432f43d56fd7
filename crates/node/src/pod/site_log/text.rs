//! Lines as they may be shown.

use wire::log::MAX_LOG_LINE;

/// The line as text, cut where it is too long to be shown.
pub fn line(bytes: &[u8]) -> String {
    // One character is at most four bytes: what is behind is cut anyway.
    let bytes = bytes.get(..4 * MAX_LOG_LINE + 4).unwrap_or(bytes);
    let mut text = String::with_capacity(bytes.len());
    for (at, c) in String::from_utf8_lossy(trimmed(bytes)).chars().enumerate() {
        if at == MAX_LOG_LINE {
            text.push('\u{2026}');
            break;
        }
        push(&mut text, c);
    }
    text
}

/// All of the line as text.
pub fn whole(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    String::from_utf8_lossy(trimmed(bytes)).chars().for_each(|c| push(&mut text, c));
    text
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

fn push(text: &mut String, c: char) {
    match c {
        '\t' => text.push(c),
        // What turns the order of the signs around hides what is there.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' => text.extend(c.escape_unicode()),
        '\0'..='\x7f' if c.is_control() => text.push_str(&format!("\\x{:02x}", u32::from(c))),
        c if c.is_control() => text.extend(c.escape_unicode()),
        c => text.push(c),
    }
}
