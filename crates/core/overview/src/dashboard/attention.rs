//! What needs attention, the worst first.

use super::queries;
use chrono::Duration;
use engine::{Result, text::sentence};
use model::{
    Time,
    administration::{
        provisioning::JobStatus,
        servers::{SILENT_SECONDS, ServerStatus},
    },
    money::Money,
    overview::dashboard::{Attention, Urgency},
};
use sqlx::PgConnection;

/// How long a job that failed, or a mail that was given up, is worth a line.
const FRESH: Duration = Duration::hours(24);

/// How long money that went an odd way is worth one.
const FRESH_MONEY: Duration = Duration::days(7);

/// Reads the list; at most 20 lines of each kind.
pub async fn read(conn: &mut PgConnection, now: Time) -> Result<Vec<Attention>> {
    let mut list: Vec<Attention> = Vec::new();
    list.extend(queries::broken_jobs(conn, now - FRESH).await?.into_iter().map(job));
    list.extend(queries::failed_pods(conn).await?.into_iter().map(pod));
    list.extend(queries::troubled_servers(conn, now - Duration::seconds(SILENT_SECONDS)).await?.into_iter().map(server));
    list.extend(queries::drifted_pods(conn).await?.into_iter().map(drifted));
    list.extend(queries::disputes(conn, now - FRESH_MONEY).await?.into_iter().map(dispute));
    list.extend(queries::odd_money(conn, now - FRESH_MONEY).await?.into_iter().map(money));
    list.extend(mismatches(&core_billing::mismatches::findings(conn, now).await?));
    list.extend(mail(&queries::failed_mail(conn, now - FRESH).await?));
    list.sort_by_key(|line| match line.urgency {
        Urgency::Failing => 0,
        Urgency::Unknown => 1,
        Urgency::Warning => 2,
    });
    Ok(list)
}

fn job(job: queries::BrokenJob) -> Attention {
    let stuck = job.status == JobStatus::Stuck;
    let end = if stuck { "could not be rolled back" } else { "failed and was rolled back" };
    let reason = job.error.map(|error| format!(": {error}")).unwrap_or_default();
    Attention {
        urgency: if stuck { Urgency::Failing } else { Urgency::Warning },
        subject: if job.subject_name.is_empty() { job.title.clone() } else { job.subject_name },
        message: sentence(&format!("{} {end}{reason}", job.title)),
        since: job.finished_at,
        href: format!("/admin/jobs/{}", job.id),
        action: "Open job".to_owned(),
    }
}

fn pod(pod: queries::FailedPod) -> Attention {
    let reason = pod.error.map(|error| format!(": {error}")).unwrap_or_default();
    Attention {
        urgency: Urgency::Failing,
        subject: pod.name,
        message: sentence(&format!("Provisioning failed for {}{reason}", pod.tenant_name)),
        since: Some(pod.since),
        href: format!("/admin/cloudpods/{}", pod.id),
        action: "Open CloudPod".to_owned(),
    }
}

fn drifted(pod: queries::DriftedPod) -> Attention {
    let more = pod.differences.len().saturating_sub(1);
    let rest = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    Attention {
        urgency: Urgency::Warning,
        subject: pod.name,
        message: sentence(&format!("Differs from its plan: {}{rest}", pod.differences.first().map(String::as_str).unwrap_or_default())),
        since: pod.since,
        href: format!("/admin/cloudpods/{}", pod.id),
        action: "Open CloudPod".to_owned(),
    }
}

fn server(server: queries::TroubledServer) -> Attention {
    let (urgency, message) = if server.status == ServerStatus::Quarantined {
        (Urgency::Failing, "Host key changed. Verify it before work resumes.".to_owned())
    } else {
        let since = server
            .last_seen_at
            .map_or_else(|| "has never responded".to_owned(), |at| format!("has not responded since {}", at.format("%-d %b %H:%M:%S UTC")));
        let pods = match server.pods {
            0 => "It has no CloudPods.".to_owned(),
            1 => "The status of its CloudPod is unknown.".to_owned(),
            pods => format!("The status of its {pods} CloudPods is unknown."),
        };
        (Urgency::Unknown, format!("It {since}. {pods}"))
    };
    Attention {
        urgency,
        subject: server.name,
        message,
        since: server.last_seen_at,
        href: format!("/admin/servers/{}", server.id),
        action: "Open server".to_owned(),
    }
}

fn dispute(disputed: queries::Disputed) -> Attention {
    let (amount, reason) = (Money::new(disputed.amount, disputed.currency), disputed.reason.replace('_', " "));
    let message = if disputed.is_lost {
        format!("The dispute about {amount} of invoice {} was lost. The bank has taken the money back.", disputed.number)
    } else {
        let until = disputed.respond_by.map(|at| format!(" until {}", at.format("%-d %b %Y"))).unwrap_or_default();
        format!("The cardholder disputes {amount} of invoice {} ({reason}). Answer at the payment provider{until}.", disputed.number)
    };
    Attention {
        urgency: Urgency::Warning,
        subject: disputed.tenant_name,
        message,
        since: Some(disputed.since),
        href: format!("/admin/invoices/{}", disputed.invoice_id),
        action: "Open invoice".to_owned(),
    }
}

fn money(odd: queries::OddMoney) -> Attention {
    let amount = Money::new(odd.amount, odd.currency);
    let (message, action) = if odd.is_refund {
        (format!("The refund of {amount} for {} failed. The amount is account credit again.", odd.number), "Open credit note")
    } else {
        (format!("{amount} more was paid than invoice {} needed. It is account credit.", odd.number), "Open invoice")
    };
    Attention {
        urgency: Urgency::Warning,
        subject: odd.tenant_name,
        message,
        since: odd.since,
        href: format!("/admin/invoices/{}", odd.invoice_id),
        action: action.to_owned(),
    }
}

fn mail(failed: &queries::FailedMail) -> Option<Attention> {
    let message = match failed.mails {
        0 => return None,
        1 => "1 email failed in the last 24 hours.".to_owned(),
        mails => format!("{mails} emails failed in the last 24 hours."),
    };
    Some(Attention {
        urgency: Urgency::Warning,
        subject: "Email log".to_owned(),
        message,
        since: failed.since,
        href: "/admin/outbox?state=FAILED".to_owned(),
        action: "Open email log".to_owned(),
    })
}

fn mismatches(found: &core_billing::mismatches::Findings) -> Option<Attention> {
    let kinds: Vec<String> = found.kinds.iter().map(|(kind, count, _)| format!("{} ({count})", kind.title())).collect();
    Some(Attention {
        urgency: Urgency::Failing,
        subject: "Mismatches".to_owned(),
        message: sentence(&kinds.join("; ")),
        since: Some(found.kinds.iter().map(|(.., since)| *since).min()?),
        href: "/admin/mismatches".to_owned(),
        action: "Open mismatches".to_owned(),
    })
}
