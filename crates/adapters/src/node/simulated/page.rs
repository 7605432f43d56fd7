//! What a visitor of a simulated pod sees.

use super::pod::SimSite;

/// The front page of a site.
pub fn of_site(site: &SimSite) -> String {
    let title = escape(site.title.as_str());
    page(&title, &format!("<h1>{title}</h1><p>This page is served by a simulated server. There is no real machine.</p>"))
}

/// What visitors of a suspended pod get.
pub fn closed() -> String {
    page("Temporarily unavailable", "<h1>Temporarily unavailable</h1><p>This site can't be shown right now. Try again later.</p>")
}

/// What visitors of a site get whose program fails.
pub fn broken() -> String {
    page("Error", "<h1>Error</h1><p>The program of this site has failed.</p>")
}

/// What visitors get who have not said the site's password.
pub fn question() -> String {
    page("Password required", "<h1>Password required</h1><p>This site is protected by a password.</p>")
}

/// The answer for a name that no pod has.
pub fn nobody(name: &str) -> String {
    page("No site here", &format!("<h1>No site here</h1><p>No simulated CloudPod serves {}.</p>", escape(name)))
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}}</style></head><body>{body}</body></html>"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
