//! Every page of the route table is in the list of pages that the browser tests look at: by axe, on a phone, by keyboard, before scripts run.

use super::{Outcome, sources::Sources};

const ROUTES: &str = "app/src/routes.rs";
const LIST: &str = "end2end/tests/pages.js";

/// Pages that cannot be in the list, and why.
const ELSEWHERE: &[(&str, &str)] =
    &[("/set-up", "its link is good until the first admin is made: 0-set-up.spec.js looks at it, and 3-faces.spec.js once it is used")];

/// Reads the route table and the list.
pub fn check(sources: &Sources) -> Outcome {
    let (Some(table), Some(list)) = (sources.at(ROUTES), sources.at(LIST)) else {
        return Outcome::Wrong(vec![format!("{ROUTES} or {LIST} is not there")]);
    };
    let (routes, addresses) = (routes(&table.text), addresses(&list.text));
    let mut wrong = Vec::new();
    for route in &routes {
        let is_listed = addresses.iter().any(|address| leads_to(address, route, &routes));
        match (is_listed, ELSEWHERE.iter().find(|(page, _)| page == route)) {
            (false, None) => wrong.push(format!("{LIST}: no address of {route}")),
            (true, Some((_, why))) => wrong.push(format!("{LIST}: {route} is in it, although {why}")),
            (true, None) | (false, Some(_)) => {}
        }
    }
    let gone = ELSEWHERE.iter().filter(|(page, _)| !routes.iter().any(|route| route == page));
    wrong.extend(gone.map(|(page, _)| format!("{ROUTES}: {page} is not there any more")));
    Outcome::of(wrong, format!("{} pages, {} of them not in the list of all", routes.len(), ELSEWHERE.len()))
}

/// The pages of the table, each with its layout's part before it.
fn routes(table: &str) -> Vec<String> {
    let (mut parent, mut routes) = ("", Vec::new());
    for line in table.lines().map(str::trim) {
        let Some((path, _)) = line.split_once("path=path!(\"").and_then(|(_, rest)| rest.split_once('"')) else { continue };
        if line.starts_with("<ParentRoute") {
            parent = path;
        } else {
            routes.push(whole(&format!("{parent}/{path}")));
        }
    }
    routes
}

/// The addresses in the list. What is put in when it is read stands as `*`; a portal's address, which others begin with, is one with a slug.
fn addresses(list: &str) -> Vec<String> {
    let code: Vec<&str> = list.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let (mut rest, mut found) = (code.as_str(), Vec::new());
    while let Some(at) = rest.find(['"', '`']) {
        let end = if rest[at..].starts_with('"') { '"' } else { '`' };
        let (text, after) = literal(&rest[at + 1..], end);
        rest = after;
        let address = text.strip_prefix('*').map_or_else(|| text.clone(), |page| format!("/t/*{page}"));
        if address.starts_with('/') {
            found.push(whole(&address));
        }
    }
    found
}

/// A text as far as its end, and what follows it.
fn literal(rest: &str, end: char) -> (String, &str) {
    let (mut text, mut depth) = (String::new(), 0);
    for (at, sign) in rest.char_indices() {
        match sign {
            '{' if depth > 0 => depth += 1,
            '}' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            _ if sign == end => return (text, &rest[at + 1..]),
            '{' if end == '`' && text.ends_with('$') => {
                text.pop();
                text.push('*');
                depth = 1;
            }
            _ => text.push(sign),
        }
    }
    (text, "")
}

/// Without its query, and with one slash at its beginning.
fn whole(address: &str) -> String {
    let path = address.split('?').next().unwrap_or_default();
    format!("/{}", path.trim_matches('/'))
}

/// Whether the router shows this page at an address: of the pages that it could be, the one that names most of it.
fn leads_to(address: &str, route: &str, routes: &[String]) -> bool {
    let is_at = |route: &str| {
        let (parts, wanted): (Vec<&str>, Vec<&str>) = (address.split('/').collect(), route.split('/').collect());
        parts.len() == wanted.len() && parts.iter().zip(&wanted).all(|(part, wanted)| part == wanted || (wanted.starts_with(':') && !part.is_empty()))
    };
    let named = |route: &str| route.split('/').filter(|part| !part.starts_with(':')).count();
    is_at(route) && !routes.iter().any(|other| is_at(other) && named(other) > named(route))
}
