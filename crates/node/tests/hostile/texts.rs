//! What must hold of every builder and reader of the server program for any text. The fuzz targets call the same
//! functions; a broken promise is a panic.

use mpanel_node::foreign::ini::{self, Ini};
use mpanel_node::foreign::nginx::{self, Line, block, line};
use mpanel_node::foreign::{answer, descendants, escape, is_below, one_line, text_of, title};
use std::time::Duration;

/// Any tree of nginx's words: refused, or read back as the same tree.
pub fn nginx_tree(lines: &[Line]) {
    if let Ok(text) = nginx::render("head", lines) {
        assert_eq!(nginx::parse(&text).as_deref(), Some(lines), "{text}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    }
}

/// A tree from flat words: each list is one directive, the first ones open blocks around the rest.
pub fn nginx_words(words: Vec<Vec<String>>, depth: usize) {
    let mut inner: Vec<Line> = words.iter().skip(depth).map(line).collect();
    for head in words.into_iter().take(depth).rev() {
        inner = vec![block(head, inner)];
    }
    nginx_tree(&inner);
}

/// Any text as nginx's language: not understood, or understood so that it can be written and read again.
pub fn nginx_text(text: &str) {
    if let Some(lines) = nginx::parse(text) {
        nginx_tree(&lines);
    }
}

/// Any sections, keys and values: refused, or read back as the same.
pub fn ini_tree(keys: &[(String, String, String)]) {
    let mut file = Ini::new();
    for (section, key, value) in keys {
        file = file.section(section).key(key, value);
    }
    if let Ok(text) = file.render("head") {
        assert_eq!(ini::parse(&text), Some(file), "{text}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
        assert!(!text.lines().any(|line| line.ends_with('\\')), "no line goes on in the next: {text}");
    }
}

/// Any text as such a file: not understood, or understood so that it can be written and read again.
pub fn ini_text(text: &str) {
    if let Some(file) = ini::parse(text)
        && let Ok(written) = file.render("head")
    {
        assert_eq!(ini::parse(&written), Some(file));
    }
}

/// Reads a PHP string literal as PHP does within single quotes.
pub fn read_php(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => return None,
            '\\' => out.push(chars.next().filter(|next| matches!(next, '\'' | '\\'))?),
            other => out.push(other),
        }
    }
    Some(out)
}

/// Any text in HTML, PHP and JavaScript arrives exactly and opens nothing.
pub fn escaped(text: &str) {
    let html = escape::html(text);
    assert!(!html.contains(['<', '>', '"', '\'']), "{html}");
    let one_of_ours = !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) && text.chars().count() <= 200;
    if one_of_ours {
        assert_eq!(title(&format!("<title>{html}</title>")).as_deref(), Some(text.trim()));
    }
    assert_eq!(read_php(&escape::php(text)).as_deref(), Some(text));
    let javascript = escape::javascript(text);
    assert!(!javascript.contains(['<', '>', '\n', '\r', '\u{2028}', '\u{2029}']), "{javascript}");
    assert_eq!(serde_json::from_str::<String>(&javascript).ok().as_deref(), Some(text));
}

/// Any bytes as a site's answer: a tenant's program wrote them.
pub fn site(bytes: &[u8]) {
    if let Some(answer) = answer(bytes, Duration::ZERO) {
        assert!(answer.site.bytes <= bytes.len() as u64);
        if let Some(title) = answer.site.title {
            assert!(title.chars().count() <= 300 && !title.chars().any(char::is_control), "{title:?}");
        }
    }
}

/// Any words of a program that ran among a tenant's files, as they go into the log and into lists.
pub fn said(text: &str) {
    for line in [one_line(text), text_of(text)] {
        assert!(line.chars().count() <= 1000 && !line.chars().any(char::is_control), "{line:?}");
    }
    let found = descendants(text, 256);
    assert!(!found.contains(&256), "a pod is not inside itself");
    assert!((1..found.len()).all(|at| !found[..at].contains(&found[at])), "each is named once");
    assert!(!is_below(text, text), "nothing is inside itself");
}
