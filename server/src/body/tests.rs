use super::{MAX_BODY, Refused, announced, read};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, header},
};
use futures::stream;
use std::io;

fn pieces(pieces: Vec<Result<usize, ()>>) -> Body {
    Body::from_stream(stream::iter(pieces.into_iter().map(|piece| match piece {
        Ok(length) => Ok(Bytes::from(vec![b'a'; length])),
        Err(()) => Err(io::Error::other("the line is cut")),
    })))
}

async fn within(body: Body) -> Result<Bytes, Refused> {
    read(&mut body.into_data_stream(), MAX_BODY).await
}

#[tokio::test]
async fn a_body_up_to_the_limit_comes_through_whole() {
    assert_eq!(within(pieces(vec![Ok(1), Ok(MAX_BODY - 1)])).await.map(|bytes| bytes.len()), Ok(MAX_BODY));
    assert_eq!(within(Body::empty()).await, Ok(Bytes::new()));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_in_whatever_pieces_it_comes() {
    for body in [pieces(vec![Ok(MAX_BODY + 1)]), pieces(vec![Ok(MAX_BODY), Ok(1)]), pieces(vec![Ok(1024); MAX_BODY / 1024 + 1])] {
        assert_eq!(within(body).await, Err(Refused::TooLarge));
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    assert_eq!(within(pieces(vec![Ok(5), Err(())])).await, Err(Refused::Broken));
}

#[test]
fn a_length_that_is_no_number_is_none() {
    let of = |text: &'static str| announced(&HeaderMap::from_iter([(header::CONTENT_LENGTH, HeaderValue::from_static(text))]));
    assert_eq!([of("12"), of("-1"), of("x")], [Some(12), None, None]);
}
