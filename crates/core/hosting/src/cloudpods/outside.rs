//! A site as a visitor gets it: over HTTP, from outside, by its own name.

use super::{
    queries::{PodFacts, ServerFacts, SiteFacts},
    reconcile,
};
use engine::Services;
use model::{administration::servers::ServerDriver, hosting::cloudpods::DesiredState};
use std::{net::SocketAddr, time::Duration};
use wire::{PodName, SiteName, html, settings::REALM, verb::SiteVisit};

/// Most bytes of a page that are read.
const PAGE_MOST: usize = 256 * 1024;
/// Redirects on the same host that are followed: WordPress likes one.
const REDIRECTS_MOST: usize = 3;
const TIMEOUT: Duration = Duration::from_secs(10);
/// Title of the page that the web server of a suspended pod shows.
const NEUTRAL_TITLE: &str = "Temporarily unavailable";
/// How long a server may take to say what is behind a site's password.
const BEHIND_TIMEOUT: Duration = Duration::from_secs(30);

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A page.
    Page {
        /// HTTP status.
        status: u16,
        /// Its title.
        title: Option<String>,
        /// Whether it says when to come again.
        retry_after: bool,
    },
    /// No answer; the reason.
    Nothing(String),
}

impl Seen {
    /// Whether this is the page that was asked for. A title with `&amp;` in it is shown as it is by one application, as `&` by another.
    pub(super) fn is_site(&self, title: &str) -> bool {
        let Seen::Page { status: 200, title: Some(found), .. } = self else { return false };
        [spelled(title), spelled(&html::unescape(title))].iter().any(|wanted| !wanted.is_empty() && found.contains(wanted.as_str()))
    }

    /// Whether visitors get a page that is not that of a suspended site. What the site says is its own: it may be out of order as it was before.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Seen::Page { .. }) && !self.is_suspension_page()
    }

    /// Whether nothing of the site is served: no answer, no such site, or nobody behind the web server.
    pub(super) fn is_offline(&self) -> bool {
        matches!(self, Seen::Nothing(_) | Seen::Page { status: 404 | 502..=504, .. })
    }

    /// Whether something of the site itself is served: its program has answered, or a file was looked for.
    pub(super) fn is_up(&self) -> bool {
        self.is_open() && !matches!(self, Seen::Page { status: 502..=504, .. })
    }

    /// Whether the site has what was asked for.
    pub(super) fn is_well(&self) -> bool {
        matches!(self, Seen::Page { status: ..400, .. })
    }

    /// Whether visitors get the page of a suspended site.
    pub(super) fn is_suspension_page(&self) -> bool {
        matches!(self, Seen::Page { status: 503, retry_after: true, .. })
    }

    /// Whether that page is the web server's own, by its title too: an application in maintenance may send the same status with a page of its own.
    pub(super) fn is_neutral_page(&self) -> bool {
        self.is_suspension_page() && matches!(self, Seen::Page { title: Some(title), .. } if title == NEUTRAL_TITLE)
    }

    /// In words.
    pub(super) fn describe(&self) -> String {
        match self {
            Seen::Page { status, title: Some(title), .. } => format!("HTTP {status}, title \"{title}\""),
            Seen::Page { status, title: None, .. } => format!("HTTP {status}, no title"),
            Seen::Nothing(reason) => reason.clone(),
        }
    }
}

/// Fetches the front page of the pod's site from where its server answers for visitors.
pub(super) async fn look(services: &Services, pod: &PodFacts, server: &ServerFacts) -> Seen {
    let seen = look_at(services, pod, server, pod.front()).await;
    match seen {
        // While the pod is to run, the neutral page of sites that are all stopped is theirs, and not that of a suspension.
        Seen::Page { status: 503, title, .. } if pod.is_all_stopped() && pod.desired_state == DesiredState::Running => {
            Seen::Page { status: 503, title, retry_after: false }
        }
        seen => seen,
    }
}

/// Fetches the front page of the pod's site by this name. Where visitors have to say a password, which nobody here knows, its server says what is
/// behind it, and nothing is seen where it does not say so.
pub(super) async fn look_at(services: &Services, pod: &PodFacts, server: &ServerFacts, name: &str) -> Seen {
    let host = match services.settings.site_port {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    };
    let authority = authority(&server.site_address, services.settings.site_port.filter(|_| server.driver == ServerDriver::Simulated));
    // A site that sends visitors to HTTPS by itself, without a certificate of ours, is its owner's affair.
    let is_https = pod.sites.iter().any(|site| site.certificate.as_ref().is_some_and(|found| found.redirect));
    let protected = pod.sites.iter().find(|site| site.config.protection.is_some() && site.domains.iter().any(|domain| domain == name));
    match fetch(&services.http, &authority, &host, is_https).await {
        Ok((seen, true)) => match protected {
            Some(site) => behind(services, (pod, site), server).await,
            None => seen,
        },
        Ok((seen, false)) => seen,
        Err(error) => {
            let reason = if error.is_timeout() {
                "no response in 10 s"
            } else if error.is_connect() {
                "no connection"
            } else {
                "the response was cut off"
            };
            Seen::Nothing(reason.to_owned())
        }
    }
}

/// What those see who have said a site's password. Its server wakes the site for that, as any visitor would.
async fn behind(services: &Services, (pod, site): (&PodFacts, &SiteFacts), server: &ServerFacts) -> Seen {
    let (Ok(pod), Ok(site)) = (PodName::new(&*pod.name), SiteName::new(&*site.name)) else {
        return Seen::Nothing("no name that its server takes".to_owned());
    };
    match reconcile::ask(services, server, SiteVisit { pod, site }, BEHIND_TIMEOUT).await {
        Ok(Some(page)) => Seen::Page { status: page.status, title: page.title.as_deref().map(spelled), retry_after: false },
        Ok(None) => Seen::Nothing("no response behind the password".to_owned()),
        // That it asks for its password does not say whether it is well.
        Err(error) => Seen::Nothing(format!("behind the password: {}", error.0.trim_end_matches('.'))),
    }
}

/// The page, and whether it is the question for a site's password.
async fn fetch(http: &reqwest::Client, authority: &str, host: &str, is_https: bool) -> Result<(Seen, bool), reqwest::Error> {
    let (mut path, mut https) = ("/".to_owned(), None);
    for _ in 0..=REDIRECTS_MOST {
        let request = match &https {
            None => http.get(format!("http://{authority}{path}")).header(reqwest::header::HOST, host),
            Some(client) => reqwest::Client::get(client, format!("https://{host}{path}")),
        };
        // A page that the web server has kept would not show how the site is now.
        let mut answer = request.header(reqwest::header::CACHE_CONTROL, "no-cache").timeout(TIMEOUT).send().await?;
        let status = answer.status();
        let location = answer.headers().get(reqwest::header::LOCATION).and_then(|to| to.to_str().ok()).filter(|_| status.is_redirection());
        if let Some(next) = location.and_then(|to| path_on(to, host, is_https)) {
            if location.is_some_and(|to| to.starts_with("https://")) && https.is_none() {
                https = Some(over_https(authority, host).await?);
            }
            path = next;
            continue;
        }
        let asked = answer.headers().get(reqwest::header::WWW_AUTHENTICATE).and_then(|asked| asked.to_str().ok());
        let is_question = status.as_u16() == 401 && asked.is_some_and(|asked| asked == format!("Basic realm=\"{REALM}\""));
        let retry_after = answer.headers().contains_key(reqwest::header::RETRY_AFTER);
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await? {
            body.extend_from_slice(&part);
            if body.len() >= PAGE_MOST {
                break;
            }
        }
        return Ok((Seen::Page { status: status.as_u16(), title: title_of(&String::from_utf8_lossy(&body)), retry_after }, is_question));
    }
    Ok((Seen::Nothing(format!("more than {REDIRECTS_MOST} redirects")), false))
}

/// Asks this server over HTTPS, wherever DNS leads. Whether visitors trust its certificate is for the one who looks after certificates: here it is
/// the page that counts.
async fn over_https(authority: &str, host: &str) -> Result<reqwest::Client, reqwest::Error> {
    let server = authority.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((server, 443)).await.into_iter().flatten().collect();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tls_danger_accept_invalid_certs(true)
        .resolve_to_addrs(host, &addresses)
        .build()
}

/// Where a server's sites answer, with a port where one is named. The pages of a simulation have none of their own: they
/// are where visitors are sent.
fn authority(address: &str, port: Option<u16>) -> String {
    let bare_v6 = address.matches(':').count() > 1 && !address.starts_with('[');
    let host = if bare_v6 { format!("[{address}]") } else { address.to_owned() };
    match port {
        Some(port) if bare_v6 || !address.contains(':') => format!("{host}:{port}"),
        _ => host,
    }
}

/// The path of a redirect that stays on the same host.
fn path_on(location: &str, host: &str, is_https: bool) -> Option<String> {
    if location.starts_with('/') && !location.starts_with("//") {
        return Some(location.to_owned());
    }
    let secure = || location.strip_prefix("https://").filter(|_| is_https);
    let rest = location.strip_prefix("http://").or_else(secure)?.strip_prefix(host)?;
    match rest.chars().next() {
        None => Some("/".to_owned()),
        Some('/') => Some(rest.to_owned()),
        Some(_) => None,
    }
}

/// Text of the first `<title>`, as it is compared and stored.
pub(super) fn title_of(page: &str) -> Option<String> {
    html::title(page).map(|title| spelled(&title))
}

/// Spaces joined, typographic signs made plain: WordPress sets them where a person typed plain ones. No page brings a sign that PostgreSQL refuses.
fn spelled(text: &str) -> String {
    let text: String = text.chars().filter(|sign| sign.is_whitespace() || !sign.is_control()).collect();
    let signs = text.replace(['\u{2018}', '\u{2019}', '\u{2032}'], "'").replace(['\u{201c}', '\u{201d}', '\u{2033}'], "\"");
    let signs = signs.replace(['\u{2013}', '\u{2014}'], "-").replace('\u{2026}', "...").replace('\u{d7}', "x");
    signs.replace("---", "-").replace("--", "-").split_whitespace().collect::<Vec<_>>().join(" ")
}
