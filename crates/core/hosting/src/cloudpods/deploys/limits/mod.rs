//! How much is deployed: builds that go on at once, deploys in an hour, and log lines that are kept.

pub(in crate::cloudpods) mod queries;
