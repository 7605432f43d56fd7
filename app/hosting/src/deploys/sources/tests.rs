use super::proposed;
use model::hosting::{deploy_sources::SourceProposal, deploys::SourceInput};

#[test]
fn what_a_repository_says_nothing_about_stays_as_it_was_set() {
    let set = SourceInput { build_command: "make".to_owned(), publish: "out".to_owned(), shared: "uploads".to_owned(), ..SourceInput::default() };
    assert_eq!(proposed(Some(set.clone()), Some(SourceProposal::default())), Some(set.clone()));
    let suggestion = SourceProposal { publish: "dist".to_owned(), start_file: "main.js".to_owned(), ..SourceProposal::default() };
    let wanted = SourceInput { publish: "dist".to_owned(), start_file: "main.js".to_owned(), ..set.clone() };
    assert_eq!(proposed(Some(set), Some(suggestion)), Some(wanted));
}
