//! The tests that stand in a file.

use crate::check::sources::Source;
use anyhow::{Result, anyhow};
use syn::{Attribute, Expr, Item, Lit, Meta};

/// The macro that makes the tests of a saga, and the tests that it makes.
const CONTRACT: &str = "saga_contract_tests";
const CONTRACT_TESTS: [&str; 7] = [
    "ends_complete",
    "fails_at_each_step",
    "repeats_each_step",
    "survives_a_crash_at_each_step",
    "survives_a_lost_database_at_each_step",
    "comes_back_through_every_undo",
    "is_stuck_until_a_person_helps",
];

/// One test.
pub struct Test {
    /// Function, or title in a browser's file.
    pub name: String,
    /// Modules inside the file, outermost first.
    pub inside: Vec<String>,
    /// Why it is not run by default.
    pub ignored: Option<String>,
}

/// Every test of a Rust file or of a Playwright file.
///
/// # Errors
/// When a Rust file is not Rust.
pub fn tests(source: &Source) -> Result<Vec<Test>> {
    let mut found = Vec::new();
    if source.path.ends_with(".rs") {
        let file = syn::parse_file(&source.text).map_err(|error| anyhow!("{}: {error}", source.path))?;
        walk(&file.items, &mut Vec::new(), &mut found);
    } else {
        found.extend(source.text.lines().filter_map(title).map(|name| Test { name, inside: Vec::new(), ignored: None }));
    }
    Ok(found)
}

/// `test("title", ...)` at the beginning of a line; `test.skip(` is none.
fn title(line: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix("test(")?;
    let quote = rest.chars().next().filter(|sign| "\"'`".contains(*sign))?;
    rest[1..].split_once([quote]).map(|(title, _)| title.to_owned())
}

fn walk(items: &[Item], inside: &mut Vec<String>, found: &mut Vec<Test>) {
    for item in items {
        match item {
            Item::Fn(function) if function.attrs.iter().any(is_test) => {
                found.push(Test { name: function.sig.ident.to_string(), inside: inside.clone(), ignored: function.attrs.iter().find_map(ignored) })
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    inside.push(module.ident.to_string());
                    walk(items, inside, found);
                    inside.pop();
                }
            }
            Item::Macro(call) if call.mac.path.is_ident("proptest") => {
                if let Ok(file) = call.mac.parse_body::<Properties>() {
                    found.extend(file.0.into_iter().map(|name| Test { name, inside: inside.clone(), ignored: None }));
                }
            }
            Item::Macro(call) if call.mac.path.is_ident(CONTRACT) => {
                found.extend(CONTRACT_TESTS.iter().map(|name| Test { name: (*name).to_owned(), inside: inside.clone(), ignored: None }));
            }
            _ => {}
        }
    }
}

/// Names of the functions behind `#[test]` in a `proptest!`.
struct Properties(Vec<String>);

impl syn::parse::Parse for Properties {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let tokens: proc_macro2::TokenStream = input.parse()?;
        let (mut names, mut test) = (Vec::new(), false);
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                proc_macro2::TokenTree::Group(group) if group.stream().to_string() == "test" => test = true,
                proc_macro2::TokenTree::Ident(word) if test && word == "fn" => {
                    names.extend(tokens.peek().map(ToString::to_string));
                    test = false;
                }
                _ => {}
            }
        }
        Ok(Self(names))
    }
}

/// `#[test]`, `#[tokio::test]`, `#[tokio::test(...)]`.
fn is_test(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "test")
}

/// The reason of `#[ignore = "..."]`; empty when none is given.
fn ignored(attribute: &Attribute) -> Option<String> {
    if !attribute.path().is_ident("ignore") {
        return None;
    }
    let Meta::NameValue(pair) = &attribute.meta else { return Some(String::new()) };
    let Expr::Lit(literal) = &pair.value else { return Some(String::new()) };
    let Lit::Str(why) = &literal.lit else { return Some(String::new()) };
    Some(why.value())
}
