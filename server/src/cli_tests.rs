use super::*;

#[test]
fn renamed_commands_keep_their_old_names_as_hidden_aliases() {
    use clap::CommandFactory;
    for old in [["mpanel", "key", "replace"].as_slice(), &["mpanel", "admin", "remove-second-step", "anna@northpier.example"]] {
        assert!(Cli::try_parse_from(old).is_ok(), "{old:?}");
    }
    for name in ["key", "admin"] {
        let help = Cli::command().find_subcommand_mut(name).expect("a command").render_long_help().to_string();
        assert!(!help.contains("replace") && !help.contains("remove-second-step"), "{help}");
    }
}
