//! Free text into HTML, PHP and JavaScript, so that it arrives exactly and does nothing on its way.

/// Text inside HTML elements and quoted attributes.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A PHP string literal with its quotes. In single quotes only `\` and `'` mean anything.
pub fn php(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        if c == '\\' || c == '\'' {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('\'');
    out
}

/// A JavaScript string literal with its quotes, also safe inside a `<script>` element.
pub fn javascript(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => push_unicode(&mut out, c),
            c if c.is_control() => push_unicode(&mut out, c),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn push_unicode(out: &mut String, c: char) {
    // Only characters of the basic plane come here, so four digits are enough.
    out.push_str(&format!("\\u{:04x}", c as u32));
}
