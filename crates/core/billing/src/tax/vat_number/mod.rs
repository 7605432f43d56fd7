//! VAT numbers of the EU's countries: format and check digits, without asking anybody.
//!
//! Whether a well-formed number was given to anybody, only VIES knows (`billing/profiles` asks it).

mod checks;
mod digits;
mod persons;
#[cfg(test)]
pub(super) mod tests;

use super::rates;
use model::country;
use std::fmt;

type Check = fn(&str) -> bool;

/// Country, the two letters before its numbers, and what is checked of the rest.
const STATES: &[(&str, &str, Check)] = &[
    ("AT", "AT", checks::austria),
    ("BE", "BE", checks::belgium),
    ("BG", "BG", checks::bulgaria),
    ("CY", "CY", checks::cyprus),
    ("CZ", "CZ", checks::czechia),
    ("DE", "DE", checks::germany),
    ("DK", "DK", checks::denmark),
    ("EE", "EE", checks::estonia),
    ("ES", "ES", checks::spain),
    ("FI", "FI", checks::finland),
    ("FR", "FR", checks::france),
    ("GR", "EL", checks::greece),
    ("HR", "HR", checks::croatia),
    ("HU", "HU", checks::hungary),
    ("IE", "IE", checks::ireland),
    ("IT", "IT", checks::italy),
    ("LT", "LT", checks::lithuania),
    ("LU", "LU", checks::luxembourg),
    ("LV", "LV", checks::latvia),
    ("MT", "MT", checks::malta),
    ("NL", "NL", checks::netherlands),
    ("PL", "PL", checks::poland),
    ("PT", "PT", checks::portugal),
    ("RO", "RO", checks::romania),
    ("SE", "SE", checks::sweden),
    ("SI", "SI", checks::slovenia),
    ("SK", "SK", checks::slovakia),
];

/// A well-formed VAT number of a country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VatNumber {
    prefix: &'static str,
    body: String,
}

impl VatNumber {
    /// Reads a number as typed, with or without the country's letters and separators.
    ///
    /// # Errors
    /// Says what is wrong, for people.
    pub fn parse(typed: &str, of_country: &str) -> Result<Self, String> {
        let name = country::name(of_country);
        let territory = rates::territory(of_country);
        let Some((_, prefix, check)) = STATES.iter().find(|(country, ..)| *country == territory) else {
            return Err(format!("VAT numbers are those of EU countries. Leave this empty for {name}."));
        };
        let typed: String =
            typed.to_uppercase().chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '/' | ',' | ':' | '(' | ')')).collect();
        let stripped = typed.strip_prefix(prefix).or_else(|| typed.strip_prefix(territory));
        let bodies = [stripped, Some(typed.as_str())];
        let found = bodies.into_iter().flatten().map(|body| completed(prefix, body)).find(|body| check(body));
        found.map(|body| Self { prefix, body }).ok_or_else(|| match STATES.iter().find(|(_, other, _)| typed.starts_with(other)) {
            Some((other, letters, _)) if letters != prefix => {
                format!("{letters} is the start of a number of {}, and the address is in {name}.", country::name(other))
            }
            _ => format!("This is not a VAT number of {name}. Check its digits."),
        })
    }
}

impl fmt::Display for VatNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.prefix, self.body)
    }
}

/// Belgium and Greece have put a zero before the numbers that they once gave.
fn completed(prefix: &str, body: &str) -> String {
    match (prefix, body.len()) {
        ("BE", 9) | ("EL", 8) => format!("0{body}"),
        _ => body.to_owned(),
    }
}
