//! Parameters of SVCB and HTTPS records (RFC 9460 §2.1), as people and zone files write them.

use std::str::FromStr;
use wire::svc::{Alpn, Ech, SvcKey, SvcParams};

/// Reads the words behind the target; or what is wrong with one, for people.
pub(super) fn read(priority: u16, words: &[&str]) -> Result<SvcParams, String> {
    let mut params = SvcParams::default();
    for word in words {
        let (key, value) = word.split_once('=').map_or((*word, None), |(key, value)| (key, Some(value)));
        let lower = key.to_ascii_lowercase();
        let known = SvcKey::ALL.into_iter().find(|known| known.as_str() == lower);
        let known = known.ok_or_else(|| format!("{key} is not supported. Use mandatory, alpn, no-default-alpn, port, ipv4hint, ech or ipv6hint."))?;
        if params.has(known) {
            return Err(format!("{lower} is given twice."));
        }
        let value = value.map(unquoted).transpose()?;
        let need = || value.filter(|value| !value.is_empty()).ok_or_else(|| format!("{lower} needs a value."));
        match known {
            SvcKey::NoDefaultAlpn if value.is_some() => return Err("no-default-alpn has no value.".to_owned()),
            SvcKey::NoDefaultAlpn => params.no_default_alpn = true,
            SvcKey::Mandatory => {
                let key = |one: &str| SvcKey::ALL.into_iter().find(|key| key.as_str() == one);
                params.mandatory = list(need()?, |one| key(one).ok_or_else(|| format!("mandatory cannot name {one}.")))?;
                params.mandatory.sort_unstable();
            }
            SvcKey::Alpn => params.alpn = list(need()?, |one| Alpn::new(one).map_err(|_| format!("{one} is not a protocol, such as h2 or h3.")))?,
            SvcKey::Port => params.port = Some(parsed(need()?, "The port must be a number from 0 to 65535.")?),
            SvcKey::Ipv4hint => params.ipv4hint = list(need()?, |one| parsed(one, "ipv4hint takes IPv4 addresses, with commas between."))?,
            SvcKey::Ipv6hint => params.ipv6hint = list(need()?, |one| parsed(one, "ipv6hint takes IPv6 addresses, with commas between."))?,
            SvcKey::Ech => params.ech = Some(Ech::new(need()?).map_err(|_| "ech takes base64, as your server's software has made it.".to_owned())?),
        }
    }
    params.check(priority).map_err(|error| error.why.to_owned())?;
    Ok(params)
}

fn list<T>(value: &str, one: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    value.split(',').map(one).collect()
}

fn parsed<T: FromStr>(value: &str, fault: &str) -> Result<T, String> {
    value.parse().map_err(|_| fault.to_owned())
}

fn unquoted(value: &str) -> Result<&str, String> {
    match value.strip_prefix('"') {
        None => Ok(value),
        Some(rest) => rest.strip_suffix('"').ok_or_else(|| "Missing closing quote.".to_owned()),
    }
}
