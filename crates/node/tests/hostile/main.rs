//! Everything that anybody could write into a pod's description, a page or a name on the disk: refused, or carried exactly.

mod pods;
mod texts;
#[path = "../../../wire/tests/hostile/words.rs"]
mod words;

use pods::Words;
use proptest::prelude::*;

fn usual() -> Words {
    Words {
        stack: 0,
        pod: "a-b".into(),
        site: "main".into(),
        domains: vec!["a.example.test".into(), "b.example.test".into()],
        title: "Ana & Sons".into(),
        runtime: "php8.2".into(),
        database: "pod_a_b".into(),
        password: "0123456789-abcdef".into(),
        email: "ana@example.test".into(),
        user: "ana".into(),
        limits: [500, 256, 1024, 100],
    }
}

#[test]
fn the_usual_pod_of_each_stack_is_accepted_and_its_files_read_back() {
    for stack in 0..4 {
        pods::pod(&pods::described(&Words { stack, ..usual() }).expect("the usual words are accepted"));
    }
}

#[test]
fn hostile_words_are_refused_in_every_name_and_arrive_exactly_in_titles() {
    for text in words::HOSTILE.iter().map(|text| (*text).to_owned()).chain([words::long()]) {
        for stack in 0..4 {
            let with = |change: &dyn Fn(&mut Words)| {
                let mut words = Words { stack, ..usual() };
                change(&mut words);
                pods::described(&words)
            };
            assert!(with(&|words| words.pod = text.clone()).is_none(), "pod {text:?}");
            assert!(with(&|words| words.site = text.clone()).is_none(), "site {text:?}");
            assert!(with(&|words| words.domains = vec![text.clone()]).is_none(), "domain {text:?}");
            assert!(with(&|words| words.domains.push(format!("{text}.example.test"))).is_none(), "part of a domain {text:?}");
            if stack % 2 == 1 {
                assert!(with(&|words| words.database = text.clone()).is_none(), "database {text:?}");
                let taken = with(&|words| words.password = format!("0123456789abcdef{text}")).is_some();
                assert!(!taken || text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "database password {text:?}");
            }
            if let Some(spec) = with(&|words| words.title = text.clone()) {
                pods::pod(&spec);
            }
        }
        texts::escaped(&text);
        texts::said(&text);
    }
}

#[test]
fn a_subvolume_whose_name_looks_like_a_row_of_the_list_leads_to_no_other_pod() {
    let listed = "ID 256 gen 7 top level 5 path a\nID 257 gen 7 top level 5 path b\nID 258 gen 7 top level 256 path a/pub/x\nID 257 gen 9 top level 256 path y\n";
    let real = |id: &u64| match id {
        258 => "a/pub/x\nID 257 gen 9 top level 256 path y",
        _ => "b",
    };
    let mut inside = mpanel_node::foreign::descendants(listed, 256);
    inside.retain(|id| mpanel_node::foreign::is_below(real(id), "a"));
    assert_eq!(inside, [258]);
}

fn nearly() -> impl Strategy<Value = Words> {
    let domain = "[a-z0-9]([a-z0-9-]{0,9}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,9}[a-z0-9])?){1,3}";
    let names = (
        0_u8..4,
        ("[a-z][a-z0-9-]{0,23}", "[a-z][a-z0-9]{0,15}"),
        prop::collection::vec(domain, 1..5),
        words::text(),
        "(php[0-9]{1,2}\\.[0-9]|node[0-9]{2}|[a-z0-9][a-z0-9.-]{0,20})",
    );
    let people =
        ("[a-z][a-z0-9_]{0,31}", "[A-Za-z0-9_-]{16,40}", "[a-z0-9._+'&=~-]{1,20}@[a-z]{1,9}\\.[a-z]{2,5}", "[A-Za-z0-9][A-Za-z0-9._-]{0,20}");
    let limits = (0_u32..300_000, 0_u32..2_000_000, 0_u32..20_000_000, 0_u32..200_000);
    (names, people, limits).prop_map(
        |((stack, (pod, site), domains, title, runtime), (database, password, email, user), (cpu, memory, disk, tasks))| Words {
            stack,
            pod,
            site,
            domains,
            title,
            runtime,
            database,
            password,
            email,
            user,
            limits: [cpu, memory, disk, tasks],
        },
    )
}

proptest! {
    #[test]
    fn the_files_of_any_accepted_pod_read_back_and_carry_no_word_of_people(words in nearly(), title in words::text()) {
        for title in [words.title.clone(), title, "x".to_owned()] {
            if let Some(spec) = pods::described(&Words { title, ..words.clone() }) {
                pods::pod(&spec);
            }
        }
    }

    #[test]
    fn one_hostile_word_in_any_place_is_refused_or_harmless(stack in 0_u8..4, place in 0..8, text in words::text()) {
        let mut words = Words { stack, ..usual() };
        match place {
            0 => words.pod = text,
            1 => words.domains.push(text),
            2 => words.runtime = text,
            3 => words.database = text,
            4 => words.password = text,
            5 => words.email = text,
            6 => words.site = text,
            _ => words.user = text,
        }
        if let Some(spec) = pods::described(&words) {
            pods::pod(&spec);
        }
    }

    #[test]
    fn any_words_of_nginx_are_refused_or_read_back(words in prop::collection::vec(prop::collection::vec(words::text(), 1..4), 1..6), depth in 0_usize..4) {
        texts::nginx_words(words, depth);
    }

    #[test]
    fn any_text_as_nginx_or_ini_is_not_understood_or_can_be_written_again(text in words::text(), like in "([a-z$\"\\\\ ]{1,9}[ ;{}#\n]){1,12}", sections in "(\\[[a-z]{1,4}\\]\n|[a-zA-Z]{1,5}=[ -~]{0,9}\n|#x\n){1,9}") {
        for text in [&text, &like, &sections] {
            texts::nginx_text(text);
            texts::ini_text(text);
        }
    }

    #[test]
    fn any_section_key_and_value_is_refused_or_reads_back(keys in prop::collection::vec((words::text(), words::text(), words::text()), 1..4), value in words::text()) {
        texts::ini_tree(&keys);
        texts::ini_tree(&[("S".to_owned(), "k".to_owned(), value)]);
    }

    #[test]
    fn any_text_arrives_exactly_in_html_php_and_javascript(text in words::text(), odd in "(?s).{0,40}") {
        texts::escaped(&text);
        texts::escaped(&odd);
    }

    #[test]
    fn any_answer_of_a_site_is_read_without_harm(body in words::text(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        texts::site(&bytes);
        texts::site(format!("HTTP/1.1 200 OK\r\n\r\n<title>{body}</title>").as_bytes());
    }

    #[test]
    fn any_words_of_a_program_are_read_without_harm(text in words::text(), rows in "(ID 2[5-6][0-9] gen [0-9] top level (5|2[5-6][0-9]) path [a-z/\n]{1,9}\n){0,9}") {
        texts::said(&text);
        texts::said(&rows);
    }
}
