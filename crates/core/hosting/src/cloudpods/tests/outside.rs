//! What counts as "the page that was asked for".

use crate::cloudpods::outside::{Seen, title_of};

fn page(status: u16, body: &str) -> Seen {
    Seen::Page { status, title: title_of(body), retry_after: false }
}

#[test]
fn the_title_must_be_there_with_status_200() {
    let body = "<html><head><title>Ana &amp; Sons &#8211; Just another site</title></head>";
    assert!(page(200, body).is_site("Ana & Sons"));
    assert!(!page(500, body).is_site("Ana & Sons"));
    assert!(!page(404, body).is_site("Ana & Sons"));
    assert!(!page(200, body).is_site("Ben & Sons"));
    assert!(!page(200, "<h1>Ana &amp; Sons</h1>").is_site("Ana & Sons"));
    assert!(!Seen::Nothing("no connection".to_owned()).is_site("Ana & Sons"));
}

#[test]
fn typographic_signs_are_the_plain_ones() {
    assert!(page(200, "<title>Ana&#8217;s  shop</title>").is_site("Ana's shop"));
    assert!(page(200, "<TITLE lang=en>\n A &lt;b&gt; &#x26; c\n</TITLE>").is_site("A <b> & c"));
}

#[test]
fn a_title_with_an_entity_in_it_is_found_as_it_is_or_as_what_it_stands_for() {
    assert!(page(200, "<title>A &amp;amp; B</title>").is_site("A &amp; B"));
    assert!(page(200, "<title>A &amp; B</title>").is_site("A &amp; B"));
    assert!(!page(200, "<title>Any page</title>").is_site("&nbsp;"), "nothing is not found everywhere");
}

#[test]
fn a_page_brings_no_sign_that_cannot_be_stored() {
    assert_eq!(title_of("<title>a&#0;b\u{1}c</title>").as_deref(), Some("abc"));
}
