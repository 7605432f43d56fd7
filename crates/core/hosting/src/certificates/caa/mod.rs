//! Whether a CA may issue for names: their CAA records are looked up before an order, as the CA itself does.

mod rules;
#[cfg(test)]
mod tests;

pub(super) use rules::{Applying, obstacle};

use super::rules::Trouble;
use adapters::dns::{CaaRecord, Dns};
use engine::Services;
use std::collections::HashMap;

/// The records that apply to each of these names; a name that has none, and none above it, may be issued for by everybody.
///
/// # Errors
/// When DNS does not answer: a CA would refuse too.
pub(super) async fn applying(services: &Services, names: &[String]) -> Result<Vec<Applying>, Trouble> {
    let mut seen: HashMap<&str, Vec<CaaRecord>> = HashMap::new();
    let mut applying = Vec::new();
    for name in names {
        for at in rules::climb(name) {
            if !seen.contains_key(at) {
                let found = services.part::<dyn Dns>().caa(at).await.map_err(|error| {
                    let remedy = "Check that the name servers of this name respond. The next try is made automatically.";
                    Trouble::new(
                        format!("The CAA records of {at} could not be looked up, and without them no certificate is issued: {error}."),
                        remedy,
                    )
                })?;
                seen.insert(at, found);
            }
            match seen.get(at) {
                Some(records) if !records.is_empty() => {
                    applying.push(Applying { name: name.clone(), at: at.to_owned(), records: records.clone() });
                    break;
                }
                _ => {}
            }
        }
    }
    Ok(applying)
}
