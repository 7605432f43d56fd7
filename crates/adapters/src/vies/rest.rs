//! The REST interface of VIES.

use super::{VatAnswer, VatQuery, Vies, ViesUnavailable};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::time::Duration;

/// Countries take their time.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest answer that is read.
const MAX_ANSWER: usize = 64 * 1024;

/// The real service.
pub struct RestVies {
    http: reqwest::Client,
    url: String,
}

impl RestVies {
    /// At this address, without a slash at the end.
    pub fn new(http: reqwest::Client, url: impl Into<String>) -> Self {
        Self { http, url: url.into() }
    }
}

#[async_trait]
impl Vies for RestVies {
    async fn check(&self, query: &VatQuery) -> Result<VatAnswer, ViesUnavailable> {
        let body = request(query);
        let request = self.http.post(format!("{}/check-vat-number", self.url)).json(&body).timeout(TIMEOUT);
        let mut response = request.send().await.map_err(|error| ViesUnavailable(error.without_url().to_string()))?;
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| ViesUnavailable(error.without_url().to_string()))? {
            answer.extend_from_slice(&chunk);
            if answer.len() > MAX_ANSWER {
                return Err(ViesUnavailable("the answer is too long".to_owned()));
            }
        }
        read(&answer)
    }
}

fn request(query: &VatQuery) -> Value {
    let (country, number) = query.number.split_at_checked(2).unwrap_or_default();
    let mut request = json!({ "countryCode": country, "vatNumber": number });
    if let Some((country, number)) = query.requester.as_deref().and_then(|requester| requester.split_at_checked(2)) {
        request["requesterMemberStateCode"] = json!(country);
        request["requesterNumber"] = json!(number);
    }
    request
}

/// An answer counts only if it is about the number. Trouble comes as a list of errors, or with `valid: false` and the error beside it.
pub(super) fn read(answer: &[u8]) -> Result<VatAnswer, ViesUnavailable> {
    let answer: Value = serde_json::from_slice(answer).map_err(|_| ViesUnavailable("the answer is not JSON".to_owned()))?;
    let trouble = answer["errorWrappers"][0]["error"].as_str().or_else(|| answer["userError"].as_str());
    if let Some(trouble) = trouble.filter(|word| !matches!(*word, "VALID" | "INVALID")) {
        let word: String = trouble.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(60).collect();
        return Err(ViesUnavailable(word));
    }
    let is_valid = answer["valid"].as_bool().ok_or_else(|| ViesUnavailable("the answer says nothing about the number".to_owned()))?;
    let consultation = answer["requestIdentifier"].as_str().unwrap_or_default();
    Ok(VatAnswer { is_valid, consultation: consultation.chars().filter(char::is_ascii_graphic).take(60).collect() })
}
