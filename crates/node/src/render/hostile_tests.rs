use proptest::prelude::*;
use wire::cron::{CronCommand, CronJob, CronJobKey, CronSchedule};
use wire::environment::{Variable, VariableName, VariableValue};
use wire::http_rules::{HeaderName, HeaderValue, Redirect, RedirectFrom, RedirectTo, ResponseHeader};
use wire::settings::{ErrorPages, IndexFile, PagePath, PasswordHash, PhpSettings, Protection, RootFolder};
use wire::spec::{Limits, SiteSpec, Stack};
use wire::{DbName, DomainName, Email, LoginName, PodName, Secret, SiteName, SiteUrl, Title};

use super::ini::{self, Ini};
use super::nginx::{self, block, line};
use super::{environment, escape, pages, php_fpm, serving, unit, vhost};
use crate::host::http;
use crate::host::names::PodNames;

/// Words that try to become something else.
const HOSTILE: &[&str] = &[
    "$(reboot)",
    "`id`",
    "a;b",
    "-rf",
    "../../etc/passwd",
    "C:\\x\\",
    "it's",
    "\"q\"",
    "</title><script>alert(1)</script>",
    "<?php phpinfo();",
    "?>",
    "${jndi}",
    "#",
    "{",
    "}",
    "a b",
    "\u{202e}gnp",
    "\u{5d0}\u{5d1}",
    "&amp;",
    "&#39;",
    "\\u0041",
    "%n",
];

const LIMITS: Limits = Limits { cpu_millis: 1000, memory_mb: 256, disk_mb: 200, tasks: 60 };

fn site(stack: Stack) -> SiteSpec {
    let domain = |name: &str| DomainName::new(name).unwrap();
    let domains = vec![domain("a.example.test"), domain("b.example.test")];
    SiteSpec {
        name: SiteName::new("main").unwrap(),
        domains,
        stack,
        runtime: None,
        source: None,
        certificate: None,
        stopped: false,
        settings: Default::default(),
        release: None,
        environment: Vec::new(),
        cron_jobs: Vec::new(),
        sleep_after_minutes: None,
    }
}

fn vhost_of(stack: Stack) -> vhost::Vhost {
    vhost::vhost(&PodNames::of(&PodName::new("a-b").unwrap()), &site(stack), &LIMITS, true).unwrap()
}

#[test]
fn a_hostile_title_arrives_exactly_in_the_static_page() {
    for text in HOSTILE {
        let page = pages::static_page(&Title::new(*text).unwrap());
        assert_eq!(http::title(&page).as_deref(), Some(*text));
        assert!(!page.contains("<script>"), "{page}");
    }
}

#[test]
fn control_characters_are_refused_by_every_builder() {
    for text in ["a\nb", "a\rb", "a\0b", "a\u{7f}b", "a\u{85}b"] {
        assert!(Ini::new().section("A").key("k", text).render("x").is_err(), "{text:?}");
        assert!(nginx::render("x", &[line(["root", text])]).is_err(), "{text:?}");
    }
}

#[test]
fn a_value_that_would_go_on_in_the_next_line_is_refused() {
    assert!(Ini::new().section("A").key("k", "v\\").key("l", "w").render("x").is_err());
    assert!(Ini::new().section("A").key("k", " v").render("x").is_err());
}

#[test]
fn hostile_words_stay_one_word_for_nginx() {
    for text in HOSTILE {
        let lines = vec![block(["server"], vec![line(["root", text])])];
        let rendered = nginx::render("x", &lines).unwrap();
        assert_eq!(nginx::parse(&rendered).unwrap(), lines, "{rendered}");
    }
    let long = "x".repeat(10_000);
    assert!(nginx::render("x", &[line(["root", &long])]).is_ok());
}

#[test]
fn what_is_not_nginx_does_not_parse() {
    for text in ["a", "a {", "}", "a { b; ", "; a;", "a \"b", "{}", "a b'c;"] {
        assert!(nginx::parse(text).is_none(), "{text}");
    }
}

#[test]
fn a_virtual_host_never_carries_the_title_and_names_its_domains() {
    let title = Title::new("}; return 200 pwned; #").unwrap();
    let found = vhost_of(Stack::Static { title });
    assert!(!found.text.contains("pwned"));
    let lines = nginx::parse(&found.text).unwrap();
    let server: Vec<_> = lines[0].lines().iter().map(|l| l.words().join(" ")).collect();
    assert!(server.contains(&"server_name a.example.test b.example.test".to_owned()), "{server:?}");
    assert!(server.iter().any(|l| l.starts_with("disable_symlinks if_not_owner")), "{server:?}");
    assert!(found.text.contains(&found.mark));
}

#[test]
fn the_mark_changes_with_the_virtual_host() {
    let title = || Title::new("x").unwrap();
    let one = vhost_of(Stack::Static { title: title() });
    let other = vhost_of(Stack::Php { title: title() });
    assert_ne!(one.mark, other.mark);
}

/// Reads a PHP string literal as PHP does within single quotes.
fn read_php(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut out = String::new();
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => return None,
            '\\' => match chars.next_if(|next| *next == '\'' || *next == '\\') {
                Some(next) => out.push(next),
                None => return None,
            },
            other => out.push(other),
        }
    }
    Some(out)
}

proptest! {
    #[test]
    fn any_text_survives_php(text in "\\PC*") {
        let read = read_php(&escape::php(&text));
        prop_assert_eq!(read.as_deref(), Some(text.as_str()));
    }

    #[test]
    fn any_text_survives_javascript(text in ".*") {
        let literal = escape::javascript(&text);
        prop_assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), text);
        prop_assert!(!literal.contains('<'));
    }

    #[test]
    fn any_words_survive_nginx(words in prop::collection::vec("\\PC{0,20}", 1..6), inner in "\\PC{0,20}") {
        let lines = vec![block(words, vec![line([inner.as_str(), "x"])])];
        let rendered = nginx::render("x", &lines).unwrap();
        prop_assert_eq!(nginx::parse(&rendered), Some(lines));
    }

    #[test]
    fn any_value_survives_an_ini_file_or_is_refused(key in "[A-Za-z]{1,9}", value in ".{0,30}") {
        let ini = Ini::new().section("S").key(&key, &value);
        if let Ok(text) = ini.render("x") {
            prop_assert_eq!(ini::parse(&text), Some(ini));
        }
    }

    #[test]
    fn any_value_of_a_variable_survives_its_file(value in "(\\PC|[\n\t\"\\\\$#;'`%=]){0,40}") {
        let Ok(value) = VariableValue::new(value) else { return Ok(()) };
        let variables = [Variable { name: VariableName::new("A").unwrap(), value }, Variable { name: VariableName::new("B").unwrap(), value: VariableValue::new("").unwrap() }];
        let expected: Vec<_> = variables.iter().map(|one| (one.name.to_string(), one.value.expose().to_owned())).collect();
        prop_assert_eq!(environment::parse(&environment::file(&variables)), Some(expected));
    }

    #[test]
    fn any_title_arrives_in_html(text in "\\PC{1,60}") {
        let page = format!("<title>{}</title>", escape::html(&text));
        let found = http::title(&page);
        prop_assert_eq!(found.as_deref(), Some(text.trim()));
    }
}

#[test]
fn a_static_site_is_served_from_its_folder_with_its_index_files_and_its_front_page_for_what_is_not_there() {
    let mut site = site(Stack::Static { title: Title::new("x").unwrap() });
    let text = |site: &SiteSpec| vhost::vhost(&PodNames::of(&PodName::new("a-b").unwrap()), site, &LIMITS, true).unwrap().text;
    assert!(text(&site).contains("=404") && text(&site).contains("sites/main/public;"));
    site.settings.document_root = Some(RootFolder::new("web/dist").unwrap());
    site.settings.index_files = vec![IndexFile::new("start.html").unwrap()];
    site.settings.spa_fallback = true;
    let set = text(&site);
    assert!(set.contains("sites/main/public/web/dist;") && set.contains("index start.html;"), "{set}");
    assert!(set.contains("try_files $uri $uri/ /start.html;"), "{set}");
}

#[test]
fn what_php_allows_stands_in_its_configuration_and_nginx_takes_as_much() {
    let names = PodNames::of(&PodName::new("a-b").unwrap());
    let mut site = site(Stack::Php { title: Title::new("x").unwrap() });
    site.settings.php = PhpSettings { memory_limit_mb: Some(96), max_upload_mb: Some(128), max_execution_seconds: Some(300), display_errors: true };
    let fpm = php_fpm::fpm(&names, &site.name, &LIMITS, &site.settings.php, &site.environment).unwrap();
    for line in [
        "php_value[memory_limit]=96M",
        "php_value[upload_max_filesize]=128M",
        "php_value[post_max_size]=128M",
        "php_value[max_execution_time]=300",
        "request_terminate_timeout=300s",
        "php_flag[display_errors]=on",
    ] {
        assert!(fpm.lines().any(|found| found == line), "{line}: {fpm}");
    }
    let vhost = vhost::vhost(&names, &site, &LIMITS, true).unwrap().text;
    assert!(vhost.contains("client_max_body_size 128m;") && vhost.contains("fastcgi_read_timeout 300s;"), "{vhost}");
}

#[test]
fn variables_reach_php_by_their_names_and_no_value_stands_in_its_configuration() {
    let names = PodNames::of(&PodName::new("a-b").unwrap());
    let variable =
        Variable { name: VariableName::new("API_KEY").unwrap(), value: VariableValue::new("\"; php_admin_value[open_basedir]=/").unwrap() };
    let fpm = php_fpm::fpm(&names, &SiteName::new("main").unwrap(), &LIMITS, &PhpSettings::default(), &[variable]).unwrap();
    assert!(fpm.lines().any(|line| line == "env[API_KEY]=$API_KEY") && !fpm.contains("open_basedir"), "{fpm}");
}

#[test]
fn a_command_stands_in_no_unit_of_its_job() {
    let names = PodNames::of(&PodName::new("a-b").unwrap());
    let site = SiteName::new("main").unwrap();
    let job = CronJob {
        key: CronJobKey::new("j1").unwrap(),
        schedule: CronSchedule::new("0 3 13 * fri").unwrap(),
        command: CronCommand::new("x; ExecStartPre=+/bin/id").unwrap(),
        limit_seconds: 600,
    };
    let program = unit::Program { names: &names, site: &site, root: "/srv/runtimes/x".as_ref(), database: true, node: false };
    let (service, timer) = (unit::cron_job(&program, &job, &names.site_home(&site), &[]).unwrap(), unit::timer(&names, &site, &job).unwrap());
    assert!(!service.contains("ExecStartPre") && service.contains("ExecStart=/run/confine job 600 /run/pod/job-j1\n"), "{service}");
    assert!(service.contains("User=p-a-b\n") && service.contains("Slice=pods-a_b.slice\n") && service.contains("NoNewPrivileges=yes\n"), "{service}");
    assert_eq!(timer.lines().filter(|line| line.starts_with("OnCalendar=")).count(), 2, "either day: {timer}");
    assert!(timer.contains("\nRandomizedDelaySec=30\nFixedRandomDelay=yes\n"), "{timer}");
}

#[test]
fn redirects_and_headers_stand_in_the_virtual_host_word_for_word_behind_its_gate() {
    let mut site = site(Stack::Php { title: Title::new("x").unwrap() });
    let redirect =
        |from: &str, below, to: &str| Redirect { from: RedirectFrom::new(from).unwrap(), below, to: RedirectTo::new(to).unwrap(), status: 308 };
    site.settings.redirects = vec![redirect("/old", false, "/new"), redirect("/blog/", true, "https://example.com/?a=b")];
    let value = "default-src 'self'; img-src \"x\" {a} # }";
    site.settings.headers =
        vec![ResponseHeader { name: HeaderName::new("Content-Security-Policy").unwrap(), value: HeaderValue::new(value).unwrap() }];
    let text = vhost::vhost(&PodNames::of(&PodName::new("a-b").unwrap()), &site, &LIMITS, true).unwrap().text;
    let lines = nginx::parse(&text).unwrap();
    let header = lines[0].lines().iter().find(|line| line.words()[0] == "add_header").unwrap();
    assert_eq!(header.words(), ["add_header", "Content-Security-Policy", value, "always"]);
    for (location, answer) in [("location = /old", "return 308 /new$is_args$args"), ("location ^~ /blog/", "return 308 https://example.com/?a=b")] {
        let found = lines[0].lines().iter().find(|line| line.words().join(" ") == location).unwrap();
        let words: Vec<String> = found.lines().iter().map(|line| line.words().join(" ")).collect();
        assert!(words[0].starts_with("error_page 503") && words[1].starts_with("if (-f ") && words.last().unwrap() == answer, "{words:?}");
    }
}

fn lines_of(site: &SiteSpec, location: &str) -> Vec<String> {
    let text = vhost::vhost(&PodNames::of(&PodName::new("a-b").unwrap()), site, &LIMITS, true).unwrap().text;
    let servers = nginx::parse(&text).unwrap();
    let found = servers[0].lines().iter().find(|line| line.words().join(" ") == location).unwrap_or_else(|| panic!("{location} in {text}"));
    found.lines().iter().map(|line| line.words().join(" ")).collect()
}

#[test]
fn a_password_stands_before_everything_of_the_site_and_before_nothing_else() {
    let mut site = site(Stack::Php { title: Title::new("x").unwrap() });
    let password_hash = PasswordHash::new(format!("$6$rounds=1000$saltsaltsaltsalt${}", "a".repeat(86))).unwrap();
    site.settings.protection = Some(Protection { user: LoginName::new("ana").unwrap(), password_hash });
    let asks = |location: &str| lines_of(&site, location).iter().any(|line| line.starts_with("auth_basic "));
    assert!(asks("location /") && asks(r"location ~ \.php$"));
    for open in ["location @closed", "location ^~ /.well-known/acme-challenge/", "location = /.well-known/mpanel-config"] {
        assert!(!asks(open), "{open}");
    }
    assert!(lines_of(&site, r"location ~ \.php$").contains(&"fastcgi_param HTTP_AUTHORIZATION ".to_owned()), "PHP does not learn it");
    let text = vhost::vhost(&PodNames::of(&PodName::new("a-b").unwrap()), &site, &LIMITS, true).unwrap().text;
    assert!(!text.contains("aaaa") && !text.contains("ana"), "{text}");
    // Where to visitors are sent is behind it too.
    site.settings.redirects =
        vec![Redirect { from: RedirectFrom::new("/old").unwrap(), below: false, to: RedirectTo::new("/new").unwrap(), status: 302 }];
    let old = lines_of(&site, "location = /old");
    assert!(old.iter().any(|line| line.starts_with("auth_basic ")) && !old.iter().any(|line| line.starts_with("return")), "{old:?}");
    assert_eq!(old.last().unwrap(), "try_files /.none @redirect0");
    assert_eq!(lines_of(&site, "location @redirect0").last().unwrap(), "return 302 /new$is_args$args");
}

#[test]
fn a_virtual_host_says_whether_answers_are_kept_and_one_that_cannot_be_read_may() {
    let mut site = site(Stack::Php { title: Title::new("x").unwrap() });
    let text = |site: &SiteSpec| vhost::vhost(&PodNames::of(&PodName::new("a-b").unwrap()), site, &LIMITS, true).unwrap().text;
    assert!(!serving::keeps_answers(&text(&site)));
    site.settings.micro_cache_seconds = Some(10);
    assert!(serving::keeps_answers(&text(&site)) && serving::keeps_answers("server {"));
}

#[test]
fn what_is_tried_out_is_tried_as_the_web_servers_own_user() {
    let text = vhost::trial("/run/mpanel/trial1".as_ref()).unwrap();
    assert_eq!(nginx::parse(&text).unwrap()[0].words(), ["user", "www-data"]);
}

#[test]
fn an_answer_that_may_be_somebodys_own_is_neither_kept_nor_taken_from_what_is_kept() {
    let mut site = site(Stack::Wordpress {
        title: Title::new("x").unwrap(),
        admin_email: Email::new("ana@example.test").unwrap(),
        admin_user: LoginName::new("ana").unwrap(),
        admin_password: Secret::new("a good one").unwrap(),
        url: SiteUrl::new("http://a.example.test").unwrap(),
        database: DbName::new("x").unwrap(),
    });
    let php = r"location ~ \.php$";
    assert!(!lines_of(&site, php).iter().any(|line| line.starts_with("fastcgi_cache")), "off unless it is asked for");
    site.settings.micro_cache_seconds = Some(10);
    let lines = lines_of(&site, php);
    for line in [
        "fastcgi_cache_valid 200 301 404 10s",
        "fastcgi_cache_bypass $mpanel_cookies $mpanel_unusual $mpanel_body $mpanel_afresh",
        "fastcgi_no_cache $mpanel_cookies $mpanel_unusual $mpanel_body $mpanel_private",
    ] {
        assert!(lines.iter().any(|found| found == line), "{line}: {lines:?}");
    }
    let text = vhost::vhost(&PodNames::of(&PodName::new("a-b").unwrap()), &site, &LIMITS, true).unwrap().text;
    assert!(text.contains("\nfastcgi_cache_path /srv/pods/a-b/web/main.cache ") && text.contains("max_size=4m"), "a part of the pod's disk: {text}");
}

#[test]
fn with_a_page_for_failures_what_php_says_of_itself_with_503_and_404_is_its_own() {
    let mut site = site(Stack::Php { title: Title::new("x").unwrap() });
    let page = |path: &str| Some(PagePath::new(path).unwrap());
    site.settings.error_pages = ErrorPages { not_found: page("/404.html"), failed: page("/errors/50x.html") };
    let php = lines_of(&site, r"location ~ \.php$");
    assert!(
        php.contains(&"fastcgi_intercept_errors on".to_owned()) && php.contains(&"error_page 500 502 504 /errors/50x.html".to_owned()),
        "{php:?}"
    );
    assert!(!php.iter().any(|line| line.starts_with("error_page 404") || line.starts_with("error_page 503")), "{php:?}");
    assert!(php.contains(&"try_files $uri @missing".to_owned()), "{php:?}");
    assert_eq!(lines_of(&site, "location @missing")[2..], ["error_page 404 /404.html", "return 404"]);
    site.settings.error_pages.failed = None;
    let php = lines_of(&site, r"location ~ \.php$");
    assert!(php.contains(&"error_page 404 /404.html".to_owned()) && !php.iter().any(|line| line.starts_with("fastcgi_intercept")), "{php:?}");
}
