//! Everything that anybody could write into a message: refused, or carried exactly.

// The checks call the crate as its users do.
extern crate mpanel_wire as wire;

mod checks;
mod samples;
mod words;

use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use wire::message::ToNode;

/// Puts a text in one place of a message. True when the message is still taken; then it carries the text exactly.
fn takes(sample: &Value, place: &str, text: &str) -> bool {
    let mut changed = sample.clone();
    *changed.pointer_mut(place).unwrap() = Value::String(text.to_owned());
    match serde_json::from_value::<ToNode>(changed.clone()) {
        Err(_) => false,
        Ok(message) => {
            assert_eq!(serde_json::to_value(&message).unwrap(), changed, "{place}: {text:?} is carried exactly");
            true
        }
    }
}

#[test]
fn there_is_a_sample_of_every_request_and_each_is_taken() {
    let numbers: BTreeSet<usize> = samples::all().into_iter().map(|value| samples::number(&serde_json::from_value(value).unwrap())).collect();
    assert_eq!(numbers, (0..samples::NUMBERS).collect());
}

#[test]
fn hostile_words_are_taken_where_people_write_freely_and_nowhere_else() {
    let mut free = BTreeSet::new();
    for sample in samples::all() {
        for place in samples::texts(&sample) {
            for text in words::HOSTILE.iter().copied().chain([words::long().as_str()]) {
                // The samples' own values are made of plain signs; these words are not.
                // A certificate authority may begin a token with a hyphen, so one of them is a token too: see below.
                // The root is a name in DNS; where a record cannot have it, the zone's own check says so.
                let is_root = place.contains("/zone/records/") && text == ".";
                if !is_root && !(place.ends_with("/token") && text == "-rf") && takes(&sample, &place, text) {
                    free.insert(place.rsplit('/').next().unwrap().to_owned());
                }
            }
        }
    }
    // A redirect leads from one path to another, and an error page is a path of the site: those of them that are paths are taken.
    let expected =
        ["admin_password", "command", "failed", "from", "key", "not_found", "password", "search", "text", "title", "to", "value"].map(str::to_owned);
    assert_eq!(free, BTreeSet::from(expected));
}

#[test]
fn the_only_hostile_word_that_names_a_challenge_looks_like_an_option() {
    for (field, expected) in [("challenge_put/token", &["-rf"][..]), ("challenge_put/answer", &[]), ("challenge_remove/token", &["-rf"])] {
        let found = samples::all().into_iter().find_map(|sample| {
            let place = samples::texts(&sample).into_iter().find(|place| place.ends_with(field))?;
            Some((sample, place))
        });
        let (sample, place) = found.expect(field);
        let taken: Vec<&str> = words::HOSTILE.iter().copied().filter(|word| takes(&sample, &place, word)).collect();
        assert_eq!(taken, expected, "{field}");
    }
}

#[test]
fn a_field_that_no_request_has_is_refused_wherever_it_stands() {
    for sample in samples::all() {
        for place in samples::objects(&sample) {
            let mut changed = sample.clone();
            changed.pointer_mut(&place).unwrap().as_object_mut().unwrap().insert("env".to_owned(), Value::String("LD_PRELOAD=x".to_owned()));
            assert!(serde_json::from_value::<ToNode>(changed).is_err(), "{place} of {sample}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_in_any_place_of_any_request_is_refused_or_carried_exactly(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), text in words::text()) {
        let all = samples::all();
        let sample = which.get(&all);
        let places = samples::texts(sample);
        takes(sample, at.get(&places), &text);
    }

    #[test]
    fn any_text_as_any_name_is_refused_or_carried_exactly(text in words::text()) {
        checks::names(&text);
    }

    #[test]
    fn names_that_are_nearly_right_too(text in "[a-zA-Z0-9][a-z0-9._-]{0,20}(@[a-z0-9.-]{1,12})?", url in "https?://[a-z0-9.-]{1,20}(:[0-9]{0,6})?") {
        checks::names(&text);
        checks::names(&url);
    }

    #[test]
    fn addresses_branches_and_folders_of_repositories_that_are_nearly_right_too(
        remote in "(https://|ssh://|ssh://git@|git@|[a-z]{0,3}@)[a-zA-Z0-9.-]{0,10}(:[0-9]{0,6})?[:/][a-zA-Z0-9._~+%/@ -]{0,16}",
        branch in "[a-z0-9._-]{0,5}(/[a-z0-9._-]{0,5}){0,3}([.]lock)?",
        keys in "([a-z0-9.:,*-]{0,6}[ \n]ssh-[a-z0-9]{0,7}[ \n][A-Za-z0-9+/=]{0,8}\n?){0,3}",
    ) {
        checks::names(&remote);
        checks::names(&branch);
        checks::names(&keys);
    }

    #[test]
    fn any_bytes_of_a_channel_give_the_same_frames_however_they_are_cut(bytes in prop::collection::vec(any::<u8>(), 0..300), piece in 1_usize..40) {
        checks::frames(&bytes, piece);
    }

    #[test]
    fn damaged_frames_too(bodies in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..40)), 1..6), at in any::<prop::sample::Index>(), with in any::<u8>(), piece in 1_usize..40) {
        let mut bytes = Vec::new();
        for (json, body) in bodies {
            let frame = if json { wire::frame::Frame::Json(body) } else { wire::frame::Frame::Chunk { id: 7, bytes: body } };
            frame.encode(&mut bytes).unwrap();
        }
        checks::frames(&bytes, piece);
        let at = at.index(bytes.len());
        bytes[at] = with;
        checks::frames(&bytes, piece);
    }

    #[test]
    fn a_damaged_message_is_refused_or_carried_exactly(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let all = samples::all();
        let mut bytes = serde_json::to_vec(which.get(&all)).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = with;
        checks::to_node(&bytes);
        checks::from_node(&bytes);
    }
}
