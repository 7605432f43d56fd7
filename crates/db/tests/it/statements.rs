//! Every statement of every layer, prepared against the schema: a table or column that is not there fails here,
//! not in front of a person. Statements stand in `queries.rs`, as they are: never put together at run time.

use mpanel_db::testing::TestDb;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};
use syn::visit::{self, Visit};

/// A statement that was found in the sources.
struct Statement {
    file: PathBuf,
    sql: String,
}

#[derive(Default)]
struct Finder {
    file: PathBuf,
    constants: HashMap<String, String>,
    statements: Vec<Statement>,
    elsewhere: Vec<String>,
    unreadable: Vec<String>,
}

impl Finder {
    /// Consts first, so that a call can name one.
    fn constants(&mut self, file: &syn::File) {
        for item in &file.items {
            if let syn::Item::Const(constant) = item
                && let Some(text) = literal(&constant.expr)
            {
                self.constants.insert(constant.ident.to_string(), text);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let test = module.attrs.iter().any(|attribute| attribute.path().is_ident("cfg"));
        if !test {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        visit::visit_expr_call(self, call);
        let syn::Expr::Path(function) = &*call.func else {
            return;
        };
        let words: Vec<String> = function.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let [.., family, name] = words.as_slice() else {
            return;
        };
        if family != "sqlx" || !["query", "query_as", "query_scalar"].contains(&name.as_str()) {
            return;
        }
        let place = format!("{}: sqlx::{name}", self.file.display());
        let sql = match call.args.first() {
            Some(syn::Expr::Path(constant)) => {
                constant.path.segments.last().and_then(|segment| self.constants.get(&segment.ident.to_string()).cloned())
            }
            Some(argument) => {
                if !self.file.ends_with("queries.rs") {
                    self.elsewhere.push(place.clone());
                }
                literal(argument)
            }
            None => None,
        };
        match sql {
            Some(sql) => self.statements.push(Statement { file: self.file.clone(), sql }),
            None => self.unreadable.push(place),
        }
    }
}

fn literal(expression: &syn::Expr) -> Option<String> {
    match expression {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        syn::Expr::Reference(inner) => literal(&inner.expr),
        syn::Expr::Macro(call) if call.mac.path.is_ident("concat") => {
            let parts = call.mac.parse_body_with(syn::punctuated::Punctuated::<syn::LitStr, syn::Token![,]>::parse_terminated).ok()?;
            Some(parts.iter().map(syn::LitStr::value).collect())
        }
        _ => None,
    }
}

/// The sources that reach PostgreSQL; tests and their helpers may do as they like.
fn sources(root: &Path) -> Vec<(PathBuf, syn::File)> {
    let mut files = Vec::new();
    for layer in ["crates/core", "crates/engine/src", "crates/db/src", "crates/adapters/src", "server/src"] {
        for entry in walkdir::WalkDir::new(root.join(layer)).sort_by_file_name() {
            let entry = entry.expect("the folder can be read");
            let path = entry.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let a_test = name.ends_with("tests.rs")
                || name == "testing.rs"
                || path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "testing");
            if path.extension().is_some_and(|extension| extension == "rs") && !a_test {
                let text = std::fs::read_to_string(path).expect("reads");
                let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                files.push((path.strip_prefix(root).unwrap_or(path).to_owned(), parsed));
            }
        }
    }
    files
}

fn find() -> Finder {
    let root = Path::new("../..").canonicalize().expect("the workspace");
    let files = sources(&root);
    let mut finder = Finder::default();
    for (_, file) in &files {
        finder.constants(file);
    }
    for (path, file) in &files {
        finder.file.clone_from(path);
        finder.visit_file(file);
    }
    finder
}

#[test]
fn statements_stand_in_queries_rs_as_they_are() {
    let found = find();
    assert_eq!(found.elsewhere, Vec::<String>::new(), "move these to queries.rs");
    assert_eq!(found.unreadable, Vec::<String>::new(), "write these as one literal");
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let t = TestDb::new().await;
    let mut owner = t.owner().await;
    let found = find();
    assert!(found.statements.len() > 200);
    let mut wrong = Vec::new();
    for statement in found.statements {
        if let Err(error) = (&mut owner).prepare(AssertSqlSafe(statement.sql.clone()).into_sql_str()).await {
            wrong.push(format!("{}: {error}\n{}\n", statement.file.display(), statement.sql.trim()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
