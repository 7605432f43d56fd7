//! Rates, rules and VAT numbers compared with what others have written: `pyvat` and `python-stdnum` (`scripts/tax-peers.sh`).

use super::{
    decide, rates,
    vat_number::{VatNumber, tests::GOOD},
};
use chrono::NaiveDate;
use model::{Time, billing::tax::TaxTreatment};
use std::{
    collections::BTreeMap,
    io::Write,
    process::{Command, Stdio},
};

/// What differs: subject and country, our answer and theirs.
type Difference = (String, String, String, String);

/// A Python with the libraries, which `scripts/tax-peers.sh` makes and the test command sets. Without one these tests say so and pass.
fn python() -> Option<String> {
    let found = std::env::var("TAX_PEERS_PYTHON").ok().filter(|path| !path.is_empty());
    if found.is_none() {
        println!("skipped: TAX_PEERS_PYTHON is not set; see scripts/tax-peers.sh");
    }
    found
}

/// The answers to these questions, in their order.
fn ask(python: &str, questions: &[String]) -> Vec<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tax/peers/ask.py");
    let mut child = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = questions.join("\n") + "\n";
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let answers: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), questions.len(), "each question has an answer");
    answers
}

/// The differences that are explained, of one kind.
fn explained(kind: &str) -> Vec<Difference> {
    let lines = include_str!("differences.csv").lines().filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let fields: Vec<&str> = line.splitn(5, ',').collect();
        assert!(fields.len() == 5 && fields[4].len() > 10, "{line}: a difference has a reason");
        (fields[0].to_owned(), fields[1].to_owned(), fields[2].to_owned(), fields[3].to_owned())
    };
    lines.map(read).filter(|(what, ..)| what == kind).collect()
}

#[test]
fn peers_have_the_same_rates_but_for_what_is_explained() {
    let Some(python) = python() else { return };
    let countries: Vec<&str> = GOOD.iter().map(|(country, _)| *country).filter(|country| rates::territory(country) == *country).collect();
    let answers = ask(&python, &countries.iter().map(|country| format!("rate {country}")).collect::<Vec<_>>());
    let mut found = Vec::new();
    for (country, theirs) in countries.into_iter().zip(answers) {
        let ours = rates::standard(country, NaiveDate::MAX).unwrap().to_string();
        if ours != theirs {
            found.push(("rate".to_owned(), country.to_owned(), ours, theirs));
        }
    }
    assert_eq!(found, explained("rate"));
}

#[test]
fn peers_charge_the_same_customers() {
    let Some(python) = python() else { return };
    let at: Time = "2026-11-30T00:00:00Z".parse().unwrap();
    let (mut questions, mut ours) = (Vec::new(), Vec::new());
    for (seller, tax_number) in [("DE", "DE136695976"), ("FR", "FR40303265045"), ("NL", "NL004495445B01")] {
        let mut settings = engine::testing::settings();
        (settings.seller.country, settings.seller.tax_number) = (seller.to_owned(), tax_number.to_owned());
        for (country, _) in GOOD.iter().chain(&[("US", &[][..]), ("CH", &[][..]), ("GB", &[][..])]) {
            for is_business in [true, false] {
                if rates::territory(country) != *country {
                    continue; // pyvat does not know Monaco.
                }
                questions.push(format!("treatment {seller} {country} {}", if is_business { "business" } else { "consumer" }));
                ours.push(match decide(&settings, country, is_business.then_some("a number"), at).treatment {
                    TaxTreatment::Domestic => format!("charge {seller}"),
                    TaxTreatment::OneStopShop => format!("charge {country}"),
                    TaxTreatment::ReverseCharge => format!("reverse_charge {country}"),
                    TaxTreatment::OutsideScope => format!("no_charge {country}"),
                    TaxTreatment::SellerRate => unreachable!("not configured"),
                });
            }
        }
    }
    for ((question, theirs), ours) in questions.iter().zip(ask(&python, &questions)).zip(ours) {
        assert_eq!(ours, theirs, "{question}");
    }
}

/// The same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn of_the_kind_of(&mut self, c: char) -> char {
        let all = if c.is_ascii_digit() { '0'..='9' } else { 'A'..='Z' };
        let count = all.clone().count();
        all.clone().nth(self.below(count)).unwrap()
    }
}

/// Numbers near a good one, so that many are good: some characters are others of their kind, and one place has every value.
fn near(number: &str, random: &mut Random) -> Vec<String> {
    let letters: Vec<char> = number.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut numbers = Vec::new();
    for changed in [1, 2, letters.len()] {
        let mut new = letters.clone();
        for _ in 0..changed {
            let place = 2 + random.below(new.len() - 2);
            if new[place].is_ascii_digit() || random.below(3) == 0 {
                new[place] = random.of_the_kind_of(new[place]);
            }
        }
        let place = 2 + random.below(new.len() - 2);
        for value in if new[place].is_ascii_digit() { '0'..='9' } else { 'A'..='Z' } {
            new[place] = value;
            numbers.push(new.iter().collect());
        }
    }
    numbers
}

#[test]
fn peers_judge_numbers_alike_but_for_what_is_explained() {
    let Some(python) = python() else { return };
    let mut random = Random(7);
    let mut all: Vec<(&str, String)> = Vec::new();
    for (country, numbers) in GOOD {
        for number in numbers.iter().filter(|number| number.starts_with(char::is_alphabetic)) {
            for _ in 0..150 {
                all.extend(near(number, &mut random).into_iter().map(|number| (*country, number)));
            }
        }
    }
    let answers = ask(&python, &all.iter().map(|(_, number)| format!("number {number}")).collect::<Vec<_>>());
    let (mut found, mut good) = (BTreeMap::<Difference, String>::new(), BTreeMap::<&str, usize>::new());
    for ((country, number), theirs) in all.into_iter().zip(answers) {
        let ours = if VatNumber::parse(&number, country).is_ok() { "valid" } else { "invalid" };
        if ours != theirs {
            found.insert(("number".to_owned(), country.to_owned(), ours.to_owned(), theirs), number);
        } else if ours == "valid" {
            *good.entry(country).or_default() += 1;
        }
    }
    assert!(good.len() == GOOD.len() && good.values().all(|count| *count > 5), "good ones of every country were among them: {good:?}");
    assert_eq!(found.keys().cloned().collect::<Vec<_>>(), explained("number"), "{found:?}");
}
