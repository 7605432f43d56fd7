//! The scripts without what only a person would read: lines of comment, and the room at the beginning of lines.

/// The script, leaner.
pub fn lean(script: &str) -> String {
    let mut out = String::with_capacity(script.len());
    let mut comment = false;
    for line in script.lines().map(str::trim) {
        let begins = !comment && line.starts_with("/*");
        let whole = comment || begins;
        comment = whole && !line.ends_with("*/");
        if !whole && !line.is_empty() && !line.starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::lean;

    #[test]
    fn comments_and_indents_go_and_every_other_line_stays() {
        let script = "/**\n * What it does.\n */\nexport function a(b) {\n    // Why.\n    return b /* not a line */ + `// ${b}`;\n}\n/* one line */\nlet c;\n\n";
        assert_eq!(lean(script), "export function a(b) {\nreturn b /* not a line */ + `// ${b}`;\n}\nlet c;\n");
    }
}
