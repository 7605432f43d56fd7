//! Finds class literals in our sources by their tokens, not by their text.

use anyhow::{Context, Result, anyhow};
use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use std::{
    path::{Path, PathBuf},
    str::FromStr,
};
use walkdir::WalkDir;

/// One class at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The class.
    pub class: String,
    /// Where it stands.
    pub file: PathBuf,
    /// In which line, from 1.
    pub line: usize,
}

/// Every class of every Rust file below the folder.
///
/// # Errors
/// When a file cannot be read or is not Rust.
pub fn folder(folder: &Path) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.with_context(|| format!("{} cannot be walked", folder.display()))?;
        if entry.path().extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(entry.path())?;
            source(&text, entry.path(), &mut found)?;
        }
    }
    Ok(found)
}

/// Every class of one source.
///
/// # Errors
/// When it is not Rust.
pub fn source(text: &str, file: &Path, found: &mut Vec<Found>) -> Result<()> {
    let tokens = TokenStream::from_str(text).map_err(|error| anyhow!("{}: {error}", file.display()))?;
    walk(tokens, file, found);
    Ok(())
}

/// Three forms count: `class="..."`, `tw!("...")` and `class:name=`.
fn walk(tokens: TokenStream, file: &Path, found: &mut Vec<Found>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(name) if name == "class" => match (tokens.get(at + 1), tokens.get(at + 2)) {
                (Some(TokenTree::Punct(sign)), Some(TokenTree::Literal(literal))) if sign.as_char() == '=' => {
                    split(literal, file, found);
                }
                (Some(TokenTree::Punct(sign)), Some(TokenTree::Ident(_))) if sign.as_char() == ':' => {
                    switch(&tokens[at + 2..], file, found);
                }
                _ => {}
            },
            TokenTree::Ident(name) if name == "tw" => {
                if let (Some(TokenTree::Punct(sign)), Some(TokenTree::Group(group))) = (tokens.get(at + 1), tokens.get(at + 2))
                    && sign.as_char() == '!'
                    && group.delimiter() == Delimiter::Parenthesis
                {
                    literals(group, file, found);
                }
            }
            TokenTree::Group(group) => walk(group.stream(), file, found),
            _ => {}
        }
    }
}

/// `class:name-with-dashes=condition`; tokens begin behind the colon. A type such as `class: String` has no `=` after the name.
fn switch(tokens: &[TokenTree], file: &Path, found: &mut Vec<Found>) {
    let mut class = String::new();
    let mut line = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(part) => {
                line = part.span().start().line;
                class.push_str(&part.to_string());
            }
            TokenTree::Literal(part) => class.push_str(&part.to_string()),
            TokenTree::Punct(sign) if sign.as_char() == '-' => class.push('-'),
            TokenTree::Punct(sign) if sign.as_char() == '=' => {
                found.push(Found { class, file: file.to_path_buf(), line });
                return;
            }
            _ => return,
        }
    }
}

/// The string literals of a `tw!`.
fn literals(group: &Group, file: &Path, found: &mut Vec<Found>) {
    for token in group.stream() {
        if let TokenTree::Literal(literal) = token {
            split(&literal, file, found);
        }
    }
}

/// The classes of one literal.
fn split(literal: &Literal, file: &Path, found: &mut Vec<Found>) {
    let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) else {
        return;
    };
    let line = literal.span().start().line;
    found.extend(text.value().split_whitespace().map(|class| Found { class: class.to_owned(), file: file.to_path_buf(), line }));
}
