//! `docs/PERMISSIONS.md` is the table of roles and permissions as it is.

use mpanel_model::permission::ALL;
use std::{collections::BTreeSet, fmt::Write};

const FILE: &str = "../../docs/PERMISSIONS.md";

fn table() -> String {
    let mut roles: Vec<&str> = Vec::new();
    for role in ALL.iter().flat_map(|entry| entry.roles) {
        if !roles.contains(role) {
            roles.push(role);
        }
    }
    // The platform's roles first, then a customer's, each from the mightiest on.
    roles.sort_by_key(|role| {
        let held = ALL.iter().filter(|entry| entry.roles.contains(role)).count();
        (role.starts_with("TENANT_"), usize::MAX - held, *role)
    });
    let mut text = String::from(
        "# Permissions\n\nThe built-in roles and what each may do. A platform role holds it for every customer, a tenant role in its own account.\n\
         \"again\" means that the password is asked for again, because it cannot be undone. Written by `MPANEL_SNAPSHOT=1 cargo test -p mpanel-model --test permissions`.\n\n",
    );
    let _ = writeln!(text, "| Permission | {} |", roles.join(" | "));
    let _ = writeln!(text, "|---|{}", "---|".repeat(roles.len()));
    for entry in ALL {
        let held = roles.iter().map(|role| match (entry.roles.contains(role), entry.step_up) {
            (true, true) => "again",
            (true, false) => "yes",
            (false, _) => "",
        });
        let _ = writeln!(text, "| `{}` | {} |", entry.name, held.collect::<Vec<_>>().join(" | "));
    }
    text
}

#[test]
fn the_table_of_roles_and_permissions_is_the_one_in_the_docs() {
    let now = table();
    if std::env::var_os("MPANEL_SNAPSHOT").is_some() {
        std::fs::write(FILE, &now).expect("the table is written");
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        kept == now,
        "roles or permissions have changed; look at the difference, then: MPANEL_SNAPSHOT=1 cargo test -p mpanel-model --test permissions\n{now}"
    );
}

#[test]
fn no_permission_stands_twice_and_each_has_a_holder_or_is_everybodys_own() {
    let names: BTreeSet<_> = ALL.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), ALL.len());
    for entry in ALL {
        assert_eq!(entry.roles.is_empty(), entry.name.starts_with("account:"), "{}", entry.name);
    }
}
