//! What fits where.

use super::queries::{Taken, Whole};
use crate::cloudpods::rules::ANYWHERE;
use model::hosting::cloudpods::Limits;

/// Whether a pod of these limits fits beside what is taken.
pub(super) fn fits(whole: &Whole, taken: &Taken, more: Limits) -> bool {
    taken.pods < i64::from(whole.max_pods)
        && taken.cpu_millis + i64::from(more.cpu_millis) <= i64::from(whole.cpu_millis)
        && taken.memory_mb + i64::from(more.memory_mb) <= i64::from(whole.memory_mb)
        && taken.disk_mb + i64::from(more.disk_mb) <= i64::from(whole.disk_mb)
}

/// A pod of these limits is taken as well.
pub(super) fn add(taken: &mut Taken, pod: Limits) {
    taken.pods += 1;
    taken.cpu_millis += i64::from(pod.cpu_millis);
    taken.memory_mb += i64::from(pod.memory_mb);
    taken.disk_mb += i64::from(pod.disk_mb);
}

/// Whether a pod that is there may grow beside what is taken. One that does not grow always may.
pub(super) fn grows(whole: &Whole, taken: &Taken, now: Limits, then: Limits) -> bool {
    let fits = |whole: i32, taken: i64, now: i32, then: i32| then <= now || taken - i64::from(now) + i64::from(then) <= i64::from(whole);
    fits(whole.cpu_millis, taken.cpu_millis, now.cpu_millis, then.cpu_millis)
        && fits(whole.memory_mb, taken.memory_mb, now.memory_mb, then.memory_mb)
        && fits(whole.disk_mb, taken.disk_mb, now.disk_mb, then.disk_mb)
}

/// Thousandths of a core in words.
pub(super) fn cores(millis: i32) -> String {
    if millis % 1000 == 0 { (millis / 1000).to_string() } else { format!("{}.{:03}", millis / 1000, millis % 1000).trim_end_matches('0').to_owned() }
}

/// The region as the end of a sentence.
pub(super) fn where_words(region: &str) -> String {
    if region == ANYWHERE { String::new() } else { format!(" in {region}") }
}
