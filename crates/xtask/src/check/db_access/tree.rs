//! The modules of a crate, and what of them can be named from outside.

use anyhow::{Context, Result, anyhow};
use std::{collections::HashSet, path::Path};
use syn::{Attribute, Item, UseTree, Visibility};

/// A module with what stands in it.
pub struct Module {
    /// Its names from the root; empty for the root.
    pub path: Vec<String>,
    /// Its file, from the source folder.
    pub file: String,
    /// Declared `pub`.
    pub public: bool,
    /// Everything in it but its modules in files of their own.
    pub items: Vec<Item>,
    /// The modules in it.
    pub inner: Vec<Self>,
}

impl Module {
    /// Reads a crate from its first file. Modules of tests are left out.
    ///
    /// # Errors
    /// When a file cannot be read or is not Rust.
    pub fn read(folder: &Path, file: &str) -> Result<Self> {
        let mut load = |file: &str| {
            let path = folder.join(file);
            path.is_file().then(|| std::fs::read_to_string(&path).with_context(|| format!("{file} cannot be read"))).transpose()
        };
        Self::from_file(&mut load, Vec::new(), file.to_owned(), true)
    }

    /// The same from anywhere: `load` gives a file's text, or nothing where there is none.
    ///
    /// # Errors
    /// When a file is missing or is not Rust.
    pub fn from_file(load: &mut dyn FnMut(&str) -> Result<Option<String>>, path: Vec<String>, file: String, public: bool) -> Result<Self> {
        let text = load(&file)?.with_context(|| format!("{file} is not there"))?;
        let items = syn::parse_file(&text).map_err(|error| anyhow!("{file}: {error}"))?.items;
        Self::from_items(load, path, file, public, items)
    }

    fn from_items(
        load: &mut dyn FnMut(&str) -> Result<Option<String>>,
        path: Vec<String>,
        file: String,
        public: bool,
        items: Vec<Item>,
    ) -> Result<Self> {
        let mut module = Self { path, file, public, items: Vec::new(), inner: Vec::new() };
        for item in items {
            let Item::Mod(inner) = item else {
                module.items.push(item);
                continue;
            };
            if inner.attrs.iter().any(is_for_tests) {
                continue;
            }
            let public = matches!(inner.vis, Visibility::Public(_));
            let path: Vec<String> = module.path.iter().cloned().chain([inner.ident.to_string()]).collect();
            let found = match inner.content {
                Some((_, items)) => Self::from_items(load, path, module.file.clone(), public, items)?,
                None => {
                    let stem = path.join("/");
                    let flat = format!("{stem}.rs");
                    let file = if load(&flat)?.is_some() { flat } else { format!("{stem}/mod.rs") };
                    Self::from_file(load, path, file, public)?
                }
            };
            module.inner.push(found);
        }
        Ok(module)
    }

    /// Shows this module and all below it.
    pub fn each<'a>(&'a self, show: &mut impl FnMut(&'a Self)) {
        show(self);
        self.inner.iter().for_each(|inner| inner.each(show));
    }
}

/// `#[cfg(test)]`.
fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|what| what.is_ident("test"))
}

/// What can be named from outside the crate: names in modules, by their places of birth.
pub struct Reach {
    /// Modules of which every public name can be named.
    modules: HashSet<Vec<String>>,
    /// Single names that a `pub use` lets out.
    names: HashSet<(Vec<String>, String)>,
}

impl Reach {
    /// Follows `pub mod` and `pub use` until nothing new is found.
    pub fn of(tree: &Module) -> Self {
        let mut all = Vec::new();
        tree.each(&mut |module| all.push(module));
        let mut reach = Self { modules: HashSet::from([Vec::new()]), names: HashSet::new() };
        loop {
            let before = (reach.modules.len(), reach.names.len());
            for module in &all {
                if let Some((_, outer)) = module.path.split_last()
                    && module.public
                    && reach.modules.contains(outer)
                {
                    reach.modules.insert(module.path.clone());
                }
                for item in &module.items {
                    if let Item::Use(import) = item
                        && matches!(import.vis, Visibility::Public(_))
                    {
                        reach.follow(&all, module, &import.tree, &mut Vec::new());
                    }
                }
            }
            if before == (reach.modules.len(), reach.names.len()) {
                return reach;
            }
        }
    }

    /// One `pub use`; `words` are the names before this part of it.
    fn follow(&mut self, all: &[&Module], at: &Module, tree: &UseTree, words: &mut Vec<String>) {
        match tree {
            UseTree::Path(part) => {
                words.push(part.ident.to_string());
                self.follow(all, at, &part.tree, words);
                words.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.follow(all, at, tree, words)),
            UseTree::Glob(_) if self.modules.contains(&at.path) => {
                self.modules.insert(resolve(&at.path, words));
            }
            UseTree::Name(name) => self.let_out(all, at, &name.ident.to_string(), &name.ident.to_string(), words),
            UseTree::Rename(name) => self.let_out(all, at, &name.ident.to_string(), &name.rename.to_string(), words),
            UseTree::Glob(_) => {}
        }
    }

    fn let_out(&mut self, all: &[&Module], at: &Module, name: &str, shown: &str, words: &[String]) {
        if !self.has(&at.path, shown) {
            return;
        }
        let home = resolve(&at.path, words);
        let itself: Vec<String> = home.iter().cloned().chain([name.to_owned()]).collect();
        if all.iter().any(|module| module.path == itself) {
            self.modules.insert(itself);
        }
        self.names.insert((home, name.to_owned()));
    }

    /// Whether a public name of the module can be named from outside.
    pub fn has(&self, module: &[String], name: &str) -> bool {
        self.modules.contains(module) || self.names.contains(&(module.to_vec(), name.to_owned()))
    }
}

/// The module that the words of a `use` lead to.
fn resolve(at: &[String], words: &[String]) -> Vec<String> {
    let mut path = at.to_vec();
    for word in words {
        match word.as_str() {
            "crate" => path.clear(),
            "self" => {}
            "super" => {
                path.pop();
            }
            name => path.push(name.to_owned()),
        }
    }
    path
}
