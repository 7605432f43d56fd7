//! Everything that a browser can call is an operation: `#[operation]` authorizes the call and writes the list, so no server function is
//! written by hand and no authorized transaction is begun by hand. Nor does anything here take the connection out of one: what it may be used
//! for is decided in the areas.
//!
//! The files are read as tokens: an attribute counts whatever path leads to it, inside macros too, and texts and comments do not.

use super::{Outcome, sources::Sources};
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// What begins an authorized transaction; only the macro calls it.
const BEGINS: [&str; 3] = ["platform", "tenant", "own"];
/// What may stand before the name of a function.
const QUALIFIERS: [&str; 6] = ["pub", "async", "const", "unsafe", "extern", "fn"];

/// Reads the pages' crates and the server.
pub fn check(sources: &Sources) -> Outcome {
    let (mut wrong, mut operations) = (Vec::new(), 0);
    for source in sources.rust().filter(|source| is_read(&source.path)) {
        let Ok(tokens) = source.text.parse::<TokenStream>() else {
            wrong.push(format!("{}: is not Rust", source.path));
            continue;
        };
        let mut found = Found::default();
        found.read(tokens);
        operations += found.operations;
        wrong.extend(found.wrong.into_iter().map(|(line, what)| format!("{}:{line}: {what}", source.path)));
    }
    Outcome::of(wrong, format!("{operations} operations, none beside the list"))
}

/// The macro itself writes what nobody else may, and a test may show what happens to who does.
fn is_read(path: &str) -> bool {
    (path.starts_with("app/") && !path.starts_with("app/operation/")) || (path.starts_with("server/src/") && !path.ends_with("/tests.rs"))
}

fn by_hand(what: &str) -> String {
    format!("{what} by hand; #[operation] does that")
}

#[derive(Default)]
struct Found {
    operations: usize,
    wrong: Vec<(usize, String)>,
}

impl Found {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.read(group.stream()),
                TokenTree::Punct(punct) if punct.as_char() == '#' => self.attribute(&tokens[at..]),
                TokenTree::Punct(punct) if punct.as_char() == '.' && is_ident(tokens.get(at + 1), "conn") => {
                    self.wrong.push((punct.span().start().line, "a bare connection is taken: areas decide what it is used for".to_owned()));
                }
                TokenTree::Ident(name) if name == "server" && is_ident(tokens.get(at + 1), "as") => {
                    self.wrong.push((name.span().start().line, by_hand("another name for #[server]")));
                }
                TokenTree::Ident(name) if name == "app_auth" => {
                    if let Some(called) = begun(&tokens[at + 1..]) {
                        self.wrong.push((name.span().start().line, by_hand(&format!("app_auth::{called}"))));
                    }
                }
                _ => {}
            }
        }
    }

    /// `# [path(..)]` on a function. On an argument, `#[server(flatten)]` belongs to the operation around it.
    fn attribute(&mut self, tokens: &[TokenTree]) {
        let Some(TokenTree::Group(group)) = tokens.get(1) else { return };
        if group.delimiter() != Delimiter::Bracket || !is_on_function(tokens) {
            return;
        }
        let path = group.stream().into_iter().take_while(|token| match token {
            TokenTree::Ident(_) => true,
            TokenTree::Punct(punct) => punct.as_char() == ':',
            _ => false,
        });
        let name = path.filter_map(|token| if let TokenTree::Ident(name) = token { Some(name) } else { None }).last();
        match name {
            Some(name) if name == "operation" => self.operations += 1,
            Some(name) if name == "server" => self.wrong.push((name.span().start().line, by_hand("a server function"))),
            _ => {}
        }
    }
}

/// Whether what follows the attributes is a function.
fn is_on_function(tokens: &[TokenTree]) -> bool {
    let mut rest = tokens;
    while let [TokenTree::Punct(punct), TokenTree::Group(group), after @ ..] = rest {
        if punct.as_char() != '#' || group.delimiter() != Delimiter::Bracket {
            return false;
        }
        rest = after;
    }
    // A field or an argument may be called by none of these words.
    matches!(rest.first(), Some(TokenTree::Ident(word)) if QUALIFIERS.iter().any(|qualifier| word == qualifier))
        && !matches!(rest.get(1), Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Alone)
}

/// What of [`BEGINS`] a path behind `app_auth` leads to, also in braces.
fn begun(tokens: &[TokenTree]) -> Option<String> {
    let [TokenTree::Punct(a), TokenTree::Punct(b), next, ..] = tokens else { return None };
    if (a.as_char(), b.as_char()) != (':', ':') {
        return None;
    }
    let names: Vec<String> = match next {
        TokenTree::Ident(name) => vec![name.to_string()],
        TokenTree::Group(group) => group.stream().into_iter().map(|token| token.to_string()).collect(),
        _ => return None,
    };
    names.into_iter().find(|name| BEGINS.contains(&name.as_str()))
}

fn is_ident(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == word)
}
