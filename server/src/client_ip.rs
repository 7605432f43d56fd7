//! Who is at the other end: the limits on sign-in count by it, so it must be neither the proxy's address for everybody nor
//! what a visitor writes into a header.

use axum::http::{HeaderMap, HeaderName};
use std::net::IpAddr;

/// The country of the visitor's address, when a trusted proxy says it in this header: an ISO 3166 code that is known.
pub fn country(connected: IpAddr, headers: &HeaderMap, proxies: &[IpAddr], header: &HeaderName) -> Option<String> {
    if !proxies.contains(&connected.to_canonical()) {
        return None;
    }
    let code = headers.get(header)?.to_str().ok()?.trim().to_ascii_uppercase();
    model::country::is_known(&code).then_some(code)
}

#[cfg(test)]
mod tests;

/// The visitor's address. Only a trusted proxy is believed when it names another one: then the last address in
/// `X-Forwarded-For` that is no proxy of ours counts, since everything before it came from the visitor.
pub fn visitor(connected: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let connected = connected.to_canonical();
    if !proxies.contains(&connected) {
        return connected;
    }
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    let mut named = hops.map_while(|hop| hop.trim().parse::<IpAddr>().ok()).map(|hop| hop.to_canonical());
    named.find(|hop| !proxies.contains(hop)).unwrap_or(connected)
}
