//! The `[section]` and `key=value` form that unit files and PHP-FPM share.

use crate::error::{Result, internal};

/// A file of sections, in order; keys may repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ini {
    sections: Vec<(String, Vec<(String, String)>)>,
}

impl Ini {
    /// An empty file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a section.
    pub fn section(mut self, name: &str) -> Self {
        self.sections.push((name.to_owned(), Vec::new()));
        self
    }

    /// Adds a key to the last section.
    pub fn key(mut self, key: &str, value: impl ToString) -> Self {
        if let Some((_, keys)) = self.sections.last_mut() {
            keys.push((key.to_owned(), value.to_string()));
        }
        self
    }

    /// Adds several keys to the last section.
    pub fn keys<'a>(self, keys: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        keys.into_iter().fold(self, |ini, (key, value)| ini.key(key, value))
    }

    /// All keys of a section.
    pub fn of<'a>(&'a self, section: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.sections.iter().filter(move |(name, _)| name == section).flat_map(|(_, keys)| keys.iter().map(|(k, v)| (k.as_str(), v.as_str())))
    }

    /// The file's text, after reading it back has given the same. `head` is its first comment.
    pub fn render(&self, head: &str) -> Result<String> {
        let mut text = format!("# {head}\n");
        for (name, keys) in &self.sections {
            text.push_str(&format!("\n[{}]\n", sound(name)?));
            for (key, value) in keys {
                text.push_str(&format!("{}={}\n", sound(key)?, sound(value)?));
            }
        }
        if parse(&text).as_ref() != Some(self) {
            return Err(internal("a configuration file did not read back as it was written"));
        }
        Ok(text)
    }
}

fn sound(text: &str) -> Result<&str> {
    if text.chars().any(char::is_control) { Err(internal("a configuration value has a control character")) } else { Ok(text) }
}

/// Reads such a file. `None` when a line is neither section, key nor comment.
pub fn parse(text: &str) -> Option<Ini> {
    let mut ini = Ini::new();
    for line in text.lines() {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if line.ends_with('\\') {
            return None;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            ini = ini.section(name);
            continue;
        }
        let (key, value) = line.split_once('=')?;
        if ini.sections.is_empty() || key.trim() != key || value.trim() != value || key.is_empty() {
            return None;
        }
        ini = ini.key(key, value);
    }
    Some(ini)
}
