//! What the targets run: the checks of the crates' own property tests, and the readers of two crates that are too heavy to be
//! built here whole.

/// Frames, messages and names of the link to a server.
#[path = "../../crates/wire/tests/hostile/checks.rs"]
pub mod link;

/// Closed sets of words, ids, money, inputs of a browser.
#[path = "../../crates/model/tests/hostile/checks.rs"]
pub mod words;

/// Builders and readers of configuration and pages.
#[path = "../../crates/node/tests/hostile/texts.rs"]
pub mod texts;

/// All files of a pod.
#[path = "../../crates/node/tests/hostile/pods.rs"]
pub mod pods;

pub mod payments;

pub mod statements;

/// Cursors of lists, as `crates/db` reads them.
#[path = "../../crates/db/src/keyset.rs"]
pub mod keyset;

/// Prices that a person types, as `crates/core` reads them.
#[path = "../../crates/core/billing/src/products/price.rs"]
pub mod price;

/// Any text as a cursor: refused, or it names one key on one side.
pub fn cursor(text: &str) {
    let read = |cursor: String| {
        let request = model::page::PageRequest { cursor: Some(cursor), ..Default::default() };
        keyset::Keyset::<uuid::Uuid>::from_request(&request)
    };
    let Ok(keyset) = read(text.to_owned()) else { return };
    let again = match (keyset.before, keyset.after) {
        (Some(key), None) => format!("older.{key}"),
        (None, Some(key)) => format!("newer.{key}"),
        both => return assert_eq!(both, (None, None)),
    };
    assert_eq!(read(again), Ok(keyset));
}

/// Any text as a price: refused with words for a person, or exactly the amount that is shown again.
pub fn price_of(text: &str) {
    for currency in model::money::Currency::ALL {
        match price::parse(text, *currency) {
            Ok(money) => {
                assert!((0..=price::HIGHEST).contains(&money.minor));
                assert_eq!(price::parse(&price::typed(money), *currency), Ok(money));
            }
            Err(words) => assert!(!words.is_empty()),
        }
    }
}

/// The text with each sign replaced by one of these: what a name may be made of, so that whole names are met often enough.
pub fn made_of(text: &str, signs: &str) -> String {
    text.bytes().map(|byte| char::from(signs.as_bytes()[usize::from(byte) % signs.len()])).collect()
}
