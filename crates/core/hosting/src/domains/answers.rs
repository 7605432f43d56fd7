//! The answer of each resolver for a record. Each is queried by itself, so that a customer sees which one has an old answer cached or does not respond.

use adapters::dns::Dns;
use engine::Services;
use model::hosting::domains::ResolverAnswer;

/// Queries each resolver for the records of a type at a name of a zone. The caller decides which answers are right.
pub(super) async fn by_resolver(services: &Services, zone: &str, name: &str, kind: &str) -> Vec<ResolverAnswer> {
    let mut answers = Vec::new();
    for (resolver, found) in services.part::<dyn Dns>().lookup(zone, name, kind).await {
        let values = match found {
            Ok((found, _)) => Some(found.values),
            // The error is only logged: its text contains addresses of our network.
            Err(error) => {
                tracing::info!(%error, %resolver, name, "failed to ask a resolver");
                None
            }
        };
        answers.push(ResolverAnswer { resolver, has_answered: values.is_some(), values: values.unwrap_or_default(), is_right: false });
    }
    answers
}
