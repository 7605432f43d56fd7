//! What the style build promises.

use super::{scan, theme::Theme};
use std::path::Path;

const THEME: &str = r#"
colours = ["surface"]
hooks = ["icon"]
variants = [["narrow", "@media (width < 1100px)"], ["phone", "@media (width < 768px)"]]
[utilities]
"text-1" = ["color: var(--text)"]
"#;

fn css(source: &str) -> Result<String, String> {
    let theme = Theme::parse(THEME).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    scan::source(source, Path::new("page.rs"), &mut found).map_err(|error| error.to_string())?;
    super::generate(&theme, &found).map_err(|error| error.to_string())
}

#[test]
fn classes_are_found_in_attributes_in_tw_and_in_switches() {
    let css = css(r#"fn page() { view! { <p class="bg-surface" class:hidden=move || x>{tw!("text-1", "flex")}</p> } }"#).unwrap();
    for rule in ["var(--surface)", "display: none", "var(--text)", "display: flex"] {
        assert!(css.contains(rule), "{rule} is missing in {css}");
    }
}

#[test]
fn an_unknown_class_is_named_with_its_file_and_line() {
    let error = css("fn page() {\n view! { <p class=\"flex bg-surfaec icon\"></p> }\n}").unwrap_err();
    assert!(error.contains("page.rs:2: class \"bg-surfaec\" yields no CSS"), "{error}");
    assert!(!error.contains("\"icon\""), "{error}");
}

#[test]
fn a_raw_colour_is_refused() {
    let error = css(r#"const A: &str = tw!("bg-red-500");"#).unwrap_err();
    assert!(error.contains("is not a token"), "{error}");
}

#[test]
fn the_phone_has_the_last_word() {
    let css = css(r#"const A: &str = tw!("phone:grid narrow:block");"#).unwrap();
    let (narrow, phone) = (css.find("1100px").unwrap(), css.find("768px").unwrap());
    assert!(narrow < phone, "{css}");
}

#[test]
fn a_field_named_class_is_no_class() {
    assert_eq!(css("struct A { class: String, other: u8 }").unwrap(), "");
}
