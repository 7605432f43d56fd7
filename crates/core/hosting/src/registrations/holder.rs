//! Who holds a domain, as typed and as registries want it.

use adapters::registrar::ContactData;
use engine::{Result, error::Errors};
use model::{country, hosting::registrations::HolderInput};
use wire::Email;

/// Longest line that all registries take.
const MAX_LINE: usize = 100;

/// What was typed, checked, all fields at once.
///
/// # Errors
/// On the fields that are not right.
pub fn check(typed: &HolderInput) -> Result<HolderInput> {
    let mut errors = Errors::default();
    let name = errors.take("name", line(&typed.name, true));
    let organization = errors.take("organization", line(&typed.organization, false));
    let street = errors.take("street", line(&typed.street, true));
    let city = errors.take("city", line(&typed.city, true));
    let province = errors.take("province", line(&typed.province, false));
    let postal_code = errors.take("postal_code", line(&typed.postal_code, false).and_then(short));
    let is_country = country::ALL.iter().any(|(code, _)| *code == typed.country.trim());
    let country = errors.take("country", is_country.then(|| typed.country.trim().to_owned()).ok_or_else(|| "Select a country.".to_owned()));
    let phone = errors.take("phone", phone(&typed.phone).map(|_| typed.phone.trim().to_owned()));
    let email = Email::new(typed.email.trim()).map(|email| email.to_string());
    let email = errors.take("email", email.map_err(|_| "Enter an email address.".to_owned()));
    let place = street.zip(city).zip(province).zip(postal_code).zip(country);
    match (name, organization, place, phone, email) {
        (Some(name), Some(organization), Some(((((street, city), province), postal_code), country)), Some(phone), Some(email)) => {
            Ok(HolderInput { name, organization, street, city, province, postal_code, country, phone, email })
        }
        _ => Err(errors.into_error()),
    }
}

/// The fields that are another holder's, or another address.
pub(super) fn changes(before: &HolderInput, after: &HolderInput) -> Vec<&'static str> {
    let fields = [
        ("name", &before.name, &after.name),
        ("organization", &before.organization, &after.organization),
        ("street", &before.street, &after.street),
        ("city", &before.city, &after.city),
        ("province", &before.province, &after.province),
        ("postal_code", &before.postal_code, &after.postal_code),
        ("country", &before.country, &after.country),
        ("phone", &before.phone, &after.phone),
        ("email", &before.email, &after.email),
    ];
    fields.into_iter().filter(|(_, was, is)| was != is).map(|(name, ..)| name).collect()
}

/// The same as the registry is told.
pub(super) fn contact(holder: &HolderInput) -> ContactData {
    let optional = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    ContactData {
        name: holder.name.clone(),
        organization: optional(&holder.organization),
        street: holder.street.clone(),
        city: holder.city.clone(),
        province: optional(&holder.province),
        postal_code: optional(&holder.postal_code),
        country: holder.country.clone(),
        // It was checked before it was stored.
        phone: phone(&holder.phone).unwrap_or_default(),
        email: holder.email.clone(),
    }
}

fn line(typed: &str, is_required: bool) -> Result<String, String> {
    let text = typed.trim();
    if is_required && text.is_empty() {
        return Err("This field is required.".to_owned());
    }
    if text.chars().count() > MAX_LINE || text.chars().any(char::is_control) {
        return Err(format!("Use one line of at most {MAX_LINE} characters."));
    }
    Ok(text.to_owned())
}

fn short(text: String) -> Result<String, String> {
    if text.chars().count() <= 16 { Ok(text) } else { Err("Use at most 16 characters.".to_owned()) }
}

/// `+49 30 1234567` as registries write it: `+49.301234567`. The country's code is what stands before the first space, dot, hyphen or bracket; it
/// has one to three digits.
fn phone(typed: &str) -> Result<String, String> {
    let wrong = || "Enter a phone number with its country code, for example +49 30 1234567.".to_owned();
    let rest = typed.trim().strip_prefix('+').ok_or_else(wrong)?;
    let (country, number) = rest.split_once([' ', '.', '-', '(', '/']).ok_or_else(wrong)?;
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let is_plain = number.chars().all(|one| one.is_ascii_digit() || " .-()/".contains(one));
    let is_country = (1..=3).contains(&country.len()) && country.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain && is_country && (4..=14).contains(&digits.len()) { Ok(format!("+{country}.{digits}")) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_told_as_registries_write_them() {
        assert_eq!(phone("+49 30 1234567").as_deref(), Ok("+49.301234567"));
        assert_eq!(phone("+1.555-0100 22").as_deref(), Ok("+1.555010022"));
        for wrong in ["", "030 1234567", "+49301234567", "+49 30 12a4567", "+4949 301", "+49 1", "+ 30 1234567"] {
            assert!(phone(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_wrong_field_of_a_holder_gets_its_error() {
        let empty = HolderInput::default();
        let engine::Error::Api(error) = check(&empty).unwrap_err() else { panic!("no errors on fields") };
        let fields: Vec<&str> = error.fields.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["name", "street", "city", "country", "phone", "email"]);
    }
}
