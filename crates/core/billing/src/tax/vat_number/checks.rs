//! What is checked of a number, by country: it comes without the country's letters, in capitals, without separators.

use super::{
    digits::{digits, luhn, mod_11_10, number, weighted},
    persons,
};

pub(super) fn austria(body: &str) -> bool {
    body.strip_prefix('U').and_then(|rest| digits(rest, 8)).is_some_and(|digits| (luhn(&digits[..7]) + digits[7]) % 10 == 6)
}

pub(super) fn belgium(body: &str) -> bool {
    let is_formed = body.len() == 10 && body.starts_with(['0', '1']);
    is_formed && number(body).is_some_and(|number| number > 0 && (number / 100 + number % 100).is_multiple_of(97))
}

pub(super) fn bulgaria(body: &str) -> bool {
    if let Some(digits) = digits(body, 9) {
        let check = match weighted(&digits[..8], &[1, 2, 3, 4, 5, 6, 7, 8]) % 11 {
            10 => weighted(&digits[..8], &[3, 4, 5, 6, 7, 8, 9, 10]) % 11 % 10,
            check => check,
        };
        return check == digits[8];
    }
    // Persons, foreigners, and all others.
    let Some(digits) = digits(body, 10) else { return false };
    let foreigner = weighted(&digits, &[21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10 == digits[9];
    let other = (11 - weighted(&digits, &[4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == digits[9];
    persons::bulgaria(body) || foreigner || other
}

pub(super) fn cyprus(body: &str) -> bool {
    const ODD_PLACES: [u32; 10] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    let Some((last, rest)) = body.chars().next_back().and_then(|last| Some((last, body.strip_suffix(last)?))) else { return false };
    let Some(digits) = digits(rest, 8) else { return false };
    let counted = |(place, digit): (usize, &u32)| if place % 2 == 0 { ODD_PLACES[*digit as usize] } else { *digit };
    let sum: u32 = digits.iter().enumerate().map(counted).sum();
    !body.starts_with("12") && char::from_u32(u32::from('A') + sum % 26) == Some(last)
}

pub(super) fn czechia(body: &str) -> bool {
    const WEIGHTS: [u32; 7] = [8, 7, 6, 5, 4, 3, 2];
    if let Some(digits) = digits(body, 8) {
        let check = match (11 - weighted(&digits, &WEIGHTS) % 11) % 11 {
            0 => 1,
            check => check % 10,
        };
        return digits[0] != 9 && check == digits[7];
    }
    match digits(body, 9) {
        Some(digits) if digits[0] == 6 => {
            let rest = weighted(&digits[1..8], &WEIGHTS) % 11;
            (18 - (21 - rest) % 11) % 10 == digits[8]
        }
        _ => persons::czechia(body),
    }
}

pub(super) fn germany(body: &str) -> bool {
    digits(body, 9).is_some_and(|digits| digits[0] != 0 && mod_11_10(&digits))
}

pub(super) fn denmark(body: &str) -> bool {
    digits(body, 8).is_some_and(|digits| digits[0] != 0 && weighted(&digits, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11))
}

pub(super) fn estonia(body: &str) -> bool {
    digits(body, 9).is_some_and(|digits| weighted(&digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10))
}

pub(super) fn spain(body: &str) -> bool {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let &[first, ref middle @ .., last] = body.as_bytes() else { return false };
    let Some(seven) = std::str::from_utf8(middle).ok().filter(|text| text.len() == 7) else { return false };
    let Some(digits) = digits(seven, 7) else { return false };
    let letter_of = |number: Option<u64>| number.is_some_and(|number| usize::try_from(number % 23).is_ok_and(|place| LETTERS[place] == last));
    match first {
        b'0'..=b'9' => letter_of(number(&body[..8])),
        b'X' | b'Y' | b'Z' => letter_of(number(&format!("{}{seven}", first - b'X'))),
        b'K' | b'L' | b'M' => letter_of(number(seven)),
        b'A'..=b'H' | b'J' | b'N' | b'P'..=b'S' | b'U'..=b'W' => {
            // A company: Luhn's check digit, or the letter that stands for it.
            let check = (0..10).find(|check| luhn(&[&digits[..], &[*check]].concat()) == 0).unwrap_or_default();
            char::from_digit(check, 10) == Some(char::from(last)) || b"JABCDEFGHI"[check as usize] == last
        }
        _ => false,
    }
}

pub(super) fn finland(body: &str) -> bool {
    digits(body, 8).is_some_and(|digits| weighted(&digits, &[7, 9, 10, 5, 8, 4, 2, 1]).is_multiple_of(11))
}

pub(super) fn france(body: &str) -> bool {
    const KEYS: &str = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let key_of = |place: usize| body.chars().nth(place).and_then(|c| KEYS.find(c)).and_then(|key| u64::try_from(key).ok());
    let (Some(first), Some(second)) = (key_of(0), key_of(1)) else { return false };
    let Some(digits) = digits(&body[2..], 9) else { return false };
    let Some(siren) = number(&body[2..]) else { return false };
    // Numbers of Monaco are not those of the French register.
    if luhn(&digits) != 0 && !body[2..].starts_with("000") {
        return false;
    }
    match (first, second) {
        (..10, ..10) => first * 10 + second == (siren * 100 + 12) % 97,
        _ => {
            let check = if first < 10 { first * 24 + second - 10 } else { first * 34 + second - 100 };
            (siren + 1 + check / 11) % 11 == check % 11
        }
    }
}

pub(super) fn greece(body: &str) -> bool {
    digits(body, 9).is_some_and(|digits| weighted(&digits, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == digits[8])
}

pub(super) fn croatia(body: &str) -> bool {
    digits(body, 11).is_some_and(|digits| mod_11_10(&digits))
}

pub(super) fn hungary(body: &str) -> bool {
    digits(body, 8).is_some_and(|digits| weighted(&digits, &[9, 7, 3, 1, 9, 7, 3, 1]).is_multiple_of(10))
}

pub(super) fn ireland(body: &str) -> bool {
    const LETTERS: &str = "WABCDEFGHIJKLMNOPQRSTUV";
    let value = |c: char| LETTERS.find(c).and_then(|place| u32::try_from(place).ok());
    let chars: Vec<char> = body.chars().collect();
    let is_old = chars.len() == 8 && (chars[1].is_ascii_uppercase() || matches!(chars[1], '+' | '*'));
    // The old form has a letter in second place, and its first digit counts as the seventh.
    let (seven, suffix) = match chars.len() {
        8 if is_old => (format!("0{}{}", chars[2..7].iter().collect::<String>(), chars[0]), None),
        8 => (chars[..7].iter().collect(), None),
        9 => (chars[..7].iter().collect(), Some(chars[8])),
        _ => return false,
    };
    let extra = match suffix {
        Some(letter) => value(letter),
        None => Some(0),
    };
    let (Some(digits), Some(extra), Some(check)) = (digits(&seven, 7), extra, value(chars[7])) else { return false };
    (weighted(&digits, &[8, 7, 6, 5, 4, 3, 2]) + 9 * extra) % 23 == check
}

pub(super) fn italy(body: &str) -> bool {
    let Some(digits) = digits(body, 11) else { return false };
    let province = digits[7] * 100 + digits[8] * 10 + digits[9];
    let has_province = matches!(province, 1..=100 | 120 | 121 | 888 | 999);
    !body.starts_with("0000000") && has_province && luhn(&digits) == 0
}

pub(super) fn lithuania(body: &str) -> bool {
    let Some(digits) = digits(body, 9).or_else(|| digits(body, 12)) else { return false };
    let Some((last, rest)) = digits.split_last() else { return false };
    let by = |shift: u32| (0..).zip(rest).map(|(place, digit)| (1 + (place + shift) % 9) * digit).sum::<u32>() % 11;
    let check = if by(0) == 10 { by(2) % 10 } else { by(0) };
    rest.last() == Some(&1) && check == *last
}

pub(super) fn luxembourg(body: &str) -> bool {
    body.len() == 8 && number(body).is_some_and(|number| number / 100 % 89 == number % 100)
}

pub(super) fn latvia(body: &str) -> bool {
    match digits(body, 11) {
        Some(digits) if digits[0] > 3 => weighted(&digits, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 == 3,
        _ => persons::latvia(body),
    }
}

pub(super) fn malta(body: &str) -> bool {
    digits(body, 8).is_some_and(|digits| digits[0] != 0 && weighted(&digits, &[3, 4, 6, 7, 8, 9, 10, 1]).is_multiple_of(37))
}

pub(super) fn netherlands(body: &str) -> bool {
    let Some((first, last)) = body.split_once('B') else { return false };
    let (Some(nine), Some(two)) = (digits(first, 9), digits(last, 2)) else { return false };
    if number(first) == Some(0) || number(last) == Some(0) {
        return false;
    }
    // The number of a company or person, or since 2020 one that says nothing of the person: MOD 97-10 over "NL" and all of it, letters as numbers.
    let is_company = weighted(&nine, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 == nine[8];
    let all = [2, 3, 2, 1].iter().chain(&nine).chain(&[1, 1]).chain(&two);
    is_company || all.fold(0, |rest, digit| (rest * 10 + digit) % 97) == 1
}

pub(super) fn poland(body: &str) -> bool {
    digits(body, 10).is_some_and(|digits| weighted(&digits, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digits[9])
}

pub(super) fn portugal(body: &str) -> bool {
    let check = |digits: &[u32]| (11 - weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10;
    digits(body, 9).is_some_and(|digits| digits[0] != 0 && check(&digits) == digits[8])
}

pub(super) fn romania(body: &str) -> bool {
    if !(2..=10).contains(&body.len()) || body.starts_with('0') {
        return false;
    }
    digits(&format!("{body:0>10}"), 10).is_some_and(|digits| weighted(&digits, &[7, 5, 3, 2, 1, 7, 5, 3, 2]) * 10 % 11 % 10 == digits[9])
}

pub(super) fn sweden(body: &str) -> bool {
    digits(body, 12).is_some_and(|digits| (1..=94).contains(&(digits[10] * 10 + digits[11])) && luhn(&digits[..10]) == 0)
}

pub(super) fn slovenia(body: &str) -> bool {
    let check = |digits: &[u32]| match 11 - weighted(digits, &[8, 7, 6, 5, 4, 3, 2]) % 11 {
        10 => 0,
        check => check,
    };
    digits(body, 8).is_some_and(|digits| digits[0] != 0 && check(&digits) == digits[7])
}

pub(super) fn slovakia(body: &str) -> bool {
    let Some(digits) = digits(body, 10) else { return false };
    digits[0] != 0 && matches!(digits[2], 2 | 3 | 4 | 7 | 8 | 9) && number(body).is_some_and(|number| number.is_multiple_of(11))
}
