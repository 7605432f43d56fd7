//! VAT numbers of visitors: VIES is asked before their sum is shown.

use super::queries;
use crate::tax::VatNumber;
use adapters::vies::{VatQuery, Vies};
use chrono::Duration;
use core_administration::accounts;
use db::Caller;
use engine::{Result, Services};
use model::{Time, billing::profiles::VatStatus};

/// How long a buyer is made to wait for VIES. Its countries may take half a minute.
const VIES_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(8);
/// How long an answer counts.
const VALID_FOR: Duration = Duration::hours(24);
/// How long a number stays unknown: it may have been given just now.
const UNKNOWN_FOR: Duration = Duration::minutes(10);
/// Questions that a peer may have VIES asked in an hour.
pub(super) const QUESTIONS_PER_HOUR: i64 = 20;

/// A well-formed number that VIES does not deny.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatedNumber {
    /// With its two letters.
    pub number: String,
    /// Confirmed, or pending where VIES did not answer.
    pub status: VatStatus,
    /// When VIES answered.
    pub checked_at: Option<Time>,
    /// VIES' proof of that answer; may be empty.
    pub consultation: String,
}

impl StatedNumber {
    /// The number, if VIES has confirmed it.
    pub fn confirmed(&self) -> Option<&str> {
        Some(self.number.as_str()).filter(|_| self.status == VatStatus::Confirmed)
    }
}

/// A VAT number as typed by a buyer in this country, with what VIES says about it; or what is wrong with it, for people. Where VIES does not
/// answer, the number is as good as it is in a profile: unconfirmed. No transaction is open meanwhile.
pub(crate) async fn state_number(services: &Services, caller: &Caller, typed: &str, country: &str) -> Result<Result<StatedNumber, String>> {
    let number = match VatNumber::parse(typed, country) {
        Ok(number) => number.to_string(),
        Err(message) => return Ok(Err(message)),
    };
    let (now, peer) = (services.now(), accounts::peer(caller.origin.ip.as_deref()));
    let mut tx = services.db.public(caller.clone()).await?;
    let known = queries::answer(tx.conn(), &number, now - VALID_FOR).await?;
    let known = known.filter(|answer| answer.is_valid || answer.answered_at > now - UNKNOWN_FOR);
    if let Some(known) = known {
        tx.finish().await?;
        return Ok(judge(number, known.is_valid, known.consultation, known.answered_at));
    }
    let pending = || StatedNumber { number: number.clone(), status: VatStatus::Pending, checked_at: None, consultation: String::new() };
    let questions = queries::note_question(tx.conn(), &peer, &number, now - Duration::hours(1), now).await?;
    tx.commit_bookkeeping().await?;
    let Some(questions) = questions else { return Ok(Ok(pending())) };
    if questions >= QUESTIONS_PER_HOUR {
        tracing::info!(peer, "too many VAT numbers");
        return Ok(Err("Too many attempts. Try again later.".to_owned()));
    }
    let query = VatQuery { number: number.clone(), requester: super::requester(services) };
    let answer = match tokio::time::timeout(VIES_TIMEOUT, services.part::<dyn Vies>().check(&query)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::warn!(%error, "failed to confirm a VAT number at checkout");
            return Ok(Ok(pending()));
        }
        Err(_) => {
            tracing::warn!("VIES took too long to confirm a VAT number at checkout");
            return Ok(Ok(pending()));
        }
    };
    let mut tx = services.db.public(caller.clone()).await?;
    queries::note_answer(tx.conn(), &number, answer.is_valid, &answer.consultation, now).await?;
    tx.commit_bookkeeping().await?;
    Ok(judge(number, answer.is_valid, answer.consultation, now))
}

fn judge(number: String, is_valid: bool, consultation: String, at: Time) -> Result<StatedNumber, String> {
    if is_valid {
        return Ok(StatedNumber { number, status: VatStatus::Confirmed, checked_at: Some(at), consultation });
    }
    Err("VIES, the EU's register, does not know this number. Check it, or leave the field empty.".to_owned())
}
