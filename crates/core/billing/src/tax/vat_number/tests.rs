use super::*;
use proptest::prelude::*;

/// Well-formed numbers of each country, of every kind that it has.
pub(crate) const GOOD: &[(&str, &[&str])] = &[
    ("AT", &["ATU13585627", "ATU37675002"]),
    ("BE", &["BE0428759497", "BE428759497", "BE0776091951"]),
    ("BG", &["BG175074752", "BG7523169263", "BG7542011030"]),
    ("CY", &["CY10259033P"]),
    ("CZ", &["CZ25123891", "CZ7103192745", "CZ991231123", "CZ640903926"]),
    ("DE", &["DE136695976", "DE 136,695 976"]),
    ("DK", &["DK13585628"]),
    ("EE", &["EE100931558"]),
    ("ES", &["ESM1234567L", "ESJ99216582", "ES54362315K", "ESX2482300W", "ESB58378431"]),
    ("FI", &["FI20774740"]),
    ("FR", &["FR40303265045", "FR23334175221", "FRK7399859412", "FR4Z123456782"]),
    ("GR", &["EL094259216", "GR094259216", "EL94259216"]),
    ("HR", &["HR33392005961"]),
    ("HU", &["HU12892312"]),
    ("IE", &["IE6433435F", "IE6433435OA", "IE8D79739I"]),
    ("IT", &["IT00743110157"]),
    ("LT", &["LT119511515", "LT100001919017"]),
    ("LU", &["LU15027442"]),
    ("LV", &["LV40003521600", "LV16117519997"]),
    ("MT", &["MT11679112"]),
    ("NL", &["NL004495445B01", "NL002455799B11", "004495445 B01"]),
    ("PL", &["PL8567346215"]),
    ("PT", &["PT501964843"]),
    ("RO", &["RO18547290"]),
    ("SE", &["SE123456789701"]),
    ("SI", &["SI50223054"]),
    ("SK", &["SK2022749619"]),
    ("MC", &["FR53000004605"]),
];

#[test]
fn a_number_of_each_country_is_read_and_one_with_a_wrong_digit_is_not() {
    for (country, numbers) in GOOD {
        for number in *numbers {
            let read = VatNumber::parse(number, country).unwrap_or_else(|error| panic!("{number}: {error}"));
            assert_eq!(VatNumber::parse(&read.to_string(), country), Ok(read.clone()), "{number} is the same when it is read again");
            assert_eq!(VatNumber::parse(&read.body, country), Ok(read.clone()), "{number} without its letters");
            if *country == "CZ" && read.body.len() == 9 {
                continue; // Numbers of persons born before 1954 have no check digit.
            }
            let place = read.body.find(|c: char| c.is_ascii_digit()).unwrap();
            let digit = read.body[place..].chars().next().and_then(|c| c.to_digit(10)).unwrap();
            let wrong = (1..10).filter(|more| {
                let other = format!("{}{}{}{}", read.prefix, &read.body[..place], (digit + more) % 10, &read.body[place + 1..]);
                VatNumber::parse(&other, country).is_err()
            });
            assert!(wrong.count() >= 5, "{number}"); // Bulgaria and France have several forms, of which one may fit.
        }
    }
    let covered: std::collections::BTreeSet<_> = GOOD.iter().map(|(country, _)| rates::territory(country)).collect();
    assert_eq!(covered.len(), 27, "all countries");
}

#[test]
fn a_number_that_is_refused_says_why() {
    let why = |typed, country| VatNumber::parse(typed, country).unwrap_err();
    assert_eq!(why("DE136695976", "FR"), "DE is the start of a number of Germany, and the address is in France.");
    assert_eq!(why("DE136695977", "DE"), "This is not a VAT number of Germany. Check its digits.");
    assert_eq!(why("12", "CH"), "VAT numbers are those of EU countries. Leave this empty for Switzerland.");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_is_plain(text in "\\PC{0,16}", country in proptest::sample::select(STATES)) {
        if let Ok(number) = VatNumber::parse(&text, country.0) {
            let shown = number.to_string();
            prop_assert!(shown.starts_with(country.1) && shown.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"+*".contains(&byte)));
        }
    }
}
