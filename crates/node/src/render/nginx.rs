//! nginx's language: lines of words that end in `;` or open a block.

use crate::error::{Result, internal};

/// One directive, with its block when it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    words: Vec<String>,
    block: Option<Vec<Line>>,
}

/// A directive without a block.
pub fn line<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Line {
    Line { words: words.into_iter().map(|w| w.as_ref().to_owned()).collect(), block: None }
}

/// A directive with a block.
pub fn block<S: AsRef<str>>(words: impl IntoIterator<Item = S>, lines: Vec<Line>) -> Line {
    Line { block: Some(lines), ..line(words) }
}

impl Line {
    /// Its words, the directive's name first.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The lines of its block.
    pub fn lines(&self) -> &[Line] {
        self.block.as_deref().unwrap_or_default()
    }
}

/// The text of these lines, after reading it back has given the same. `head` is its first comment.
pub fn render(head: &str, lines: &[Line]) -> Result<String> {
    let mut text = format!("# {head}\n");
    for line in lines {
        write(&mut text, line, 0)?;
    }
    if parse(&text).as_deref() != Some(lines) {
        return Err(internal("the web server's configuration did not read back as it was written"));
    }
    Ok(text)
}

fn write(text: &mut String, line: &Line, depth: usize) -> Result<()> {
    if line.words.is_empty() {
        return Err(internal("a directive without a name"));
    }
    text.push_str(&"  ".repeat(depth));
    for (at, word) in line.words.iter().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        push_word(text, word)?;
    }
    let Some(block) = &line.block else {
        text.push_str(";\n");
        return Ok(());
    };
    text.push_str(" {\n");
    for inner in block {
        write(text, inner, depth + 1)?;
    }
    text.push_str(&"  ".repeat(depth));
    text.push_str("}\n");
    Ok(())
}

fn push_word(text: &mut String, word: &str) -> Result<()> {
    if word.chars().any(char::is_control) {
        return Err(internal("a word for the web server has a control character"));
    }
    let special = |c: char| c.is_whitespace() || "{};\"'\\#".contains(c);
    if !word.is_empty() && !word.chars().any(special) {
        text.push_str(word);
        return Ok(());
    }
    text.push('"');
    for c in word.chars() {
        if c == '"' || c == '\\' {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    Ok(())
}

/// Reads nginx's language as far as [`render`] writes it.
pub fn parse(text: &str) -> Option<Vec<Line>> {
    let mut chars = text.chars().peekable();
    let lines = parse_lines(&mut chars, 0)?;
    chars.next().is_none().then_some(lines)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn parse_lines(chars: &mut Chars<'_>, depth: usize) -> Option<Vec<Line>> {
    let mut lines = Vec::new();
    let mut words: Vec<String> = Vec::new();
    loop {
        match chars.peek().copied() {
            None => return (depth == 0 && words.is_empty()).then_some(lines),
            Some('}') if depth > 0 && words.is_empty() => {
                chars.next();
                return Some(lines);
            }
            Some('}') => return None,
            Some('#') => while chars.next_if(|c| *c != '\n').is_some() {},
            Some(c) if c.is_whitespace() => drop(chars.next()),
            Some(';') if !words.is_empty() => {
                chars.next();
                lines.push(Line { words: std::mem::take(&mut words), block: None });
            }
            Some('{') if !words.is_empty() && depth < 8 => {
                chars.next();
                let block = Some(parse_lines(chars, depth + 1)?);
                lines.push(Line { words: std::mem::take(&mut words), block });
            }
            Some(';' | '{') => return None,
            Some('"') => words.push(quoted(chars)?),
            Some(_) => words.push(bare(chars)?),
        }
    }
}

fn quoted(chars: &mut Chars<'_>) -> Option<String> {
    chars.next();
    let mut word = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(word),
            // nginx reads `\n` and the like as control characters, and we never write them.
            '\\' => word.push(chars.next_if(|c| matches!(c, '"' | '\\'))?),
            c => word.push(c),
        }
    }
}

fn bare(chars: &mut Chars<'_>) -> Option<String> {
    let mut word = String::new();
    while let Some(c) = chars.next_if(|c| !c.is_whitespace() && !"{};#".contains(*c)) {
        if "\"'\\".contains(c) {
            return None;
        }
        word.push(c);
    }
    Some(word)
}
