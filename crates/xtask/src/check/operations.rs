//! Everything that can be done through a door is an operation: `#[operation]` opens the door and writes the list, so nobody opens one by hand.

use super::{Outcome, sources::Sources};

/// What only the macro writes.
const BY_HAND: [&str; 3] = ["#[server(", "app_auth::platform", "app_auth::tenant"];

/// Reads the rooms.
pub fn check(sources: &Sources) -> Outcome {
    let (mut wrong, mut operations) = (Vec::new(), 0);
    for source in sources.rust().filter(|source| source.path.starts_with("app/") && !source.path.starts_with("app/operation/")) {
        for (at, line) in source.text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            // An argument's own `#[server(flatten)]` is inside the operation.
            if let Some(word) = BY_HAND.iter().find(|word| line.contains(*word) && !line.contains("#[server(flatten)]")) {
                wrong.push(format!("{}:{}: `{word}` by hand; #[operation] opens the door", source.path, at + 1));
            }
            operations += usize::from(line.starts_with("#[operation("));
        }
    }
    Outcome::of(wrong, format!("{operations} operations, none beside the list"))
}
