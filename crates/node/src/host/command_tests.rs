use super::*;
use crate::serve::writer::MessageSender;

fn task() -> Task {
    Task::new(1, Duration::from_secs(60), MessageSender::new().0)
}

#[test]
fn a_program_that_ends_is_not_waited_for_where_it_has_left_its_outputs_to_another() {
    let began = Instant::now();
    for live in [false, true] {
        let mut run = Cmd::uninterruptible("sh").args(["-c", "echo done; echo words >&2; sleep 30 & exit 3"]).input("a word");
        run.live = live;
        let said = run.output(&task()).unwrap();
        assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (3, "done\n", "words\n"));
    }
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
}

#[test]
fn all_that_a_program_says_and_reads_goes_through_its_pipes() {
    let words = "word ".repeat(100_000);
    let said = Cmd::uninterruptible("cat").input(words.clone()).output(&task()).unwrap();
    assert_eq!((said.code, said.out.len(), said.out == words), (0, words.len(), true));
}

#[test]
fn a_program_that_talks_without_end_is_told_from_its_beginning_and_its_end() {
    let (out, outbox) = MessageSender::new();
    let mut words: String = (0..400).map(|n| format!("{n} {}\n", "x".repeat(900))).collect();
    words.push_str("the end\n");
    let kept = read_live(words.as_bytes(), &Task::new(1, Duration::from_secs(60), out));
    assert!(kept.len() <= MAX_KEPT && kept.ends_with(b"the end\n"));
    let mut bytes = Vec::new();
    crate::serve::writer::write_all(&outbox, &mut bytes);
    let told = String::from_utf8_lossy(&bytes);
    assert!(told.contains("0 xxx") && told.contains("the end") && told.contains("only the end"));
    assert!(bytes.len() < 220 << 10, "{}", bytes.len());
}
