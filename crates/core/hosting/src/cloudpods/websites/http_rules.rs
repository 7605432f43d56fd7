//! What the web server answers for a site by itself: redirects and headers, as they are typed.

use super::change::set;
use db::TenantTx;
use engine::{Error, Result, Services};
use model::{
    hosting::websites::{HttpRules, SiteConfig},
    ids::{JobId, WebsiteId},
    permission::WebsitesWrite,
};
use wire::{
    InvalidText,
    http_rules::{self, HEADERS, HeaderName, HeaderValue, Redirect, RedirectFrom, RedirectTo, ResponseHeader},
};

/// The status of a redirect that has none.
const USUAL_STATUS: u16 = 301;
/// Most bytes of all redirects of a site.
const MAX_REDIRECT_BYTES: usize = 16 << 10;
/// Most bytes of all its headers.
const MAX_HEADER_BYTES: usize = 8 << 10;

/// Sets redirects and response headers of a site of the open account. Returns the job, which puts the old ones back when the site does not respond as
/// it should.
///
/// # Errors
/// Not found; on fields `redirects` and `headers`; a conflict when the site is stopped or not whole, or its pod does not run or is busy.
pub async fn set_http_rules(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, typed: &HttpRules) -> Result<JobId> {
    set(services, tx, id, |_, config| {
        let redirects = redirects(&typed.redirects).map_err(|why| Error::field("redirects", why))?;
        http_rules::check(&redirects, &[]).map_err(|invalid| Error::field("redirects", format!("Enter {}.", invalid.why)))?;
        let headers = headers(&typed.headers).map_err(|why| Error::field("headers", why))?;
        http_rules::check(&[], &headers).map_err(|invalid| Error::field("headers", format!("Enter {}.", invalid.why)))?;
        let (redirects, headers): (Vec<String>, Vec<String>) =
            (redirects.iter().map(redirect_line).collect(), headers.iter().map(header_line).collect());
        let http_rules = HttpRules { redirects: redirects.join("\n"), headers: headers.join("\n") };
        for (field, text, most) in [("redirects", &http_rules.redirects, MAX_REDIRECT_BYTES), ("headers", &http_rules.headers, MAX_HEADER_BYTES)] {
            if text.len() > most {
                return Err(Error::field(field, format!("Enter at most {most} characters in all.")));
            }
        }
        Ok(SiteConfig { http_rules, ..config })
    })
    .await
}

fn redirect_line(one: &Redirect) -> String {
    format!("{}{} {} {}", one.from, if one.below { "*" } else { "" }, one.to, one.status)
}

fn header_line(one: &ResponseHeader) -> String {
    format!("{}: {}", one.name, one.value)
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())).filter(|(_, line)| !line.is_empty())
}

/// Redirects as they are typed; or what is wrong, for people.
pub(in crate::cloudpods) fn redirects(text: &str) -> std::result::Result<Vec<Redirect>, String> {
    let one = |(at, line): (usize, &str)| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (from, to, status) = match words[..] {
            [from, to] => (from, to, USUAL_STATUS),
            [from, to, status] => (from, to, status.parse().map_err(|_| format!("Line {at}: enter status 301, 302, 307 or 308."))?),
            _ => return Err(format!("Line {at}: enter a path, a target and a status, such as /old /new 301.")),
        };
        let refused = |invalid: InvalidText| format!("Line {at}: enter {}.", invalid.why);
        let (from, below) = from.strip_suffix("/*").map_or((from.to_owned(), false), |folder| (format!("{folder}/"), true));
        Ok(Redirect { from: RedirectFrom::new(from).map_err(refused)?, below, to: RedirectTo::new(to).map_err(refused)?, status })
    };
    lines(text).map(one).collect()
}

/// Headers as they are typed; or what is wrong, for people.
pub(in crate::cloudpods) fn headers(text: &str) -> std::result::Result<Vec<ResponseHeader>, String> {
    let one = |(at, line): (usize, &str)| {
        let (name, value) = line.split_once(':').ok_or_else(|| format!("Line {at}: enter a name and a value, such as X-Frame-Options: DENY."))?;
        let known = HEADERS.iter().find(|known| known.eq_ignore_ascii_case(name.trim()));
        let name = *known.ok_or_else(|| format!("Line {at}: this header can't be set. Use one of {}.", HEADERS.join(", ")))?;
        let value = HeaderValue::new(value.trim()).map_err(|invalid| format!("Line {at}: enter {}.", invalid.why))?;
        Ok(ResponseHeader { name: HeaderName::new(name).map_err(|invalid| format!("Line {at}: enter {}.", invalid.why))?, value })
    };
    lines(text).map(one).collect()
}
