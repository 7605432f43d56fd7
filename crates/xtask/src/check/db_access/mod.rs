//! Nobody outside `core` can hand it a bare connection: a use case takes a proof, or it is no use case.

mod tree;

use super::Outcome;
use anyhow::Result;
use std::path::Path;
use syn::{
    ImplItem, Item, ReturnType, Signature, Visibility,
    visit::{self, Visit},
};
pub use tree::Module;
use tree::Reach;

/// The crate of the use cases.
const CORE: &str = "crates/core/src";
/// Types that are a connection or lead to one.
const BARE: [&str; 8] = ["PgConnection", "PgPool", "Pool", "PoolConnection", "PgExecutor", "Executor", "Transaction", "PgTransaction"];

/// Reads every module of `crates/core` that is compiled into it.
///
/// # Errors
/// When a file cannot be read or is not Rust.
pub fn check(root: &Path) -> Result<Outcome> {
    let tree = Module::read(&root.join(CORE), "lib.rs")?;
    Ok(look(&tree))
}

/// The same over any tree.
pub fn look(tree: &Module) -> Outcome {
    let reach = Reach::of(tree);
    let (mut wrong, mut seen) = (Vec::new(), 0);
    tree.each(&mut |module| {
        if module.path.last().is_some_and(|name| name == "queries") && module.public {
            wrong.push(format!("{CORE}/{}:1: `queries` is a private module", module.file));
        }
        for (name, signature) in functions(module) {
            if !reach.has(&module.path, &name) {
                continue;
            }
            seen += 1;
            let whole = format!("{}::{}", module.path.join("::"), signature.ident);
            if bare(signature) {
                let line = signature.ident.span().start().line;
                wrong.push(format!("{CORE}/{}:{line}: {whole} is reachable and takes or gives a bare connection", module.file));
            }
        }
    });
    Outcome::of(wrong, format!("{seen} functions of core can be called, none with a bare connection"))
}

/// The public functions of a module, and its types' public methods, each with the name that has to be reachable for it.
fn functions(module: &Module) -> Vec<(String, &Signature)> {
    let mut found = Vec::new();
    for item in &module.items {
        match item {
            Item::Fn(function) if is_pub(&function.vis) => found.push((function.sig.ident.to_string(), &function.sig)),
            Item::Impl(block) if block.trait_.is_none() => {
                let syn::Type::Path(own) = &*block.self_ty else { continue };
                let Some(own) = own.path.segments.last() else { continue };
                for item in &block.items {
                    if let ImplItem::Fn(method) = item
                        && is_pub(&method.vis)
                    {
                        found.push((own.ident.to_string(), &method.sig));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn is_pub(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Whether a connection is among the arguments or comes out.
fn bare(signature: &Signature) -> bool {
    struct Finder(bool);
    impl<'ast> Visit<'ast> for Finder {
        fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
            self.0 |= BARE.iter().any(|name| segment.ident == name);
            visit::visit_path_segment(self, segment);
        }
    }
    let mut finder = Finder(false);
    signature.inputs.iter().for_each(|input| finder.visit_fn_arg(input));
    finder.visit_generics(&signature.generics);
    if let ReturnType::Type(_, result) = &signature.output {
        finder.visit_type(result);
    }
    finder.0
}
