//! What must hold of the files of any pod that the server program accepts. The fuzz targets call the same functions.

use super::texts::read_php;
use mpanel_node::foreign::nginx::{self, Line};
use mpanel_node::foreign::{Account, Desired, Managed, Names, desired, ini, mount_unit, pages, title};
use wire::spec::{ArtifactRef, Database, Limits, PodSpec, PodState, Stack};
use wire::{ArtifactName, DbName, DomainName, Email, LoginName, PodName, Secret, Sha256, SiteUrl, Title};

/// Words from outside, before anybody looked at them.
#[derive(Debug, Clone)]
pub struct Words {
    /// `static`, `php`, `node` or WordPress.
    pub stack: u8,
    /// Name of the pod.
    pub pod: String,
    /// Its domains.
    pub domains: Vec<String>,
    /// Its title.
    pub title: String,
    /// Name of its runtime.
    pub runtime: String,
    /// Name of its database and of the user.
    pub database: String,
    /// Password of both users.
    pub password: String,
    /// Address of the first user.
    pub email: String,
    /// Name of the first user.
    pub user: String,
    /// Its figures.
    pub limits: [u32; 4],
}

/// The pod that these words describe, when each of them is accepted and all of them together.
pub fn described(words: &Words) -> Option<PodSpec> {
    let sha256 = || Sha256::new("5".repeat(64)).ok();
    let artifact = |name: &str| Some(ArtifactRef { name: ArtifactName::new(name).ok()?, sha256: sha256()? });
    let domains: Option<Vec<DomainName>> = words.domains.iter().map(|domain| DomainName::new(domain).ok()).collect();
    let domains = domains?;
    let title = Title::new(&words.title).ok()?;
    let wordpress = words.stack % 4 == 3;
    let stack = match words.stack % 4 {
        0 => Stack::Static { title },
        1 => Stack::Php { title },
        2 => Stack::Node { title },
        _ => Stack::Wordpress {
            title,
            admin_email: Email::new(&words.email).ok()?,
            admin_user: LoginName::new(&words.user).ok()?,
            admin_password: Secret::new(&words.password).ok()?,
            url: SiteUrl::new(format!("https://{}", domains.first()?)).ok()?,
        },
    };
    let database = match words.stack % 4 {
        1 | 3 => {
            let name = DbName::new(&words.database).ok()?;
            Some(Database { user: name.clone(), name, password: Secret::new(&words.password).ok()? })
        }
        _ => None,
    };
    let [cpu_millis, memory_mb, disk_mb, tasks] = words.limits;
    let spec = PodSpec {
        pod: PodName::new(&words.pod).ok()?,
        domains,
        runtime: if matches!(stack, Stack::Static { .. }) { None } else { Some(artifact(&words.runtime)?) },
        app: if wordpress { Some(artifact("wordpress")?) } else { None },
        limits: Limits { cpu_millis, memory_mb, disk_mb, tasks },
        database,
        state: PodState::Running,
        stack,
    };
    spec.check().is_ok().then_some(spec)
}

/// The same pod with the shortest harmless words: what its files must look like, whatever the words are.
fn plain(spec: &PodSpec) -> PodSpec {
    let mut plain = spec.clone();
    plain.pod = PodName::new("a").expect("a name");
    plain.domains = vec![DomainName::new("a.example").expect("a domain")];
    plain.limits = Limits { cpu_millis: 1000, memory_mb: 256, disk_mb: 100, tasks: 60 };
    retitle(&mut plain, "x");
    plain
}

fn retitle(spec: &mut PodSpec, text: &str) {
    let new = Title::new(text).expect("a title");
    match &mut spec.stack {
        Stack::Static { title } | Stack::Php { title } | Stack::Node { title } | Stack::Wordpress { title, .. } => *title = new,
    }
}

fn files(desired: &Desired) -> Vec<&Managed> {
    let mount = desired.mount.iter().map(|mount| &mount.file);
    std::iter::once(&desired.slice).chain(mount).chain(desired.service.iter().flat_map(|service| &service.files)).collect()
}

/// Every file of the pod reads back as what was meant, has the shape that it always has, and carries no word of people.
pub fn pod(spec: &PodSpec) {
    let account = Account { uid: 20_001, gid: 20_001, home: String::new(), shell: String::new() };
    let Ok(made) = desired(spec, Some(&account)) else {
        let runtime = spec.runtime.as_ref().map_or("", |runtime| runtime.name.as_str());
        return assert!(!is_php(runtime), "only a runtime that is none of PHP's is refused: {spec:?}");
    };
    let usual = desired(&plain(spec), Some(&account)).expect("the plain pod is accepted");
    virtual_host(spec, &made.vhost.text, &usual.vhost.text);
    assert_eq!(files(&made).len(), files(&usual).len());
    for (file, usual) in files(&made).into_iter().zip(files(&usual)) {
        let path = file.path.to_str().expect("paths are text");
        assert!(path.starts_with("/etc/") && !path.contains("..") && !path.contains("//"), "{path}");
        match path.rsplit('/').next().expect("a path has a name") {
            "passwd" | "group" => accounts(&file.text, &usual.text),
            "hosts" => hosts(spec, &file.text),
            "install.php" => assert_eq!(file.text, usual.text),
            _ => sections(&file.text, &usual.text),
        }
    }
    without_words_of_people(spec, &account, &made);
    starter_pages(spec);
    mount_units(&made);
}

/// `php8.2`.
fn is_php(runtime: &str) -> bool {
    let figures = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    runtime.strip_prefix("php").and_then(|version| version.split_once('.')).is_some_and(|(major, minor)| figures(major) && figures(minor))
}

fn virtual_host(spec: &PodSpec, text: &str, usual: &str) {
    let (lines, usual) = (nginx::parse(text).expect("it reads back"), nginx::parse(usual).expect("it reads back"));
    assert_eq!(nginx::render("Written by mPanel. Manual changes will be overwritten.", &lines).as_deref(), Ok(text));
    same_shape(&lines, &usual);
    let home = Names::of(&spec.pod).home().display().to_string();
    for line in lines[0].lines() {
        match line.words()[0].as_str() {
            "server_name" => assert!(line.words()[1..].iter().map(String::as_str).eq(spec.domains.iter().map(DomainName::as_str))),
            "root" => assert_eq!(line.words()[1], format!("{home}/public")),
            _ => {}
        }
    }
}

/// The same directives in the same order and depth; only the words behind their names may differ.
fn same_shape(lines: &[Line], usual: &[Line]) {
    assert_eq!(lines.len(), usual.len(), "{lines:?}");
    for (line, usual) in lines.iter().zip(usual) {
        assert_eq!(line.words()[0], usual.words()[0]);
        assert!(line.words()[0] == "server_name" || line.words().len() == usual.words().len(), "{line:?}");
        same_shape(line.lines(), usual.lines());
    }
}

fn sections(text: &str, usual: &str) {
    let keys = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with(['#', ';']));
        lines.map(|line| line.split_once('=').map_or(line, |(key, _)| key).to_owned()).collect()
    };
    assert_eq!(keys(text), keys(usual), "the same sections and keys in the same order");
    assert!(ini::parse(text).is_some());
    for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
        let plain = |c: char| c.is_ascii_alphanumeric() || " ._:/=-@,[]".contains(c) || (c == '%' && key == "CPUQuota");
        assert!(value.chars().all(plain), "{key}={value}: systemd and PHP give other signs a meaning");
    }
}

fn accounts(text: &str, usual: &str) {
    let shape = |text: &str| -> Vec<usize> { text.lines().map(|line| line.matches(':').count()).collect() };
    assert_eq!(shape(text), shape(usual), "{text}");
    assert_eq!(text.matches(":0:").count(), usual.matches(":0:").count(), "nobody else is root: {text}");
}

fn hosts(spec: &PodSpec, text: &str) {
    let names: Vec<&str> = text.lines().skip(2).map(|line| line.strip_prefix("127.0.0.1 ").expect("every name leads to itself")).collect();
    assert!(names.iter().copied().eq(spec.domains.iter().map(DomainName::as_str)), "{text}");
}

/// Title, addresses and passwords change nothing in the files that root writes.
fn without_words_of_people(spec: &PodSpec, account: &Account, made: &Desired) {
    let mut other = spec.clone();
    retitle(&mut other, "x");
    if let Stack::Wordpress { admin_email, admin_user, admin_password, .. } = &mut other.stack {
        *admin_email = Email::new("a@b.example").expect("an address");
        *admin_user = LoginName::new("a").expect("a name");
        *admin_password = Secret::new("12345678").expect("a password");
    }
    if let Some(database) = &mut other.database {
        database.password = Secret::new("0123456789abcdef").expect("a password");
    }
    let other = desired(&other, Some(account)).expect("it was accepted before");
    assert_eq!((&other.vhost.text, &other.vhost.mark), (&made.vhost.text, &made.vhost.mark));
    assert_eq!(files(&other), files(made));
}

/// The title arrives exactly in each of the pages, and opens nothing there.
fn starter_pages(spec: &PodSpec) {
    let (text, page) = (spec.stack.title().as_str(), pages::static_page(spec.stack.title()));
    assert_eq!(title(&page).as_deref(), Some(text.trim()));
    assert_eq!(page.matches('<').count(), pages::static_page(&Title::new("x").expect("a title")).matches('<').count(), "{page}");
    let php = pages::php_page(spec.stack.title());
    let literal = php.split_once("htmlspecialchars(").and_then(|(_, rest)| rest.split_once(", ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');\n?>\n"));
    assert_eq!(literal.and_then(|(literal, _)| read_php(literal)).as_deref(), Some(text));
    let program = pages::node_program(spec.stack.title());
    let literal = program.lines().find_map(|line| line.strip_prefix("const title = ")?.strip_suffix(';'));
    assert_eq!(literal.and_then(|literal| serde_json::from_str::<String>(literal).ok()).as_deref(), Some(text));
    if let Some(database) = &spec.database {
        let file = pages::wordpress_database(database);
        let defined: Vec<String> =
            file.lines().filter_map(|line| read_php(line.strip_prefix("define(")?.split_once(", ")?.1.strip_suffix(");")?)).collect();
        assert_eq!(defined[..3], [database.name.as_str(), database.user.as_str(), database.password.expose()]);
        assert_eq!(defined.len(), 6);
    }
}

/// systemd takes a mount unit only under the name that its path gives: reading the name back gives the path.
fn mount_units(made: &Desired) {
    let Some(mount) = &made.mount else { return };
    let name = mount.unit.strip_suffix(".mount").expect("a mount unit");
    assert_eq!(name, mount_unit(&mount.root).trim_end_matches(".mount"));
    let mut path = String::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let (sign, length) = match first {
            '-' => ('/', 1),
            '\\' => (char::from(u8::from_str_radix(&rest[2..4], 16).expect("two digits")), 4),
            other => (other, 1),
        };
        path.push(sign);
        rest = &rest[length..];
    }
    assert_eq!(format!("/{path}"), mount.root.display().to_string());
}
