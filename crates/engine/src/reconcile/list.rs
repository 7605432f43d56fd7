//! Objects that have no row yet are given one: every reconciler lists those that it is responsible for.

use super::{OBJECTS_PER_PAGE, Object, Registry, queries, registry::Entry, run::ACTOR};
use crate::{Result, Services};
use db::SystemTx;
use uuid::Uuid;

/// A reconciler that has not listed everything yet.
struct Pending<'a> {
    name: &'static str,
    entry: &'a Entry,
    after: Option<Uuid>,
}

/// Adds objects without a row; one reconciler that cannot list its own holds up no other. If none is missing: one statement for each
/// reconciler, one comparison, and no write.
pub(super) async fn add_missing(services: &Services, registry: &Registry) {
    let mut pending: Vec<Pending<'_>> = registry.iter().map(|(name, entry)| Pending { name, entry, after: None }).collect();
    while !pending.is_empty() {
        let listed = match pages(services, &mut pending).await {
            Ok(listed) => listed,
            Err(error) => {
                tracing::warn!(%error, "failed to list the objects of reconcilers");
                return;
            }
        };
        for (name, objects) in listed {
            if let Err(error) = add(services, name, &objects).await {
                tracing::warn!(reconciler = name, %error, "failed to add the objects of a reconciler");
            }
        }
    }
}

/// The next page of each; of these objects those without a row. Those remain that have another page.
async fn pages(services: &Services, pending: &mut Vec<Pending<'_>>) -> Result<Vec<(&'static str, Vec<Object>)>> {
    let mut names: Vec<&'static str> = Vec::new();
    let mut objects: Vec<Object> = Vec::new();
    let mut tx = services.db.system_read(ACTOR).await?;
    for mut one in std::mem::take(pending) {
        let page = match (one.entry.objects)(tx.conn(), one.after).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(reconciler = one.name, %error, "failed to list the objects of a reconciler");
                // PostgreSQL answers nothing more in a transaction in which a statement has failed.
                tx = services.db.system_read(ACTOR).await?;
                continue;
            }
        };
        one.after = page.last().map(|object| object.key);
        names.extend(page.iter().map(|_| one.name));
        let is_full = i64::try_from(page.len()).unwrap_or(i64::MAX) >= OBJECTS_PER_PAGE;
        objects.extend(page);
        if is_full && one.after.is_some() {
            pending.push(one);
        }
    }
    without_row(tx, &names, &objects).await
}

/// Those without a row, by reconciler.
async fn without_row(mut tx: SystemTx, names: &[&'static str], objects: &[Object]) -> Result<Vec<(&'static str, Vec<Object>)>> {
    let keys: Vec<Uuid> = objects.iter().map(|object| object.key).collect();
    let positions = queries::missing(tx.conn(), names, &keys).await?;
    tx.finish().await?;
    let mut found: Vec<(&'static str, Vec<Object>)> = Vec::new();
    for position in positions {
        let index = usize::try_from(position.saturating_sub(1)).unwrap_or(usize::MAX);
        let (Some(name), Some(object)) = (names.get(index), objects.get(index)) else { continue };
        match found.last_mut() {
            Some((last, of_it)) if *last == *name => of_it.push(*object),
            _ => found.push((*name, vec![*object])),
        }
    }
    Ok(found)
}

async fn add(services: &Services, name: &str, objects: &[Object]) -> Result<()> {
    let mut tx = services.db.system(ACTOR).await?;
    queries::add_missing(tx.conn(), name, objects, services.now()).await?;
    Ok(tx.commit_progress().await?)
}
