//! What each resolver has of a record. They are asked one by one: a customer sees who has an answer of before, and who does not answer.

use adapters::dns::Dns;
use engine::Services;
use model::hosting::domains::ResolverAnswer;

/// Asks each for the records of a type at a name of a zone. Which of the answers are right is for the caller to say.
pub(super) async fn by_resolver(services: &Services, zone: &str, name: &str, kind: &str) -> Vec<ResolverAnswer> {
    let mut answers = Vec::new();
    for (resolver, found) in services.part::<dyn Dns>().lookup(zone, name, kind).await {
        let values = match found {
            Ok((found, _)) => Some(found.values),
            // Its words have addresses of ours.
            Err(error) => {
                tracing::info!(%error, %resolver, name, "failed to ask a resolver");
                None
            }
        };
        answers.push(ResolverAnswer { resolver, has_answered: values.is_some(), values: values.unwrap_or_default(), is_right: false });
    }
    answers
}
