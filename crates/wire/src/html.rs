//! What a page says of itself: the panel reads it from outside, a server's program on the server.

/// Longest name of a character reference that is read.
const LONGEST_NAME: usize = 9;

/// Text of the first `<title>`, trimmed and with its character references resolved. A page is its tenant's word: this may be of any length, and
/// have any character in it.
pub fn title(page: &str) -> Option<String> {
    // Each character keeps its place.
    let lower = page.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower.get(open..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    Some(unescape(page.get(start..end)?.trim()))
}

/// Character references resolved. What is none stays as it is.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        // No further than a name is long: a page of nothing but `&` would be read through once for each of them.
        let end = after.bytes().take(LONGEST_NAME + 1).position(|byte| byte == b';');
        let known = end.and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?)));
        match known.and_then(|(name, tail)| Some((character(name)?, tail))) {
            Some((sign, tail)) => {
                out.push(sign);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out + rest
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_read_however_it_is_written() {
        for (page, found) in [
            ("<html><title lang=en>A &amp; B&#039;s &lt;3 &nope; &</title>", "A & B's <3 &nope; &"),
            ("<TITLE lang=en>\n A &lt;b&gt; &#x26;&#X26; c\n</TITLE>", "A <b> && c"),
            ("<title>\u{c4}&nbsp;&quot;b&apos;</title><title>another one</title>", "\u{c4} \"b'"),
            ("<title>&amp;amp; &amp;#39;</title>", "&amp; &#39;"),
            ("<title>a&#0;b</title>", "a\0b"),
            ("<title>a & b; c</title>", "a & b; c"),
            ("<title></title>", ""),
        ] {
            assert_eq!(title(page).as_deref(), Some(found), "{page}");
        }
    }

    #[test]
    fn a_broken_page_has_no_title_and_a_broken_reference_stays() {
        for page in ["", "<title>", "<title", "<title>x", "&", "&amp", "x</title>", "<title>never closed", "</title><title>"] {
            assert_eq!(title(page), None, "{page}");
        }
        for text in ["&#xZZ;", "&#99999999999;", "&#xd800;", "&;", "&#;", "&#x;", "&", "&amp", "&#000000038;", "&\u{e4}\u{e4}\u{e4}\u{e4}\u{e4};"] {
            assert_eq!(unescape(text), text);
        }
        assert_eq!(unescape("&#00000038;&#00000039;"), "&'", "the longest names that are read");
    }
}
