//! Zone files (RFC 1035 §5), read and written.

use super::{
    names::{self, Names},
    values,
    zone::{self, TTL_RANGE},
};
use model::hosting::dns::{DnsRecord, RecordType};
use wire::zone::{DEFAULT_TTL, MAX_RECORDS, MAX_TTL, MIN_TTL, soa};

/// Most faults that are reported at once.
const MAX_FAULTS: usize = 10;

/// What is wrong with a line, for people.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LineFault {
    /// Counted from 1.
    pub(crate) line: usize,
    /// What to do about it.
    pub(crate) message: String,
}

/// An entry of a file: its words, possibly from several lines.
struct Entry {
    line: usize,
    /// It begins with a blank: the name is that of the previous entry.
    continues: bool,
    words: Vec<String>,
}

/// Parses a zone file. Skips what the panel generates: SOA, and the zone's own NS records.
///
/// # Errors
/// The first ten faults.
pub(crate) fn read(name: &str, text: &str) -> Result<Vec<DnsRecord>, Vec<LineFault>> {
    let mut reader = Reader { zone: name, origin: name.to_owned(), ttl: None, last_ttl: DEFAULT_TTL, owner: None };
    let (mut records, mut faults) = (Vec::new(), Vec::new());
    for entry in entries(text)? {
        match reader.take(&entry) {
            Ok(Some(record)) => records.push(record),
            Ok(None) => {}
            Err(message) => faults.push(LineFault { line: entry.line, message }),
        }
        if faults.len() >= MAX_FAULTS || records.len() > MAX_RECORDS {
            break;
        }
    }
    records.sort();
    if faults.is_empty() { Ok(records) } else { Err(faults) }
}

struct Reader<'a> {
    zone: &'a str,
    origin: String,
    ttl: Option<u32>,
    last_ttl: u32,
    owner: Option<String>,
}

impl Reader<'_> {
    fn take(&mut self, entry: &Entry) -> Result<Option<DnsRecord>, String> {
        let mut words = entry.words.iter().map(String::as_str).peekable();
        match (entry.words.first().map(|word| word.to_ascii_uppercase()).as_deref(), entry.words.as_slice()) {
            (Some("$TTL"), [_, ttl]) => {
                self.ttl = Some(seconds(ttl).ok_or("Invalid TTL.")?);
                return Ok(None);
            }
            (Some("$ORIGIN"), [_, origin]) => {
                self.origin = self.names().target(origin)?.as_str().to_owned();
                return Ok(None);
            }
            (Some("$INCLUDE"), _) => return Err("$INCLUDE is not supported. Paste the lines of the other file instead.".to_owned()),
            (Some(word), _) if word.starts_with('$') => return Err(format!("{word} is not supported.")),
            _ => {}
        }
        if !entry.continues {
            self.owner = words.next().map(|word| self.names().owner(word)).transpose()?;
        }
        let owner = self.owner.clone().ok_or("Missing name.")?;
        let mut ttl = None;
        while let Some(word) = words.peek() {
            if word.eq_ignore_ascii_case("IN") {
                words.next();
            } else if ["CH", "HS", "CS"].iter().any(|class| word.eq_ignore_ascii_case(class)) {
                return Err(format!("Class {word} is not supported. Use IN."));
            } else if let Some(found) = seconds(word).filter(|_| ttl.is_none()) {
                ttl = Some(found);
                words.next();
            } else {
                break;
            }
        }
        let kind = words.next().ok_or("Missing record type.")?.to_ascii_uppercase();
        let value = words.collect::<Vec<_>>().join(" ");
        let ttl = ttl.or(self.ttl).unwrap_or(self.last_ttl);
        self.last_ttl = ttl;
        if kind == "SOA" || (kind == "NS" && owner == "@") {
            return Ok(None);
        }
        let kind =
            RecordType::ALL.iter().copied().find(|known| known.as_str() == kind).ok_or_else(|| format!("{kind} records are not supported."))?;
        if !(MIN_TTL..=MAX_TTL).contains(&ttl) {
            return Err(TTL_RANGE.to_owned());
        }
        if let Some(message) = zone::misplaced(&owner, kind) {
            return Err(message.to_owned());
        }
        let value = values::read(kind, &value, self.names())?.to_string();
        Ok(Some(DnsRecord { name: owner, kind, ttl, value }))
    }

    fn names(&self) -> Names<'_> {
        Names { zone: self.zone, origin: Some(&self.origin) }
    }
}

impl Names<'_> {
    /// The name of a record, as in a zone file.
    fn owner(self, word: &str) -> Result<String, String> {
        let origin = self.origin.unwrap_or(self.zone);
        match word {
            "@" => names::owner(self.zone, &format!("{origin}.")),
            _ if word.ends_with('.') => names::owner(self.zone, word),
            _ => names::owner(self.zone, &format!("{word}.{origin}.")),
        }
    }
}

/// A time in seconds, as `3600` or `1h30m`.
fn seconds(word: &str) -> Option<u32> {
    if !word.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (mut total, mut number) = (0_u32, None::<u32>);
    for c in word.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    total.checked_add(number.unwrap_or(0))
}

/// The words of each entry, without comments; parentheses join lines.
fn entries(text: &str) -> Result<Vec<Entry>, Vec<LineFault>> {
    let fault = |line, message: &str| vec![LineFault { line, message: message.to_owned() }];
    let (mut found, mut open, mut begun) = (Vec::new(), None::<usize>, None::<Entry>);
    for (at, line) in text.lines().enumerate() {
        let number = at + 1;
        let mut entry = begun.take().unwrap_or_else(|| Entry { line: number, continues: line.starts_with([' ', '\t']), words: Vec::new() });
        let (mut word, mut in_quotes, mut escaped) = (String::new(), false, false);
        for c in line.trim_end_matches('\r').chars() {
            match c {
                _ if escaped => {
                    word.push(c);
                    escaped = false;
                }
                '\\' => {
                    word.push(c);
                    escaped = true;
                }
                '"' => {
                    word.push(c);
                    in_quotes = !in_quotes;
                }
                _ if in_quotes => word.push(c),
                ';' => break,
                '(' | ')' => {
                    if !word.is_empty() {
                        entry.words.push(std::mem::take(&mut word));
                    }
                    open = match (c, open) {
                        ('(', None) => Some(number),
                        (')', Some(_)) => None,
                        ('(', Some(_)) => return Err(fault(number, "Nested parentheses are not supported.")),
                        _ => return Err(fault(number, "Unexpected closing parenthesis.")),
                    };
                }
                _ if c.is_whitespace() => {
                    if !word.is_empty() {
                        entry.words.push(std::mem::take(&mut word));
                    }
                }
                _ => word.push(c),
            }
        }
        if in_quotes {
            return Err(fault(number, "Missing closing quote."));
        }
        if !word.is_empty() {
            entry.words.push(word);
        }
        if open.is_some() {
            begun = Some(entry);
        } else if !entry.words.is_empty() {
            found.push(entry);
        }
    }
    match open {
        Some(line) => Err(fault(line, "Missing closing parenthesis.")),
        None => Ok(found),
    }
}

/// Writes the complete zone, as the name servers serve it, as a zone file.
pub(crate) fn write(name: &str, serial: u32, name_servers: &[String], records: &[DnsRecord]) -> String {
    let primary = name_servers.first().map_or(name, String::as_str);
    let mut text = format!("$ORIGIN {name}.\n$TTL {DEFAULT_TTL}\n");
    text.push_str(&format!("@\t{DEFAULT_TTL}\tIN\tSOA\t{}\n", soa(name, primary, serial)));
    for server in name_servers {
        text.push_str(&format!("@\t{DEFAULT_TTL}\tIN\tNS\t{server}.\n"));
    }
    for record in records {
        text.push_str(&format!("{}\t{}\tIN\t{}\t{}\n", record.name, record.ttl, record.kind.as_str(), record.value));
    }
    text
}
