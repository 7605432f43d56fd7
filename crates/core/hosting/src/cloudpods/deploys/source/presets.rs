//! What a repository suggests for its build, by the files that it has. Only what the build has at hand is suggested: git, npm and Node.js for
//! static and Node sites (pnpm and Yarn by `npx`), PHP alone for PHP sites.

use model::hosting::{cloudpods::Stack, deploy_sources::SourceProposal};
use serde::Deserialize;
use std::collections::BTreeMap;
use wire::deploy::Looked;

/// Static site generators of the npm registry, and the folder that each of them writes to.
const GENERATORS: [(&str, &str, &str); 11] = [
    ("@11ty/eleventy", "Eleventy", "_site"),
    ("astro", "Astro", "dist"),
    ("@docusaurus/core", "Docusaurus", "build"),
    ("gatsby", "Gatsby", "public"),
    ("hexo", "Hexo", "public"),
    ("hugo-extended", "Hugo", "public"),
    ("hugo-bin", "Hugo", "public"),
    ("react-scripts", "Create React App", "build"),
    ("@vue/cli-service", "Vue CLI", "dist"),
    ("parcel", "Parcel", "dist"),
    ("vite", "Vite", "dist"),
];

/// Fetches Composer itself, which the runtime of a PHP site does not have, and has it install what the application needs.
const COMPOSER: &str = concat!(
    r#"php -r 'copy("https://getcomposer.org/download/latest-stable/composer.phar", getenv("HOME") . "/composer.phar") || exit(1);'"#,
    r#" && php "$HOME/composer.phar" install --no-dev --no-interaction --optimize-autoloader"#
);
/// Has the Composer of the repository itself do so.
const OWN_COMPOSER: &str = "php composer.phar install --no-dev --no-interaction --optimize-autoloader";

/// What is read of `package.json`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Package {
    scripts: BTreeMap<String, serde_json::Value>,
    dependencies: BTreeMap<String, serde_json::Value>,
    dev_dependencies: BTreeMap<String, serde_json::Value>,
    main: serde_json::Value,
    package_manager: serde_json::Value,
}

impl Package {
    fn has(&self, name: &str) -> bool {
        self.dependencies.contains_key(name) || self.dev_dependencies.contains_key(name)
    }

    fn has_script(&self, name: &str) -> bool {
        self.scripts.get(name).is_some_and(serde_json::Value::is_string)
    }
}

/// The files of a folder.
struct Files<'a>(&'a [String]);

impl Files<'_> {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|one| one == name)
    }

    fn any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }
}

/// What the files of a repository suggest for a site of this stack.
pub(super) fn propose(stack: Stack, looked: &Looked) -> SourceProposal {
    let files = Files(&looked.names);
    let package = looked.package.as_deref().map(serde_json::from_str::<Package>);
    let mut proposal = SourceProposal { commit: looked.commit.clone(), found: "Plain files".to_owned(), ..SourceProposal::default() };
    if matches!(package, Some(Err(_))) {
        proposal.notes.push("package.json cannot be read.".to_owned());
    }
    let package = package.and_then(Result::ok);
    match stack {
        Stack::Php | Stack::Wordpress => php(&files, package.as_ref(), &mut proposal),
        Stack::Node => node(&files, package.as_ref(), &mut proposal),
        Stack::Static => static_site(&files, package.as_ref(), &mut proposal),
    }
    if files.has(".gitmodules") {
        proposal.notes.push("Git submodules are not fetched.".to_owned());
    }
    proposal
}

fn php(files: &Files<'_>, package: Option<&Package>, to: &mut SourceProposal) {
    if files.has("artisan") {
        ("Laravel".clone_into(&mut to.found), "public".clone_into(&mut to.publish));
        to.notes
            .push("storage/ is not shared: it is outside the publish directory. Keep uploads in a directory of public/ and share that.".to_owned());
    } else if files.has("symfony.lock") {
        ("Symfony".clone_into(&mut to.found), "public".clone_into(&mut to.publish));
    } else if files.any(&["index.php", "composer.json"]) {
        "PHP".clone_into(&mut to.found);
    }
    let is_in_public = to.publish.is_empty() && files.has("public/") && !files.any(&["index.php", "index.html"]);
    if is_in_public {
        "public".clone_into(&mut to.publish);
    }
    if files.has("composer.json") && !files.has("vendor/") {
        to.found.push_str(" with Composer");
        let command = if files.has("composer.phar") { OWN_COMPOSER } else { COMPOSER };
        command.clone_into(&mut to.build_command);
    }
    if package.is_some_and(|package| package.has_script("build")) {
        to.notes.push("npm is not available in the build of a PHP site. Commit what npm run build makes, or upload an archive.".to_owned());
    }
}

fn node(files: &Files<'_>, package: Option<&Package>, to: &mut SourceProposal) {
    "Node.js".clone_into(&mut to.found);
    let Some(package) = package else {
        if !files.has("server.js") {
            to.notes.push("No package.json and no server.js: set the root directory or the start file.".to_owned());
        }
        return;
    };
    let manager = Manager::of(files, package);
    to.found = format!("Node.js with {}", manager.name());
    to.build_command = manager.command(package.has_script("build"));
    to.start_file =
        package.main.as_str().filter(|main| is_file(main) && (*main != "index.js" || files.has("index.js"))).unwrap_or_default().to_owned();
    to.start_file = to.start_file.trim_start_matches("./").to_owned();
    if to.start_file.is_empty() && !files.has("server.js") {
        match ["index.js", "app.js", "main.js"].into_iter().find(|name| files.has(name)) {
            Some(name) => name.clone_into(&mut to.start_file),
            None => to.notes.push("Set the file that Node.js starts: neither package.json nor the directory names one.".to_owned()),
        }
    }
    if package.has("next") {
        to.notes.push("Next.js has to listen on the socket that PORT names: start it from a file of its own.".to_owned());
    }
}

/// Whether a word names a script below the folder.
fn is_file(main: &str) -> bool {
    let main = main.trim_start_matches("./");
    wire::deploy::StartFile::new(main).is_ok() && [".js", ".mjs", ".cjs"].iter().any(|ending| main.ends_with(ending))
}

fn static_site(files: &Files<'_>, package: Option<&Package>, to: &mut SourceProposal) {
    if let Some(package) = package {
        let manager = Manager::of(files, package);
        let found = GENERATORS.iter().find(|(name, ..)| package.has(name));
        if let Some((_, name, publish)) = found {
            to.found = format!("{name} with {}", manager.name());
            (*publish).clone_into(&mut to.publish);
        } else if package.has_script("build") {
            to.found = format!("{} with a build script", manager.name());
            to.notes.push("Set the directory that the build writes to.".to_owned());
        }
        if found.is_some() || package.has_script("build") {
            to.build_command = manager.command(package.has_script("build"));
            if !package.has_script("build") {
                to.notes.push("package.json has no build script: add the generator's command to the build command.".to_owned());
            }
            return;
        }
    }
    for (name, marks, instead) in [
        ("Hugo", &["hugo.toml", "hugo.yaml", "hugo.json"][..], "Add the npm package hugo-extended to package.json"),
        ("Jekyll", &["_config.yml"], "Commit the built site"),
        ("MkDocs", &["mkdocs.yml"], "Commit the built site"),
        ("mdBook", &["book.toml"], "Commit the built site"),
        ("Zola", &["zola.toml"], "Commit the built site"),
    ] {
        if files.any(marks) {
            name.clone_into(&mut to.found);
            to.notes.push(format!("{name} is not available in the build. {instead}, or upload an archive of it."));
            return;
        }
    }
    if files.has("index.html") {
        return;
    }
    match ["public", "dist", "build", "docs", "_site"].into_iter().find(|name| files.has(&format!("{name}/"))) {
        Some(name) => name.clone_into(&mut to.publish),
        None => to.notes.push("No index.html was found: set the root or publish directory.".to_owned()),
    }
}

/// What installs the packages of a repository.
enum Manager {
    /// With a lock file or without.
    Npm { is_locked: bool },
    /// As a package of the registry, in this version.
    Pnpm(String),
    /// Of the first kind.
    Yarn(String),
    /// Of the present kind.
    YarnModern,
}

impl Manager {
    fn of(files: &Files<'_>, package: &Package) -> Self {
        let asked = package.package_manager.as_str().unwrap_or_default();
        // `pnpm@9.1.0+sha512...`: what is behind the version is for Corepack.
        let version = |name: &str| {
            let version = asked.strip_prefix(name)?.strip_prefix('@')?.split('+').next()?;
            let is_version = version.split('.').count() == 3 && version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            is_version.then(|| version.to_owned())
        };
        if let Some(version) = version("pnpm") {
            Self::Pnpm(version)
        } else if files.has("pnpm-lock.yaml") {
            Self::Pnpm("9".to_owned())
        } else if files.has(".yarnrc.yml") || version("yarn").is_some_and(|version| !version.starts_with("1.")) {
            Self::YarnModern
        } else if files.has("yarn.lock") {
            Self::Yarn(version("yarn").unwrap_or_else(|| "1".to_owned()))
        } else {
            Self::Npm { is_locked: files.any(&["package-lock.json", "npm-shrinkwrap.json"]) }
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Npm { .. } => "npm",
            Self::Pnpm(_) => "pnpm",
            Self::Yarn(_) | Self::YarnModern => "Yarn",
        }
    }

    /// Installs, and builds where there is something to build.
    fn command(&self, builds: bool) -> String {
        let (install, run) = match self {
            Self::Npm { is_locked: true } => ("npm ci".to_owned(), "npm run build".to_owned()),
            Self::Npm { is_locked: false } => ("npm install".to_owned(), "npm run build".to_owned()),
            Self::Pnpm(version) => (format!("npx --yes pnpm@{version} install --frozen-lockfile"), format!("npx --yes pnpm@{version} run build")),
            Self::Yarn(version) => (format!("npx --yes yarn@{version} install --frozen-lockfile"), format!("npx --yes yarn@{version} run build")),
            Self::YarnModern => {
                ("npx --yes @yarnpkg/cli-dist@4 install --immutable".to_owned(), "npx --yes @yarnpkg/cli-dist@4 run build".to_owned())
            }
        };
        if builds { format!("{install} && {run}") } else { install }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn look(stack: Stack, names: &[&str], package: Option<&str>) -> SourceProposal {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        propose(stack, &Looked { commit: "c".repeat(40), names, package: package.map(str::to_owned), host_keys: None })
    }

    #[test]
    fn the_package_manager_is_that_of_the_lock_file_or_the_one_that_package_json_names() {
        let vite = r#"{"scripts":{"build":"vite build"},"devDependencies":{"vite":"^7"}}"#;
        for (lock, command) in [
            ("package-lock.json", "npm ci && npm run build"),
            ("pnpm-lock.yaml", "npx --yes pnpm@9 install --frozen-lockfile && npx --yes pnpm@9 run build"),
            ("yarn.lock", "npx --yes yarn@1 install --frozen-lockfile && npx --yes yarn@1 run build"),
            (".yarnrc.yml", "npx --yes @yarnpkg/cli-dist@4 install --immutable && npx --yes @yarnpkg/cli-dist@4 run build"),
            ("README.md", "npm install && npm run build"),
        ] {
            let found = look(Stack::Static, &["index.html", lock, "src/"], Some(vite));
            assert_eq!((found.build_command.as_str(), found.publish.as_str()), (command, "dist"), "{lock}");
            assert!(found.found.starts_with("Vite with "), "{}", found.found);
        }
        let named = r#"{"packageManager":"pnpm@10.2.1+sha512.abc","scripts":{"build":"x"}}"#;
        assert!(look(Stack::Static, &[], Some(named)).build_command.starts_with("npx --yes pnpm@10.2.1 install"));
        let hostile = r#"{"packageManager":"pnpm@9;reboot","scripts":{"build":"x"}}"#;
        assert_eq!(look(Stack::Static, &[], Some(hostile)).build_command, "npm install && npm run build");
    }

    #[test]
    fn generators_are_known_by_their_package_and_those_that_cannot_run_are_said() {
        for (package, found, publish) in [("@11ty/eleventy", "Eleventy", "_site"), ("astro", "Astro", "dist"), ("hexo", "Hexo", "public")] {
            let package = format!(r#"{{"scripts":{{"build":"x"}},"dependencies":{{"{package}":"1"}}}}"#);
            let proposal = look(Stack::Static, &["package-lock.json"], Some(&package));
            assert_eq!((proposal.found, proposal.publish.as_str()), (format!("{found} with npm"), publish));
        }
        let hugo = look(Stack::Static, &["hugo.toml", "content/"], None);
        assert!(hugo.build_command.is_empty() && hugo.notes[0].starts_with("Hugo is not available in the build."), "{hugo:?}");
    }

    #[test]
    fn plain_files_are_served_as_they_are() {
        let plain = look(Stack::Static, &["index.html", "style.css"], None);
        assert_eq!((plain.found.as_str(), plain.build_command.as_str(), plain.publish.as_str(), plain.notes.len()), ("Plain files", "", "", 0));
        assert_eq!(look(Stack::Static, &["public/", "README.md"], None).publish, "public");
        assert_eq!(look(Stack::Static, &["README.md"], None).notes.len(), 1);
    }

    #[test]
    fn a_node_program_is_started_by_the_file_that_it_names() {
        let start = |names: &[&str], package: &str| look(Stack::Node, names, Some(package)).start_file;
        assert_eq!(start(&["package-lock.json", "dist/"], r#"{"main":"./dist/server.mjs"}"#), "dist/server.mjs");
        assert_eq!(start(&["server.js"], "{}"), "");
        assert_eq!(start(&["app.js"], r#"{"main":"index.js"}"#), "app.js");
        assert_eq!(start(&["x"], r#"{"main":"../../etc/passwd.js"}"#), "");
        assert!(!look(Stack::Node, &["x"], Some("{}")).notes.is_empty());
    }

    #[test]
    fn composer_is_fetched_where_the_repository_has_none_and_npm_is_not_promised_to_php() {
        let laravel = look(Stack::Php, &["artisan", "composer.json", "composer.lock", "public/"], Some(r#"{"scripts":{"build":"vite build"}}"#));
        assert_eq!((laravel.found.as_str(), laravel.publish.as_str()), ("Laravel with Composer", "public"));
        assert!(laravel.build_command.contains("getcomposer.org") && laravel.notes.iter().any(|note| note.starts_with("npm is not available")));
        assert_eq!(look(Stack::Php, &["composer.json", "composer.phar", "index.php"], None).build_command, OWN_COMPOSER);
        assert_eq!(look(Stack::Php, &["composer.json", "vendor/", "index.php"], None).build_command, "");
    }

    proptest! {
        #[test]
        fn whatever_a_repository_has_only_what_can_be_saved_is_suggested(
            names in prop::collection::vec("[a-z./ $;]{1,12}|package-lock.json|yarn.lock|artisan|composer.json|hugo.toml", 0..8),
            main in ".{0,30}", manager in "(pnpm|yarn)@.{0,12}", broken in ".{0,60}",
        ) {
            let package = serde_json::json!({ "main": main, "packageManager": manager, "scripts": { "build": "x" } }).to_string();
            for (stack, package) in [Stack::Static, Stack::Node, Stack::Php].into_iter().flat_map(|stack| [(stack, &package), (stack, &broken)]) {
                let found = propose(stack, &Looked { commit: "c".repeat(40), names: names.clone(), package: Some(package.clone()), host_keys: None });
                let SourceProposal { build_command, publish, start_file, shared, .. } = found;
                let input = model::hosting::deploys::SourceInput { build_command, publish, start_file, shared, ..Default::default() };
                prop_assert!(crate::cloudpods::deploys::rules::checked_build(stack, input).is_ok());
            }
        }
    }
}
