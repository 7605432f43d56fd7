//! `INSTALL_SSL`: a certificate that a customer brings.

use super::{
    CertificateSaga, Task, find,
    steps::{InstallCertificate, TakeIntoUse, VerifyHttps},
};
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use serde::{Deserialize, Serialize};

/// Takes a certificate into use that a customer has brought. It is in the database already; no job carries a key.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(in crate::certificates) struct InstallSsl(Task);

impl Saga for InstallSsl {
    const KIND: &'static str = "INSTALL_SSL";
    const TITLE: &'static str = "Install certificate";

    fn key(&self) -> String {
        format!("install_ssl:{}:{}", self.0.site, self.0.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<LoadCertificate>().then::<InstallCertificate<Self>>().then::<VerifyHttps<Self>>().then::<TakeIntoUse<Self>>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(15)
    }
}

impl CertificateSaga for InstallSsl {
    const IS_OWN: bool = true;

    fn of(task: Task) -> Self {
        Self(task)
    }

    fn task(&self) -> &Task {
        &self.0
    }
}

/// Finds what was brought.
pub(in crate::certificates) struct LoadCertificate;

impl Step for LoadCertificate {
    type Saga = InstallSsl;
    type Output = ();
    const NAME: &'static str = "load_certificate";
    const TITLE: &'static str = "Read the certificate";

    async fn run(cx: &StepContext, saga: &InstallSsl) -> Result<(), StepError> {
        let (_, held) = find(cx, saga.task()).await?;
        // What a CA has issued since then is not the customer's.
        if held.next_chain.is_none() || held.next_authority.is_some() {
            return Err(StepError::fail("The certificate is missing. Upload it again."));
        }
        Ok(())
    }

    // It stays for another try of this job; whatever comes next takes its place.
    async fn undo(_: &StepContext, _: &InstallSsl, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}
