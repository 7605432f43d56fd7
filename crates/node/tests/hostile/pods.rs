//! What must hold of the files of any pod that the server program accepts. The fuzz targets call the same functions.

use super::texts::read_php;
use mpanel_node::foreign::nginx::{self, Line};
use mpanel_node::foreign::{HEAD, Managed, PodNames, database, ini, mount, mount_unit, pages, service, slice, title, vhost};
use wire::message::Failure;
use wire::spec::{ArtifactRef, Database, Limits, NetworkPolicy, PodSpec, PodState, SiteSpec, Stack};
use wire::{ArtifactName, DbName, DomainName, Email, LoginName, PodName, PodUid, Secret, Sha256, SiteName, SiteUrl, Title};

/// Words from outside, before anybody looked at them.
#[derive(Debug, Clone)]
pub struct Words {
    /// `static`, `php`, `node` or WordPress.
    pub stack: u8,
    /// Name of the pod.
    pub pod: String,
    /// Name of its site.
    pub site: String,
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
            database: DbName::new(&words.database).ok()?,
        },
    };
    let databases = match words.stack % 4 {
        1 | 3 => {
            let name = DbName::new(&words.database).ok()?;
            vec![Database { user: name.clone(), name, password: Secret::new(&words.password).ok()? }]
        }
        _ => Vec::new(),
    };
    let [cpu_millis, memory_mb, disk_mb, tasks] = words.limits;
    let site = SiteSpec {
        name: SiteName::new(&words.site).ok()?,
        domains,
        runtime: if matches!(stack, Stack::Static { .. }) { None } else { Some(artifact(&words.runtime)?) },
        source: if wordpress { Some(artifact("wordpress")?) } else { None },
        certificate: None,
        stopped: false,
        settings: Default::default(),
        release: None,
        environment: Vec::new(),
        cron_jobs: Vec::new(),
        sleep_after_minutes: None,
        stack,
    };
    let spec = PodSpec {
        pod: PodName::new(&words.pod).ok()?,
        uid: PodUid::new(PodUid::FIRST).ok()?,
        limits: Limits { cpu_millis, memory_mb, disk_mb, tasks },
        network: NetworkPolicy::Internet,
        state: PodState::Running,
        sites: vec![site],
        databases,
        hand_edits: Default::default(),
    };
    spec.check().is_ok().then_some(spec)
}

/// The same pod with the shortest harmless words: what its files must look like, whatever the words are.
fn plain(spec: &PodSpec) -> PodSpec {
    let mut plain = spec.clone();
    plain.pod = PodName::new("a").expect("a name");
    plain.sites[0].name = SiteName::new("a").expect("a name");
    plain.sites[0].domains = vec![DomainName::new("a.example").expect("a domain")];
    plain.limits = Limits { cpu_millis: 1000, memory_mb: 256, disk_mb: 100, tasks: 60 };
    retitle(&mut plain, "x");
    plain
}

fn retitle(spec: &mut PodSpec, text: &str) {
    let new = Title::new(text).expect("a title");
    match &mut spec.sites[0].stack {
        Stack::Static { title } | Stack::Php { title } | Stack::Node { title } | Stack::Wordpress { title, .. } => *title = new,
    }
}

/// Everything that root writes for a pod.
struct Made {
    files: Vec<Managed>,
    vhost: Managed,
}

fn made(spec: &PodSpec) -> Result<Made, Failure> {
    let (names, site) = (PodNames::of(&spec.pod), &spec.sites[0]);
    let mut files = vec![slice::wanted(&names, &spec.limits)?];
    files.extend(service::wanted(spec, &names, site)?);
    files.extend(spec.runtimes().map(|runtime| Ok(mount(runtime)?.file)).collect::<Result<Vec<_>, Failure>>()?);
    if !spec.databases.is_empty() {
        files.extend(database::wanted(&names)?);
    }
    Ok(Made { files, vhost: vhost::wanted(&names, site, &spec.limits)?.1 })
}

/// Every file of the pod reads back as what was meant, has the shape that it always has, and carries no word of people.
pub fn pod(spec: &PodSpec) {
    let Ok(found) = made(spec) else {
        let runtime = spec.sites[0].runtime.as_ref().map_or("", |runtime| runtime.name.as_str());
        return assert!(!is_php(runtime), "only a runtime that is none of PHP's is refused: {spec:?}");
    };
    let usual = made(&plain(spec)).expect("the plain pod is accepted");
    virtual_host(spec, &found.vhost.text, &usual.vhost.text);
    assert_eq!(found.files.len(), usual.files.len());
    for (file, usual) in found.files.iter().zip(&usual.files) {
        let path = file.path.to_str().expect("paths are text");
        assert!(path.starts_with("/etc/") && !path.contains("..") && !path.contains("//"), "{path}");
        match path.rsplit('/').next().expect("a path has a name") {
            "passwd" | "group" => accounts(&file.text, &usual.text),
            "hosts" => hosts(spec, &file.text),
            "install.php" | "listen.cjs" => assert_eq!(file.text, usual.text),
            _ => sections(&file.text, &usual.text),
        }
    }
    without_words_of_people(spec, &found);
    starter_pages(spec);
    spec.runtimes().for_each(mount_units);
}

/// `php8.2`.
fn is_php(runtime: &str) -> bool {
    let figures = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    runtime.strip_prefix("php").and_then(|version| version.split_once('.')).is_some_and(|(major, minor)| figures(major) && figures(minor))
}

fn virtual_host(spec: &PodSpec, text: &str, usual: &str) {
    let (lines, usual) = (nginx::parse(text).expect("it reads back"), nginx::parse(usual).expect("it reads back"));
    assert_eq!(nginx::render(HEAD, &lines).as_deref(), Ok(text));
    same_shape(&lines, &usual);
    let (names, site) = (PodNames::of(&spec.pod), &spec.sites[0]);
    for line in lines[0].lines() {
        match line.words()[0].as_str() {
            "server_name" => assert!(line.words()[1..].iter().map(String::as_str).eq(spec.domains().map(DomainName::as_str))),
            "root" => assert_eq!(line.words()[1], names.site_home(&site.name).join("public").display().to_string()),
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
    assert!(names.iter().copied().eq(spec.domains().map(DomainName::as_str)), "{text}");
}

/// Title, addresses and passwords change nothing in the files that root writes.
fn without_words_of_people(spec: &PodSpec, found: &Made) {
    let mut other = spec.clone();
    retitle(&mut other, "x");
    if let Stack::Wordpress { admin_email, admin_user, admin_password, .. } = &mut other.sites[0].stack {
        *admin_email = Email::new("a@b.example").expect("an address");
        *admin_user = LoginName::new("a").expect("a name");
        *admin_password = Secret::new("12345678").expect("a password");
    }
    for database in &mut other.databases {
        database.password = Secret::new("0123456789abcdef").expect("a password");
    }
    let other = made(&other).expect("it was accepted before");
    assert_eq!(other.vhost, found.vhost);
    assert_eq!(other.files, found.files);
}

/// The title arrives exactly in each of the pages, and opens nothing there.
fn starter_pages(spec: &PodSpec) {
    let (text, page) = (spec.sites[0].stack.title().as_str(), pages::static_page(spec.sites[0].stack.title()));
    assert_eq!(title(&page).as_deref(), Some(text.trim()));
    assert_eq!(page.matches('<').count(), pages::static_page(&Title::new("x").expect("a title")).matches('<').count(), "{page}");
    let php = pages::php_page(spec.sites[0].stack.title());
    let literal = php.split_once("htmlspecialchars(").and_then(|(_, rest)| rest.split_once(", ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');\n?>\n"));
    assert_eq!(literal.and_then(|(literal, _)| read_php(literal)).as_deref(), Some(text));
    let program = pages::node_program(spec.sites[0].stack.title());
    let literal = program.lines().find_map(|line| line.strip_prefix("const title = ")?.strip_suffix(';'));
    assert_eq!(literal.and_then(|literal| serde_json::from_str::<String>(literal).ok()).as_deref(), Some(text));
    for database in &spec.databases {
        let file = pages::wordpress_database(database, false);
        let defined: Vec<String> =
            file.lines().filter_map(|line| read_php(line.strip_prefix("define(")?.split_once(", ")?.1.strip_suffix(");")?)).collect();
        assert_eq!(defined[..3], [database.name.as_str(), database.user.as_str(), database.password.expose()]);
        assert_eq!(defined.len(), 6);
    }
}

/// systemd takes a mount unit only under the name that its path gives: reading the name back gives the path.
fn mount_units(runtime: &ArtifactRef) {
    let mount = mount(runtime).expect("it was made before");
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
