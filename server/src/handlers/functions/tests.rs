use super::{LISTED, admit, check_list, differences, has_nul};
use app_auth::operations;
use axum::{
    body::Body,
    http::{Request, StatusCode},
    response::IntoResponse,
};
use leptos::prelude::ServerFnError;

/// What a maker might write past the list.
#[leptos::prelude::server(prefix = "/api/public/test", endpoint = "unlisted")]
async fn unlisted() -> Result<(), ServerFnError> {
    Ok(())
}

/// The status of a call, of an operation that says that it has a conflict.
async fn status(path: &str) -> u16 {
    let http = Request::post(path).body(Body::from("{}")).expect("a request");
    admit(http, async |_| StatusCode::CONFLICT.into_response()).await.status().as_u16()
}

#[tokio::test]
async fn an_unlisted_server_function_is_not_served_and_stops_the_start() {
    let path = "/api/public/test/unlisted";
    assert_eq!((status(path).await, status("/api/public/checkout/plans").await), (404, 409));
    assert!(server_fn::axum::server_fn_paths().any(|(registered, _)| registered == path), "Leptos would serve it");
    assert!(!LISTED.contains(path));
    let refused = check_list().expect_err("the list lacks one").to_string();
    // Nothing else differs: every operation has its function.
    assert!(refused.ends_with("would serve: POST /api/public/test/unlisted is no operation"), "{refused}");
    assert_eq!(LISTED.len(), operations::all().len());
}

#[test]
fn a_second_function_at_a_listed_address_and_a_missing_one_are_differences() {
    let all = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
    assert_eq!(differences(all(&["POST /a", "POST /b"]), all(&["POST /b", "POST /a"])), Vec::<String>::new());
    assert_eq!(differences(all(&["POST /a"]), all(&["POST /a", "POST /a"])), ["POST /a is no operation"]);
    assert_eq!(differences(all(&["POST /a"]), all(&["GET /a"])), ["GET /a is no operation", "POST /a has no server function"]);
}

#[test]
fn a_nul_is_found_and_a_backslash_before_its_letters_is_none() {
    assert!(has_nul(br#"{"a":"x\u0000y"}"#, false));
    assert!(has_nul(br#"{"a":"x\\\u0000y"}"#, false));
    assert!(!has_nul(br#"{"a":"x\\u0000y"}"#, false));
    assert!(!has_nul(br#"{"a":"u0000"}"#, false));
    assert!(!has_nul(b"", false));
    assert!(has_nul(b"a=x%00y", true));
    assert!(has_nul(b"a=x\0y", true));
    assert!(!has_nul(b"a=x%2500y", true));
}
