//! What deploys may take from everybody else: places at work, turns of a pod, and room for what they say.

pub(in crate::cloudpods) mod queries;
