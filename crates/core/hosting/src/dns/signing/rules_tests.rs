//! The key of RFC 6605.

use super::*;

#[test]
fn a_key_has_the_tag_and_the_digests_of_rfc_6605() {
    // The example of RFC 6605 §6.1.
    let public = "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==";
    let point = point(public).unwrap();
    assert_eq!(key_tag(&point), 55_648);
    let sha256 = "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17";
    assert_eq!(digest("example.net", &point, 2).as_deref(), Some(sha256));
    assert!(is_of(&format!("55648 13 2 {sha256}"), "example.net", &point));
    let sha384 = digest("example.net", &point, 4).unwrap();
    assert!(is_of(&format!("55648 13 4 {sha384}"), "example.net", &point));
    for wrong in [format!("55648 13 2 {sha256}0"), format!("55649 13 2 {sha256}"), format!("55648 8 2 {sha256}"), format!("55648 13 1 {sha256}")] {
        assert!(!is_of(&wrong, "example.net", &point), "{wrong}");
    }
    assert!(!is_of(&format!("55648 13 2 {sha256}"), "example.org", &point));
}
