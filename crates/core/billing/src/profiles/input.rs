//! A billing profile as typed, checked: all fields at once, each error on its field.

use crate::tax::VatNumber;
use engine::{Error, Result};
use model::{billing::profiles::ProfileInput, country, error::FieldError};

/// Most addresses that mail about invoices goes to.
const MAX_CONTACTS: usize = 5;

/// A profile that can be stored.
pub(super) struct Checked {
    pub name: String,
    pub address: String,
    pub country: String,
    pub vat_number: Option<String>,
    pub contacts: Vec<String>,
}

/// A postal address as typed: its lines, without empty ones; or what is wrong with it, for people.
pub(crate) fn read_address(typed: &str) -> Result<String, &'static str> {
    let lines: Vec<&str> = typed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let address = lines.join("\n");
    if address.chars().count() > 1000 || lines.iter().any(|line| line.chars().any(char::is_control)) {
        return Err("Enter an address of at most 1000 characters.");
    }
    Ok(address)
}

pub(super) fn check(input: &ProfileInput) -> Result<Checked> {
    let mut errors = Vec::new();
    let mut refuse = |field: &str, message: String| errors.push(FieldError { field: field.to_owned(), message });
    let name = input.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        refuse("name", "Enter a name of at most 200 characters.".to_owned());
    }
    let address = read_address(&input.address).unwrap_or_default();
    if address.is_empty() {
        refuse("address", "Enter the postal address; it is printed on invoices. At most 1000 characters.".to_owned());
    }
    let country = input.country.trim().to_ascii_uppercase();
    let is_country = country::is_known(&country);
    if !is_country {
        refuse("country", "Select a country.".to_owned());
    }
    let mut vat_number = None;
    if is_country && !input.vat_number.trim().is_empty() {
        match VatNumber::parse(&input.vat_number, &country) {
            Ok(number) => vat_number = Some(number.to_string()),
            Err(message) => refuse("vat_number", message),
        }
    }
    let mut contacts: Vec<String> = Vec::new();
    for typed in input.contacts.split(['\n', ',', ';']).map(str::trim).filter(|typed| !typed.is_empty()) {
        match wire::Email::new(typed.to_ascii_lowercase()) {
            Ok(email) if contacts.iter().any(|known| known == email.as_str()) => {}
            Ok(email) => contacts.push(email.to_string()),
            Err(_) => {
                refuse("contacts", "Enter valid email addresses, one per line.".to_owned());
                break;
            }
        }
    }
    if contacts.len() > MAX_CONTACTS {
        refuse("contacts", format!("Enter at most {MAX_CONTACTS} addresses."));
    }
    if errors.is_empty() { Ok(Checked { name, address, country, vat_number, contacts }) } else { Err(Error::invalid(errors)) }
}
