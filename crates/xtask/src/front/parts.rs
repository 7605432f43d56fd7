//! Parts travel together: some hundred requests for some hundred bytes each would take longer than the bytes, and what is compressed as one
//! file is smaller by a sixth. What travels together follows from who needs it: two loads become one where the requests saved are worth more
//! than the bytes that some groups of pages then fetch without need.

use anyhow::{Result, ensure};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

/// What a request costs, in bytes before they are compressed.
const REQUEST: i64 = 10_000;
/// Groups of pages that come first, with a weight of their own.
const FIRST: [&str; 4] = ["admin", "dashboard", "tenant", "plans"];
/// How much more often one of the first is fetched than any other.
const WEIGHT: i64 = 10;
/// The first view of staff: it fetches nothing that it does not need, in as few files as that and a visitor's first page allow.
const STAFF: [&str; 2] = ["admin", "dashboard"];
/// The first page of a visitor.
const VISITOR: &str = "plans";

/// A file of the site with parts one behind the other.
pub struct File {
    /// Its name before it is hashed.
    pub name: String,
    /// The parts' bytes.
    pub content: Vec<u8>,
    /// The parts' names without ending, with their sizes, in this order.
    pub parts: Vec<(String, usize)>,
}

/// Parts that are needed by the same groups, or nearly.
struct Load {
    /// A bit for each group that needs one of them.
    groups: u128,
    parts: Vec<(String, Vec<u8>)>,
}

impl Load {
    fn size(&self) -> i64 {
        i64::try_from(self.parts.iter().map(|(_, content)| content.len()).sum::<usize>()).unwrap_or(i64::MAX)
    }
}

/// The bits of groups.
struct Groups {
    bit: HashMap<String, u128>,
    first: u128,
    staff: u128,
    visitor: u128,
}

impl Groups {
    fn of(needs: &HashMap<String, Vec<String>>) -> Result<Self> {
        let mut names: Vec<_> = needs.keys().cloned().collect();
        names.sort();
        ensure!(names.len() <= 128, "more than 128 groups of pages do not fit into the bits of one number");
        let bit: HashMap<_, _> = names.into_iter().enumerate().map(|(at, name)| (name, 1 << at)).collect();
        let of = |some: &[&str]| some.iter().filter_map(|name| bit.get(*name)).sum();
        Ok(Self { first: of(&FIRST), staff: of(&STAFF), visitor: of(&[VISITOR]), bit })
    }

    fn weight(&self, groups: u128) -> i64 {
        i64::from(groups.count_ones()) + (WEIGHT - 1) * i64::from((groups & self.first).count_ones())
    }

    /// What is gained when two loads travel in one file.
    fn gain(&self, one: &Load, other: &Load) -> i64 {
        let differ = one.groups ^ other.groups;
        if one.groups & self.staff != 0 && differ & (self.staff | self.visitor) == 0 {
            return i64::MAX;
        }
        if (one.groups | other.groups) & self.staff != 0 {
            return 0;
        }
        let needless = |load: &Load, beside: &Load| load.size() * self.weight(beside.groups & !load.groups);
        REQUEST * self.weight(one.groups & other.groups) - needless(one, other) - needless(other, one)
    }
}

/// Decides which parts travel in one file. `needs` names the parts that each group needs.
///
/// # Errors
/// When nothing needs a part.
pub fn pack(parts: Vec<(String, Vec<u8>)>, needs: &HashMap<String, Vec<String>>) -> Result<Vec<File>> {
    let groups = Groups::of(needs)?;
    let mut needed_by: HashMap<&str, u128> = HashMap::new();
    for (group, names) in needs {
        for name in names {
            *needed_by.entry(name).or_default() |= groups.bit.get(group).copied().unwrap_or_default();
        }
    }
    let (mut loads, mut alone): (Vec<Option<Load>>, Vec<File>) = Default::default();
    for (name, content) in parts {
        let stem = name.trim_end_matches(".wasm").to_owned();
        let Some(groups_of) = needed_by.get(stem.as_str()).copied() else { anyhow::bail!("nothing loads {name}") };
        // The code of a page itself is asked for with that page only.
        if stem.starts_with("split_") && groups_of & groups.first == 0 {
            alone.push(File { parts: vec![(stem, content.len())], name, content });
        } else {
            loads.push(Some(Load { groups: groups_of, parts: vec![(stem, content)] }));
        }
    }
    join(&mut loads, &groups);
    let together = loads.into_iter().flatten().enumerate().map(|(at, load)| File {
        name: format!("parts_{}.bin", at + 1),
        parts: load.parts.iter().map(|(name, content)| (name.clone(), content.len())).collect(),
        content: load.parts.into_iter().flat_map(|(_, content)| content).collect(),
    });
    Ok(alone.into_iter().chain(together).collect())
}

/// Joins the two loads that gain most, until nothing is gained.
fn join(loads: &mut Vec<Option<Load>>, groups: &Groups) {
    let mut gains = BinaryHeap::new();
    let beside = |loads: &[Option<Load>], at: usize, gains: &mut BinaryHeap<_>| {
        let Some(one) = &loads[at] else { return };
        for (other_at, other) in loads[..at].iter().enumerate() {
            let gain = other.as_ref().map_or(0, |other| groups.gain(one, other));
            if gain > 0 {
                gains.push((gain, Reverse(other_at), Reverse(at)));
            }
        }
    };
    for at in 0..loads.len() {
        beside(loads, at, &mut gains);
    }
    while let Some((_, Reverse(one), Reverse(other))) = gains.pop() {
        if loads[one].is_none() || loads[other].is_none() {
            continue;
        }
        let (Some(mut joined), Some(more)) = (loads[one].take(), loads[other].take()) else { continue };
        joined.groups |= more.groups;
        joined.parts.extend(more.parts);
        loads.push(Some(joined));
        beside(loads, loads.len() - 1, &mut gains);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(parts: &[(&str, usize)], needs: &[(&str, &[&str])]) -> Result<Vec<Vec<String>>> {
        let parts = parts.iter().map(|(name, size)| (format!("{name}.wasm"), vec![u8::try_from(size % 7).unwrap(); *size])).collect();
        let needs = needs.iter().map(|(group, parts)| ((*group).to_owned(), parts.iter().map(|part| (*part).to_owned()).collect())).collect();
        let files = pack(parts, &needs)?;
        for file in &files {
            assert_eq!(file.content.len(), file.parts.iter().map(|(_, size)| size).sum::<usize>(), "{}", file.name);
        }
        Ok(files.into_iter().map(|file| file.parts.into_iter().map(|(name, _)| name).collect()).collect())
    }

    #[test]
    fn what_the_same_pages_need_travels_together_and_a_pages_own_code_alone() {
        let files = packed(
            &[("chunk_1", 100), ("chunk_2", 200), ("chunk_3", 50_000), ("split_users", 10), ("split_jobs", 10)],
            &[("users", &["chunk_1", "chunk_2", "chunk_3", "split_users"]), ("jobs", &["chunk_1", "chunk_2", "split_jobs"])],
        );
        assert_eq!(files.unwrap(), [vec!["split_users"], vec!["split_jobs"], vec!["chunk_3"], vec!["chunk_1", "chunk_2"]]);
    }

    #[test]
    fn a_small_part_is_fetched_without_need_where_that_saves_a_request_and_never_in_the_first_view_of_staff() {
        let parts = [("chunk_1", 3000), ("chunk_2", 3000)];
        let files = packed(&parts, &[("users", &["chunk_1", "chunk_2"]), ("jobs", &["chunk_1"])]);
        assert_eq!(files.unwrap(), [vec!["chunk_1", "chunk_2"]]);
        let files = packed(&parts, &[("users", &["chunk_1", "chunk_2"]), ("dashboard", &["chunk_1"])]);
        assert_eq!(files.unwrap(), [vec!["chunk_1"], vec!["chunk_2"]]);
        let large = [("chunk_1", 90_000), ("chunk_2", 90_000)];
        let files = packed(&large, &[("dashboard", &["chunk_1", "chunk_2"]), ("users", &["chunk_1"])]);
        assert_eq!(files.unwrap(), [vec!["chunk_1", "chunk_2"]], "it is one file whoever else needs a part");
    }

    #[test]
    fn the_code_of_the_first_pages_travels_with_what_they_need_and_a_part_that_nothing_needs_is_refused() {
        let needs: [(&str, &[&str]); 1] = [("dashboard", &["chunk_1", "split_dashboard"])];
        assert_eq!(packed(&[("chunk_1", 9), ("split_dashboard", 9)], &needs).unwrap(), [vec!["chunk_1", "split_dashboard"]]);
        assert!(packed(&[("chunk_9", 1)], &needs).is_err());
    }
}
