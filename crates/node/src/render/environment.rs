//! Environment variables as systemd's `EnvironmentFile=` reads them.
//!
//! Each value stands in double quotes, where systemd takes everything for itself but `"`, `\` and what follows a `\`: line breaks, `#`, `;`,
//! `$` and spaces arrive as they are.

use wire::environment::Variable;

use super::HEAD;

/// The file's text.
pub fn file(variables: &[Variable]) -> String {
    let mut text = format!("# {HEAD}\n");
    for Variable { name, value } in variables {
        text.push_str(name.as_str());
        text.push_str("=\"");
        for c in value.expose().chars() {
            if matches!(c, '"' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        text.push_str("\"\n");
    }
    text
}

/// Reads such a file as systemd does, as far as [`file`] writes it.
#[cfg(test)]
pub fn parse(text: &str) -> Option<Vec<(String, String)>> {
    let mut rest = text.strip_prefix('#')?.split_once('\n')?.1;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"")?;
        let (mut value, mut chars) = (String::new(), after.char_indices());
        let end = loop {
            match chars.next()? {
                (at, '"') => break at,
                (_, '\\') => value.push(chars.next().filter(|(_, c)| matches!(c, '"' | '\\'))?.1),
                (_, c) => value.push(c),
            }
        };
        found.push((name.to_owned(), value));
        rest = after[end + 1..].strip_prefix('\n')?;
    }
    Some(found)
}
