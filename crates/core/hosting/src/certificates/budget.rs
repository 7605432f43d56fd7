//! How many certificates are ordered in a week for names below the platform's own domain: a CA counts those of all customers together, and renewals
//! not at all.

use super::{queries, rules::Trouble};
use adapters::acme::Authorities;
use chrono::TimeDelta;
use engine::{Services, text::minute};
use model::{Time, ids::TenantId};
use sqlx::PgConnection;

/// One account can have one in so many of them.
const ACCOUNTS: u32 = 5;
const WEEK: TimeDelta = TimeDelta::days(7);

/// Certificates of the last seven days for names below the platform's own domain.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct Used {
    /// Of all accounts.
    pub(super) of_all: i64,
    /// When the first of them was asked for.
    pub(super) first_of_all: Option<Time>,
    /// Of the account in question.
    pub(super) of_account: i64,
    /// When the first of those was asked for.
    pub(super) first_of_account: Option<Time>,
}

/// Why no certificate can be ordered for these names now, and when one can. Nothing where one can be.
pub(super) async fn wait(
    services: &Services,
    authorities: &Authorities,
    conn: &mut PgConnection,
    tenant: TenantId,
    names: &[String],
) -> sqlx::Result<Option<(Time, Trouble)>> {
    let base = &services.settings.base_domain;
    let is_below = |name: &String| name.strip_suffix(base.as_str()).is_some_and(|rest| rest.ends_with('.'));
    if !names.iter().any(is_below) {
        return Ok(None);
    }
    let used = queries::issued_since(conn, tenant, base, services.now() - WEEK).await?;
    Ok(next_order(used, authorities.certificates_per_week(), base))
}

fn next_order(used: Used, limit: u32, base: &str) -> Option<(Time, Trouble)> {
    let share = i64::from((limit / ACCOUNTS).max(1));
    let (first, failure) = if used.of_account >= share {
        let failure = format!(
            "{} certificates for names below {base} were issued for this account in the last seven days, which is its share.",
            used.of_account
        );
        (used.first_of_account, failure)
    } else if used.of_all >= i64::from(limit) {
        let failure = format!(
            "{} certificates for names below {base} were issued in the last seven days, which is what the certificate authority allows.",
            used.of_all
        );
        (used.first_of_all, failure)
    } else {
        return None;
    };
    let at = first? + WEEK;
    let remedy = format!("Wait: the next one is ordered at {}. Names of your own domains are not counted.", minute(at));
    Some((at, Trouble::new(failure, remedy)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_its_share_and_all_of_them_have_what_the_ca_allows() {
        let at = |hour: i64| chrono::DateTime::from_timestamp(1_800_000_000 + hour * 3600, 0);
        let next = |of_account: i64, of_all: i64| {
            let used = Used { of_all, first_of_all: at(0), of_account, first_of_account: at(5) };
            next_order(used, 45, "sites.test").map(|(at, trouble)| (Some(at - WEEK), trouble.failure))
        };
        assert_eq!(next(0, 0), None);
        assert_eq!(next(8, 44), None);
        let (first, why) = next(9, 9).unwrap();
        assert_eq!(first, at(5));
        assert!(why.contains("for this account"), "{why}");
        let (first, why) = next(0, 45).unwrap();
        assert_eq!(first, at(0));
        assert!(why.contains("what the certificate authority allows"), "{why}");
        let used = Used { of_all: 1, first_of_all: at(0), of_account: 1, first_of_account: at(0) };
        assert!(next_order(used, 3, "sites.test").is_some(), "never less than one, never without end");
    }
}
