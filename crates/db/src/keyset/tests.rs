//! Walking through a list, page by page, in both directions.

use super::*;
use proptest::prelude::*;

/// What the query of the doc comment returns from a list of these keys.
fn query(keyset: &Keyset<i64>, list: &[i64]) -> Vec<i64> {
    let limit = usize::try_from(keyset.limit()).unwrap();
    let mut rows: Vec<i64> = match keyset.after {
        None => list.iter().rev().filter(|key| keyset.before.is_none_or(|before| **key < before)).take(limit).copied().collect(),
        Some(after) => list.iter().filter(|key| **key > after).take(limit).copied().collect(),
    };
    rows.sort_unstable_by(|a, b| b.cmp(a));
    rows
}

fn page(list: &[i64], cursor: Option<String>) -> Page<i64> {
    let request = PageRequest { cursor, ..PageRequest::default() };
    let keyset = Keyset::from_request(&request).unwrap().with_size(3);
    keyset.page(query(&keyset, list), |key| *key)
}

#[test]
fn a_list_is_walked_to_its_end_and_back_without_a_gap() {
    let list: Vec<i64> = (1..=8).collect();
    let first = page(&list, None);
    assert_eq!((first.rows.as_slice(), &first.newer), ([8, 7, 6].as_slice(), &None));
    let second = page(&list, first.older);
    assert_eq!(second.rows, [5, 4, 3]);
    let third = page(&list, second.older.clone());
    assert_eq!((third.rows.as_slice(), &third.older), ([2, 1].as_slice(), &None));
    let back = page(&list, third.newer);
    assert_eq!(back.rows, [5, 4, 3]);
    let top = page(&list, back.newer);
    assert_eq!((top.rows.as_slice(), &top.newer), ([8, 7, 6].as_slice(), &None));
    assert_eq!(top.older, Some("older.6".to_owned()));
}

#[test]
fn rows_that_come_in_meanwhile_do_not_shift_a_page() {
    let mut list: Vec<i64> = (1..=6).collect();
    let first = page(&list, None);
    list.extend([7, 8]);
    let second = page(&list, first.older);
    assert_eq!(second.rows, [3, 2, 1]);
    assert_eq!(page(&list, second.newer).rows, [6, 5, 4]);
}

#[test]
fn an_empty_list_has_no_neighbours() {
    assert_eq!(page(&[], None), Page::empty());
}

#[test]
fn a_foreign_cursor_is_refused() {
    for cursor in ["5", "older.", "older.x", "sideways.5", "older.5; drop table", "."] {
        let request = PageRequest { cursor: Some(cursor.to_owned()), ..PageRequest::default() };
        assert_eq!(Keyset::<i64>::from_request(&request), Err(BadCursor), "{cursor}");
    }
}

#[test]
fn a_size_is_never_without_bound() {
    let keyset = Keyset::<i64>::from_request(&PageRequest::default()).unwrap();
    assert_eq!(keyset.limit(), PAGE_SIZE + 1);
    assert_eq!(keyset.with_size(i64::MAX).limit(), 501);
    assert_eq!(keyset.with_size(0).limit(), 2);
}

proptest! {
    #[test]
    fn any_cursor_is_refused_or_names_one_key_on_one_side(text in "(?s).{0,20}", near in "(older|newer|Older| older)[.]{0,2}[-+0-9a-f]{0,22}", key in any::<i64>()) {
        for cursor in [text, near, format!("older.{key}"), format!("newer.{key}")] {
            let request = PageRequest { cursor: Some(cursor.clone()), ..PageRequest::default() };
            if let Ok(keyset) = Keyset::<i64>::from_request(&request) {
                let side = match (keyset.before, keyset.after) {
                    (Some(key), None) => format!("older.{key}"),
                    (None, Some(key)) => format!("newer.{key}"),
                    _ => String::new(),
                };
                prop_assert_eq!(side.is_empty(), cursor.is_empty());
                let again = PageRequest { cursor: Some(side), ..PageRequest::default() };
                prop_assert_eq!(Keyset::<i64>::from_request(&again), Ok(keyset));
            }
        }
    }
}
