//! Which invoice a text names.

use std::collections::BTreeSet;

/// Signs that may stand between the parts of a number, where a person or a bank has written it anew.
const MAX_SEPARATORS: usize = 3;

/// Numbers of invoices that a text names, as they are written on invoices: `INV-2027-00002`. Hyphens may be missing or be other signs.
pub fn invoice_numbers(text: &str) -> BTreeSet<String> {
    let signs: Vec<char> = text.to_uppercase().chars().collect();
    signs.windows(3).enumerate().filter(|(_, signs)| *signs == ['I', 'N', 'V']).filter_map(|(at, _)| number(&signs[at + 3..])).collect()
}

/// Year and number at the beginning of these signs.
fn number(signs: &[char]) -> Option<String> {
    let digits = digits(signs)?;
    let (year, rest) = match digits.len() {
        4 => (digits, self::digits(&signs[separators(signs) + 4..])?),
        // Nothing stands between them.
        9.. => digits.split_at(4),
        _ => return None,
    };
    (5..=9).contains(&rest.len()).then(|| format!("INV-{}-{}", year.iter().collect::<String>(), rest.iter().collect::<String>()))
}

/// The digits after at most a few separators.
fn digits(signs: &[char]) -> Option<&[char]> {
    let signs = &signs[separators(signs)..];
    let end = signs.iter().position(|sign| !sign.is_ascii_digit()).unwrap_or(signs.len());
    (end > 0).then(|| &signs[..end])
}

fn separators(signs: &[char]) -> usize {
    signs.iter().take(MAX_SEPARATORS).take_while(|sign| !sign.is_alphanumeric()).count()
}
