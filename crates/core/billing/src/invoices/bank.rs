//! The account that customers transfer to.

use model::billing::invoices::BankDetails;

/// Bank details as they are printed: trimmed, the numbers in capitals and without spaces.
///
/// # Errors
/// What is wrong, with the name of the field.
pub fn checked_bank(given: &BankDetails) -> Result<BankDetails, &'static str> {
    let compact = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    let bank = BankDetails { holder: given.holder.trim().to_owned(), iban: compact(&given.iban), bic: compact(&given.bic) };
    if bank.holder.is_empty() || bank.holder.chars().count() > 70 || bank.holder.contains(char::is_control) {
        return Err("holder must be the name of the account's holder, 1 to 70 characters");
    }
    if !is_iban(&bank.iban) {
        return Err("iban is not an IBAN: its check digits are wrong, or characters are missing");
    }
    if !bank.bic.is_empty() && !is_bic(&bank.bic) {
        return Err("bic must be 8 or 11 characters, for example DEUTDEFF");
    }
    Ok(bank)
}

/// ISO 13616: with its first four characters at the end, and letters as 10 to 35, it leaves 1 over when it is divided by 97.
fn is_iban(iban: &str) -> bool {
    let bytes = iban.as_bytes();
    let is_shaped = (15..=34).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes.iter().take(2).all(u8::is_ascii_uppercase)
        && bytes.iter().skip(2).take(2).all(u8::is_ascii_digit);
    let rest = bytes.iter().skip(4).chain(bytes.iter().take(4)).fold(0_u32, |rest, &byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter.to_ascii_uppercase().saturating_sub(b'A')) + 10) % 97,
    });
    is_shaped && rest == 1
}

/// ISO 9362: bank, country, place, and perhaps a branch.
fn is_bic(bic: &str) -> bool {
    let bytes = bic.as_bytes();
    matches!(bytes.len(), 8 | 11) && bytes.iter().all(u8::is_ascii_alphanumeric) && bytes.iter().skip(4).take(2).all(u8::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bank(holder: &str, iban: &str, bic: &str) -> BankDetails {
        BankDetails { holder: holder.to_owned(), iban: iban.to_owned(), bic: bic.to_owned() }
    }

    #[test]
    fn the_sellers_account_is_taken_only_with_right_check_digits() {
        let printed = checked_bank(&bank(" Hosting Example GmbH ", "de89 3704 0044 0532 0130 00", "cobadeff")).unwrap();
        assert_eq!(printed, bank("Hosting Example GmbH", "DE89370400440532013000", "COBADEFF"));
        assert_eq!(printed.iban_in_groups(), "DE89 3704 0044 0532 0130 00");
        for iban in ["GB29NWBK60161331926819", "NL91ABNA0417164300", "MT84MALT011000012345MTLCAST001S", "NO9386011117947"] {
            assert!(checked_bank(&bank("H", iban, "")).is_ok(), "{iban}");
        }
        for iban in ["", "DE89370400440532013001", "DE98370400440532013000", "DE8937040044053201300", "89DE370400440532013000", "DE89 3704-0044"] {
            assert!(checked_bank(&bank("H", iban, "")).unwrap_err().starts_with("iban"), "{iban}");
        }
        for bic in ["COBADE", "COBA0EFF", "COBADEFFX", "COBADEF-"] {
            assert!(checked_bank(&bank("H", "NL91ABNA0417164300", bic)).unwrap_err().starts_with("bic"), "{bic}");
        }
        assert!(checked_bank(&bank(" ", "NL91ABNA0417164300", "")).unwrap_err().starts_with("holder"));
    }
}
